"""The process that carries a sweep out: killed anywhere, it loses no trial and doubles none."""

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from fmnist.config import TrainConfig
from fmnist.runs import store
from fmnist.sweeps import driver
from fmnist.sweeps.results import read_results
from fmnist.sweeps.space import parse_range, parse_values
from fmnist.sweeps.sweep import Sweep, create_sweep, read_sweep, request
from tests.factories.quick_sweep import QuickRunner, val_accuracy_of

ROOT = Path(__file__).parents[2]
SIZES = parse_values("filters", "1,2,3,4,5,6,7,8,9,10")


@pytest.fixture
def quick(lab, monkeypatch):
    monkeypatch.setattr(driver, "LOOK_EVERY", 0.0)
    return lab


def drive_and_kill(folder: Path, low: int, high: int) -> int:
    """Start the driver again and again, each time to be killed; returns how often it was."""
    chance = random.Random(0)
    kills = 0
    while read_sweep(folder).is_live:
        at = chance.randrange(low, high)
        done = subprocess.run(
            [sys.executable, "-m", "tests.factories.quick_sweep", str(folder), str(at)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode in (0, -9), done.stderr
        kills += done.returncode == -9
    return kills


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_200_trials_survive_a_driver_that_is_killed_anywhere(lab):
    batches = parse_values("batch_size", ",".join(str(8 * n) for n in range(1, 21)))
    sweep = Sweep(TrainConfig(epochs=1), (SIZES, batches))
    state = create_sweep(sweep)
    assert drive_and_kill(state.folder, 1, 500) >= 8

    assert read_sweep(state.folder).status.status == "completed"
    found = read_results(state.folder)
    settings = Counter(tuple(trial.settings.values()) for trial in found.trials)
    expected = {(str(f), str(8 * n)) for f in range(1, 11) for n in range(1, 21)}
    assert settings == Counter(expected)
    runs = {run.run_id: run for run in store.list_runs()}
    assert sorted(found.run_ids) == sorted(runs), "each trial has its run, each run its trial"
    for trial in found.trials:
        (run_id,) = trial.run_ids
        assert (trial.state, runs[run_id].sweep.trial) == ("completed", trial.number)
        assert trial.val_accuracy == pytest.approx(val_accuracy_of(runs[run_id].config))
    assert found.best.settings == {"filters": "10", "batch_size": "160"}


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_search_with_seeds_and_pruning_survives_it_too(lab):
    rates = parse_range("learning_rate", "1e-4:1e-2:log")
    sweep = Sweep(TrainConfig(epochs=3), (SIZES, rates), "tpe", seeds=(3, 4), trials=20, prune=True)
    state = create_sweep(sweep)
    assert drive_and_kill(state.folder, 20, 300) >= 3

    found = read_results(state.folder)
    assert len(found.trials) == 20
    assert len({tuple(trial.settings.values()) for trial in found.trials}) == 20
    assert sorted(found.run_ids) == sorted(run.run_id for run in store.list_runs())
    assert found.count("pruned") > 0
    assert found.count("pruned") + found.count("completed") == 20
    for trial in found.trials:
        seeds = [store.load_run(run_id).config.seed for run_id in trial.run_ids]
        assert seeds == ([3] if trial.state == "pruned" else [3, 4])


def test_means_and_deviations_are_over_the_seeds(quick):
    sweep = Sweep(TrainConfig(epochs=2), (parse_values("filters", "8"),), seeds=(0, 100_000))
    state = create_sweep(sweep)
    driver.drive(state.folder, QuickRunner())
    (trial,) = read_results(state.folder).trials
    # 0.5 + 8 / 1000 + 128 / 100,000, and 0.1 more with the second seed
    assert trial.val_accuracy == pytest.approx((0.50928 + 0.60928) / 2)
    assert trial.val_deviation == pytest.approx(0.1 / 2**0.5)
    assert (trial.epochs, trial.seconds) == (4, 4.0)


def test_a_cancelled_sweep_ends_its_trainings_and_can_be_resumed(quick):
    state = create_sweep(Sweep(TrainConfig(epochs=50), (SIZES,)))

    class Cancelled(QuickRunner):
        def look(self):
            super().look()
            if len(store.list_runs()) == 4:
                request(state, "stop")

    driver.drive(state.folder, Cancelled())
    assert read_sweep(state.folder).status.status == "stopped"
    assert {run.status.status for run in store.list_runs()} == {"stopped"}
    assert read_results(state.folder).trials == ()

    (state.folder / "stop").unlink()
    store.write_status(state.folder, status="queued", pid=None)
    driver.drive(state.folder, QuickRunner())
    found = read_results(state.folder)
    assert [trial.settings["filters"] for trial in found.trials] == [str(n) for n in range(1, 11)]
    assert found.count("completed") == 10
    assert len(store.list_runs()) == 14, "the four that were cancelled stay"


@pytest.mark.parametrize(("on", "left"), [("", {"queued": 2}), ("ray://head", {"completed": 2})])
def test_a_pause_waits_for_what_a_cluster_trains(quick, on, left):
    state = create_sweep(Sweep(TrainConfig(epochs=50), (SIZES,), on=on))

    class Paused(QuickRunner):
        def capacity(self):
            return 2

        def look(self):
            if (state.folder / "pause").exists():
                super().look()
            elif store.list_runs():
                request(state, "pause")

    driver.drive(state.folder, Paused())
    assert read_sweep(state.folder).status.message == "Paused."
    assert Counter(run.status.status for run in store.list_runs()) == left


def test_a_training_that_was_killed_is_trained_again_and_one_that_failed_is_not(quick):
    state = create_sweep(Sweep(TrainConfig(epochs=1), (parse_values("filters", "1,2,3"),)))
    deaths = Counter()

    class Deadly(QuickRunner):
        def start(self, run):
            filters = run.config.filters[0]
            deaths[filters] += 1
            message = "The training process was killed, possibly for lack of memory (exit code -9)."
            if filters == 3:
                message = "The disk is full."
            if filters == 3 or (filters == 2 and deaths[2] < 3) or filters == 1:
                store.write_status(run.run_dir, status="failed", message=message)
            else:
                super().start(run)

    driver.drive(state.folder, Deadly())
    assert deaths == {1: 3, 2: 3, 3: 1}
    trials = {t.settings["filters"]: t for t in read_results(state.folder).trials}
    assert {name: trial.state for name, trial in trials.items()} == {
        "1": "failed",
        "2": "completed",
        "3": "failed",
    }
    runs = store.list_runs()
    assert len(runs) == 3, "a second attempt takes the first one's place"
    assert sorted(run.sweep.attempt for run in runs) == [1, 3, 3]


def test_a_sweep_begins_no_trial_after_its_minutes(quick, monkeypatch):
    state = create_sweep(Sweep(TrainConfig(epochs=1), (SIZES,), minutes=10))
    monkeypatch.setattr(driver.Driver, "_seconds", lambda self: 600.0)
    driver.drive(state.folder, QuickRunner())
    assert store.list_runs() == []
    assert "None of its trainings" in read_sweep(state.folder).status.message


def test_a_second_driver_leaves_the_first_one_alone(quick):
    state = create_sweep(Sweep(TrainConfig(epochs=1), (parse_values("filters", "1,2"),)))

    class Twice(QuickRunner):
        def look(self):
            super().look()
            driver.drive(state.folder, QuickRunner())

    driver.drive(state.folder, Twice())
    assert len(store.list_runs()) == 2
