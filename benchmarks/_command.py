"""A training as a person starts it: by the command, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks._table import ROOT


def train(options: tuple[str, ...], runs_dir: Path | str) -> dict[str, float | str]:
    """The last line of `python -m fmnist.train`: run_id, test_accuracy, test_loss and seconds."""
    command = [sys.executable, "-m", "fmnist.train", *options, "--runs-dir", str(runs_dir)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])
