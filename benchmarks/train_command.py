"""The accuracy that five epochs of a small CNN reach from the command line, and how long they take.

`python -m benchmarks.train_command`: on the real dataset, with a runs folder of its own.
"""

from __future__ import annotations

import tempfile

from benchmarks import _command
from benchmarks._table import report
from fmnist.runs.outputs import read_results

OPTIONS = ("--architecture", "cnn", "--filters", "64", "--epochs", "5")


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        results = read_results(_command.train(OPTIONS, scratch))
    report("test accuracy of conv-64 after 5 epochs", results["test_accuracy"], "", "0.88")
    report("its training time", results["seconds"], "s", "reported only")


if __name__ == "__main__":
    main()
