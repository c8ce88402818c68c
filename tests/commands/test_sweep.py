"""`python -m fmnist sweep`: its options, and a sweep of real trainings through several deaths."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from fmnist.commands.sweep import build_parser, main, read_sweep_options
from fmnist.config import ConfigError
from fmnist.runs import queue, store
from fmnist.runs.status import find_process, read_status
from fmnist.sweeps.sweep import list_sweeps
from tests.waits import wait_for

ROOT = Path(__file__).parents[2]


def read(*words: str):
    return read_sweep_options(vars(build_parser().parse_args(words)))


def test_a_grid_takes_what_is_common_from_the_options_of_a_training():
    sweep = read(
        "--recipe", "quick", "--epochs", "2", "--grid", "batch-size=64,128", "--seeds", "3,4"
    )
    assert (sweep.base.name, sweep.base.epochs, sweep.seeds) == ("quick", 2, (3, 4))
    (axis,) = sweep.axes
    assert (axis.name, axis.values) == ("batch_size", (64, 128))
    assert (sweep.method, sweep.trials, sweep.prune, sweep.on) == ("grid", None, False, "")


def test_a_range_is_searched_and_pruned(monkeypatch):
    monkeypatch.setenv("FMNIST_RAY_ADDRESS", "lab:10001")
    sweep = read("--range", "dropout=0:0.5")
    assert (sweep.method, sweep.trials, sweep.prune, sweep.on) == ("tpe", 20, True, "lab:10001")
    sweep = read("--range", "dropout=0:0.5", "--minutes", "5", "--no-prune", "--on", "other:1")
    assert (sweep.trials, sweep.minutes, sweep.prune, sweep.on) == (None, 5.0, False, "other:1")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Nothing to vary"),
        (["--grid", "filters"], "write SETTING=values"),
        (["--grid", "filters=8", "--seeds", "a"], "Seeds are whole numbers"),
        (["--grid", "filters=8", "--trials", "0"], "1 to 1,000 trials"),
    ],
)
def test_what_makes_no_sense_gets_a_sentence(words, said):
    with pytest.raises(ConfigError, match=said):
        read(*words)


def test_a_sweep_that_is_not_there_cannot_be_resumed(lab, capsys):
    assert main(["20260101-000000-gone"]) == 2
    assert "There is no sweep" in capsys.readouterr().err
    assert main(["20260101-000000-gone", "--epochs", "3"]) == 2
    assert "leave out --epochs" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_real_trainings_end_well_though_each_process_is_killed_once(lab):
    words = ["--grid", "filters=1,2", "--epochs", "2", "--batch-size", "32"]
    command = subprocess.Popen(
        [sys.executable, "-m", "fmnist", "sweep", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

    def process_in(folder: Path) -> psutil.Process | None:
        try:
            return find_process(read_status(folder))
        except (OSError, ValueError):
            return None

    def training() -> psutil.Process | None:
        for run in store.list_runs():
            if run.status.status == "running" and (found := find_process(run.status)):
                return found
        return None

    (state,) = wait_for(list_sweeps, "the sweep")
    wait_for(training, "a training").send_signal(signal.SIGKILL)
    wait_for(lambda: process_in(lab.runs_dir / queue.DISPATCHER), "a dispatcher").kill()
    wait_for(lambda: process_in(state.folder), "the driver").kill()

    output, errors = command.communicate(timeout=280)
    assert command.returncode == 0, errors
    found = json.loads(output.splitlines()[-1])
    assert (found["sweep_id"], found["status"], found["trials"]) == (
        state.sweep_id,
        "completed",
        2,
    )
    runs = store.list_runs()
    assert {run.status.status for run in runs} == {"completed"}
    assert sorted((run.config.filters, run.sweep.trial) for run in runs) == [((1,), 0), ((2,), 1)]
    assert max(run.sweep.attempt for run in runs) == 2, "the one that was killed"
    best = max(runs, key=lambda run: run.run_id in found["run_ids"])
    assert found["settings"] == {"filters": str(best.config.filters[0])}
