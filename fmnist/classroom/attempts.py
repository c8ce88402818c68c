"""A person's attempt at an experiment: the guess, which stays as it is, and the runs it waits for.

An attempt is one file, `.experiments/PERSON/EXPERIMENT.DATASET.json` in the runs folder, written
when the person starts. The runs are ordinary ones, the same for everybody: of those that are
finished or under way with the same settings, none is trained twice.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from fmnist import json_files
from fmnist.classroom.experiments import TAG, Choice, Experiment
from fmnist.classroom.room import make_room
from fmnist.config import DATASET_SLUG, TrainConfig
from fmnist.runs import jobs, progress, store
from fmnist.runs.folder import cannot_write, runs_dir
from fmnist.runs.related import find_same
from fmnist.runs.store import Run

MOST_PEOPLE = 2000
_FOLDER = ".experiments"
_PERSON = re.compile(r"[0-9a-f]{16}")


class AttemptError(ValueError):
    """It cannot be begun; the message says why."""


class Attempt(msgspec.Struct, frozen=True):
    """guess: of a slider its number, of a choice the name of an option. run_ids: of
    `Experiment.configs`, in their order.
    """

    guess: float | str
    began_at: float  # Unix seconds
    run_ids: list[str]


@dataclass(frozen=True)
class Progress:
    """runs: None for each that is gone. done: 0 to 1, of all epochs."""

    runs: tuple[Run | None, ...]
    done: float

    @property
    def finished(self) -> int:
        """How many runs are trained and scored."""
        return sum(run is not None and is_usable(run) for run in self.runs)

    @property
    def running(self) -> Run | None:
        """The one that trains now."""
        live = (run for run in self.runs if run and run.is_live)
        return next((run for run in live if run.status.status == "running"), None)

    @property
    def waits(self) -> bool:
        """Whether any is still to be trained, and will be."""
        return any(run and run.is_live for run in self.runs)


def is_usable(run: Run) -> bool:
    return run.status.status == "completed" and run.has_scores


def check_guess(experiment: Experiment, guess: float | str) -> float | str:
    """The guess. Raises AttemptError for one that the experiment does not offer."""
    form = experiment.guess
    if isinstance(form, Choice):
        is_one = guess in form.options
    else:  # NaN is not within
        is_number = isinstance(guess, int | float) and not isinstance(guess, bool)
        is_one = is_number and form.low <= float(guess) <= form.high
    if not is_one:
        raise AttemptError("Make a prediction first.")
    return guess


def read_attempt(experiment: Experiment, dataset: str, person: str) -> Attempt | None:
    """None where this person has not begun it on this dataset, and where its file is damaged."""
    try:
        found = json_files.read_record(_file(experiment, dataset, person), Attempt)
        check_guess(experiment, found.guess)
    except (OSError, ValueError):
        return None
    return found if len(found.run_ids) == len(experiment.configs()) else None


def start(
    experiment: Experiment,
    dataset: str,
    fingerprint: str,
    person: str,
    guess: float | str,
    most_waiting: int | None = None,
) -> Attempt:
    """Keep the guess and queue what is not trained yet; a guess kept before stays.

    most_waiting: with how many trainings in the queue this person may begin no more, unless
    everything is trained or queued already.

    Raises:
        AttemptError: the guess is none, or too many people have begun experiments.
        ConfigError, TooManyWaiting, RunsFolderError: as `jobs.find_or_start_runs`.
    """
    before = read_attempt(experiment, dataset, person)
    guess = before.guess if before else check_guess(experiment, guess)
    path = _file(experiment, dataset, person)
    try:
        folder = path.parent.parent
        folder.mkdir(parents=True, exist_ok=True)
        if not path.parent.is_dir() and not make_room(folder, MOST_PEOPLE):
            raise AttemptError(
                f"{MOST_PEOPLE} people have begun experiments here within a month. Delete some of "
                f"the folders in {folder}."
            )
        configs = _configs(experiment, dataset)
        found = jobs.find_or_start_runs(configs, person, most_waiting, fingerprint)
        for run_id, is_new in found:
            if is_new:
                store.annotate_run(store.load_run(run_id), tags=(TAG,))
        path.parent.mkdir(exist_ok=True)
        attempt = Attempt(
            guess, before.began_at if before else time.time(), [run_id for run_id, _ in found]
        )
        json_files.write_json(path, msgspec.to_builtins(attempt))
    except OSError as error:
        raise cannot_write(runs_dir(), error) from error
    return attempt


def list_missing(
    experiment: Experiment, dataset: str, fingerprint: str, everything: list[Run]
) -> list[TrainConfig]:
    """The configs of an experiment that are neither trained nor queued among all runs."""
    return [
        config
        for config in _configs(experiment, dataset)
        if find_same(config, _like(config, everything), fingerprint) is None
    ]


def _like(config: TrainConfig, everything: list[Run]) -> Iterator[Run]:
    """Those that may have the same settings: of a thousand runs, few are to be compared in full."""
    wanted = (config.seed, config.epochs, config.batch_size, config.filters)
    for run in everything:
        has = run.config
        if (has.seed, has.epochs, has.batch_size, has.filters) == wanted:
            yield run


def _configs(experiment: Experiment, dataset: str) -> list[TrainConfig]:
    return [config.replace(dataset=dataset) for config in experiment.configs()]


def look(experiment: Experiment, attempt: Attempt) -> Progress:
    """How far the runs of an attempt are, read from their folders."""
    runs = tuple(map(_load, attempt.run_ids))
    epochs = [config.epochs for config in experiment.configs()]
    done = sum(
        count * (1.0 if is_usable(run) else progress.fraction_done(run.status))
        for run, count in zip(runs, epochs, strict=True)
        if run
    )
    return Progress(runs, min(1.0, done / sum(epochs)))


def _load(run_id: str) -> Run | None:
    try:
        run = store.load_run(run_id)
    except store.RunNotFound:
        return None
    return None if run.damaged else run


def _file(experiment: Experiment, dataset: str, person: str) -> Path:
    if not (_PERSON.fullmatch(person) and DATASET_SLUG.fullmatch(dataset)):
        raise AttemptError("Load the page again, please.")
    return runs_dir() / _FOLDER / person / f"{experiment.name}.{dataset}.json"
