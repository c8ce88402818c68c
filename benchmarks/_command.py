"""A training as a person starts it: by the command, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks._table import ROOT
from fmnist.runs.store import Run, read_run


def train(options: tuple[str, ...], runs_dir: Path | str) -> Run:
    """The run that `python -m fmnist train` with these options leaves in `runs_dir`."""
    command = [sys.executable, "-m", "fmnist", "train", *options, "--runs-dir", str(runs_dir)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return read_run(Path(runs_dir) / json.loads(done.stdout.splitlines()[-1])["run_id"])
