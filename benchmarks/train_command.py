"""The accuracy that five epochs of a small CNN reach from the command line, and how long they take.

`python -m benchmarks.train_command`: on the real dataset, with a runs folder of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile

from benchmarks._table import ROOT, report

COMMAND = ["-m", "fmnist.train", "--architecture", "cnn", "--filters", "64", "--epochs", "5"]


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, *COMMAND, "--runs-dir", scratch]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    report("test accuracy of conv-64 after 5 epochs", result["test_accuracy"], "", "0.88")
    report("its training time", result["seconds"], "s", "reported only")


if __name__ == "__main__":
    main()
