"""SIGKILL at every point of a training: what is on the disk stays, and the status is true."""

import json
import os
import sys
from pathlib import Path

import pytest

from fmnist.config import TrainConfig
from fmnist.runs import jobs, outputs, settings, store
from tests.waits import wait_for

pytestmark = [
    pytest.mark.slow,  # three trainings
    pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no signals"),
]

ROOT = Path(__file__).parents[2]
# Python reads this file first in every process. A training is killed just before a file of its
# run takes its place: the one that FMNIST_FAULT names, a status with the values that it names.
KILLER = """
import json, os, signal, sys

fault = json.loads(os.environ.get("FMNIST_FAULT", "null"))
if fault and "train" in sys.orig_argv:
    from fmnist import files

    move = files.move

    def move_or_die(source, target):
        name, values = fault
        if target.name == name:
            written = json.loads(source.read_text()) if values else {}
            if all(written.get(key) == value for key, value in values.items()):
                os.kill(os.getpid(), signal.SIGKILL)
        return move(source, target)

    files.move = move_or_die
"""
# What is killed → the file that does not come, and values of the status; the epochs and the files
# that are kept.
FAULTS = {
    "writing the model": (("model.keras", {}), 2, set()),
    "scoring": (("test_probabilities.npy", {}), 2, {"model.keras"}),
    "ending": (
        ("status.json", {"status": "completed"}),
        2,
        {"model.keras", "test_probabilities.npy", "results.json"},
    ),
}


def test_a_training_killed_at_any_point_has_failed_and_keeps_what_it_had(
    lab, tmp_path, monkeypatch
):
    (tmp_path / "sitecustomize.py").write_text(KILLER)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path), str(ROOT))))
    settings.write_parallel_trainings(3)
    config = TrainConfig(filters=(4,), dense_units=(8,), epochs=2)
    runs = {}
    for name, (fault, *_) in FAULTS.items():
        monkeypatch.setenv("FMNIST_FAULT", json.dumps(fault))
        runs[name] = jobs.start_run(config.replace(name=name))

    wait_for(lambda: not any(run.is_live for run in store.list_runs()), "all to end", 400)
    for name, (_, epochs, kept) in FAULTS.items():
        run = store.load_run(runs[name])
        assert (run.status.status, run.damaged) == ("failed", ""), (name, run.status)
        assert "(exit code -9, SIGKILL)" in run.status.message, name
        assert len(outputs.read_history(run)) == epochs, name
        scored = {"model.keras", "test_probabilities.npy", "results.json"}
        assert {one for one in scored if run.file(one).exists()} == kept, name
