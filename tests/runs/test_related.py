"""The run before another, and the one that has the same settings."""

import pytest

from fmnist.config import TrainConfig
from fmnist.runs import store
from fmnist.runs.related import find_previous, find_same
from tests.factories import runs as run_factory


def write(folder, second: int, status: str = "completed", **settings) -> store.Run:
    """A run that began at this second of the day and, where it has ended, took six."""
    run_dir = run_factory.write_run(folder, f"20260102-0000{second:02d}-made", status, **settings)
    return store.load_run(run_dir.name)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("FMNIST_RUNS_DIR", str(tmp_path))
    return tmp_path


def test_the_previous_run_is_the_last_one_completed_before_it_began(folder):
    write(folder, 0)
    before = write(folder, 10)
    write(folder, 20, "failed")
    write(folder, 25, "stopped")
    write(folder, 27, dataset="other")
    write(folder, 29)  # ends at second 35, while the run trains
    run = write(folder, 30, "running")
    write(folder, 40)
    assert find_previous(run, store.list_runs()) == before


def test_neither_an_imported_model_nor_a_damaged_run_is_the_previous(folder):
    run_factory.write_imported_run(folder, "20260102-000000-theirs")
    damaged = write(folder, 10)
    damaged.file("config.json").write_text("{")
    assert find_previous(write(folder, 30), store.list_runs()) is None


def test_a_waiting_run_has_no_previous_one_yet(folder):
    write(folder, 0)
    assert find_previous(write(folder, 10, "queued"), store.list_runs()) is None


def test_the_same_settings_are_found_under_any_name(folder):
    first = write(folder, 0, name="First", dropout=0.3)
    write(folder, 10, name="Another dropout", dropout=0.4)
    write(folder, 20, "failed", name="Failed", dropout=0.3)
    write(folder, 30, "running", name="Live", dropout=0.3)
    config = first.config.replace(name="")
    assert find_same(config, store.list_runs()) == first
    assert find_same(config.replace(epochs=9), store.list_runs()) is None


def test_a_live_run_with_the_same_settings_is_found_too(folder):
    write(folder, 0, "stopped")
    live = write(folder, 10, "queued")
    assert find_same(live.config, store.list_runs()).run_id == live.run_id


def test_an_imported_model_has_no_settings(folder):
    run_factory.write_imported_run(folder)
    assert find_same(TrainConfig(), store.list_runs()) is None
