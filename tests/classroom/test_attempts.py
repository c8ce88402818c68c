"""A guess that stays, and runs that nobody trains twice."""

import json

import pytest

from fmnist.classroom import attempts
from fmnist.classroom.attempts import AttemptError
from fmnist.classroom.experiments import EXPERIMENTS
from fmnist.data.dataset import load_dataset
from fmnist.runs import jobs, store
from tests.factories import experiments as experiment_factory

FILTERS, DROPOUT = EXPERIMENTS["filters"], EXPERIMENTS["dropout"]
ADA, BOB = "a" * 16, "b" * 16
DATA = "fashion-mnist"


@pytest.fixture
def fingerprint(lab):
    return load_dataset(lab.data_dir).fingerprint


@pytest.fixture
def queued(lab, monkeypatch):
    """The configs that would have been queued: their runs wait, with no process."""
    started = []

    def queue_run(config, owner):
        started.append(config)
        return store.create_run(config, owner=owner).run_id

    monkeypatch.setattr(jobs, "_queue_run", queue_run)
    return started


def test_a_guess_stays_and_finished_runs_are_taken(lab, fingerprint, queued):
    done = experiment_factory.write_runs(lab.runs_dir, "filters", [0.8, 0.8, 0.8, 0.9])
    missing = attempts.list_missing(FILTERS, DATA, fingerprint, store.list_runs())
    assert [(config.filters, config.seed) for config in missing] == [((32,), 1), ((32,), 2)]
    attempt = attempts.start(FILTERS, DATA, fingerprint, ADA, 0.5)
    assert queued == missing
    new = store.load_run(attempt.run_ids[-1])
    assert (new.tags, new.status.owner) == (("experiment",), ADA)
    assert attempt.run_ids[:4] == [run.run_id for run in done]
    assert attempts.start(FILTERS, DATA, fingerprint, ADA, -1.0) == attempt
    assert attempts.read_attempt(FILTERS, DATA, ADA) == attempt
    assert attempts.read_attempt(FILTERS, DATA, BOB) is None
    other = attempts.start(FILTERS, DATA, fingerprint, BOB, 2.0)
    assert (other.guess, other.run_ids) == (2.0, attempt.run_ids)
    assert len(queued) == 2, "the waiting ones are shared"
    found = attempts.look(FILTERS, attempt)
    assert (found.finished, found.waits, found.running) == (4, True, None)
    assert found.done == pytest.approx(4 / 6)


def test_what_was_deleted_or_failed_is_trained_again(lab, fingerprint, queued):
    done = experiment_factory.write_runs(lab.runs_dir, "filters", [0.8] * 6)
    attempt = attempts.start(FILTERS, DATA, fingerprint, ADA, 0.0)
    assert attempts.look(FILTERS, attempt).done == 1.0
    store.delete_run(done[0])
    (done[1].run_dir / "test_probabilities.npy").unlink()
    found = attempts.look(FILTERS, attempt)
    assert (found.finished, found.waits) == (4, False)
    again = attempts.start(FILTERS, DATA, fingerprint, ADA, 0.0)
    assert [config.seed for config in queued] == [0, 1]
    assert again.run_ids[2:] == attempt.run_ids[2:]
    assert again.began_at == attempt.began_at


def test_runs_on_other_data_are_not_taken(lab, queued):
    experiment_factory.write_runs(lab.runs_dir, "filters", [0.8] * 6)
    assert len(attempts.list_missing(FILTERS, DATA, "another", store.list_runs())) == 6


@pytest.mark.parametrize(
    ("experiment", "guess"),
    [(FILTERS, 3.1), (FILTERS, float("nan")), (FILTERS, "none"), (FILTERS, True), (FILTERS, None),
     (DROPOUT, "most"), (DROPOUT, 0.5), (DROPOUT, None)],
)  # fmt: skip
def test_no_guess_no_start(lab, queued, experiment, guess):
    with pytest.raises(AttemptError, match="prediction"):
        attempts.start(experiment, DATA, "x", ADA, guess)
    assert not queued


@pytest.mark.parametrize("text", ["{", "[]", '{"guess": 9, "began_at": 1, "run_ids": []}'])
def test_a_damaged_file_is_no_attempt(lab, fingerprint, queued, text):
    attempts.start(FILTERS, DATA, fingerprint, ADA, 0.0)
    (path,) = (lab.runs_dir / ".experiments" / ADA).iterdir()
    assert json.loads(path.read_text())["guess"] == 0.0
    path.write_text(text)
    assert attempts.read_attempt(FILTERS, DATA, ADA) is None


def test_people_are_bounded(lab, fingerprint, queued, monkeypatch):
    monkeypatch.setattr(attempts, "MOST_PEOPLE", 1)
    attempts.start(FILTERS, DATA, fingerprint, ADA, 0.0)
    attempts.start(DROPOUT, DATA, fingerprint, ADA, "half")
    with pytest.raises(AttemptError, match="1 people"):
        attempts.start(FILTERS, DATA, fingerprint, BOB, 0.0)


@pytest.mark.parametrize(("person", "dataset"), [("../x", DATA), (ADA, "../x"), ("", DATA)])
def test_strange_names_lead_nowhere(lab, queued, person, dataset):
    with pytest.raises(AttemptError):
        attempts.start(FILTERS, dataset, "x", person, 0.0)


def test_a_folder_that_cannot_be_written_keeps_no_guess(lab, fingerprint, queued, monkeypatch):
    def refuse(path, value):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(attempts.json_files, "write_json", refuse)
    with pytest.raises(store.RunsFolderError, match="Read-only"):
        attempts.start(FILTERS, DATA, fingerprint, ADA, 0.5)
    assert attempts.read_attempt(FILTERS, DATA, ADA) is None
