"""What an experiment came to: the accuracies of its settings, and whether a guess was right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from fmnist.classroom.experiments import Choice, Experiment
from fmnist.config import TrainConfig
from fmnist.data.dataset import CLASS_NAMES, Dataset
from fmnist.evaluation.repeats import Estimate, Repeats, compare_repeats
from fmnist.models.feature_maps import count_macs, count_parameters, list_stages
from fmnist.runs import outputs
from fmnist.runs.store import Run

SHOES = tuple(map(CLASS_NAMES.index, ("Sandal", "Sneaker", "Ankle boot")))
_LEARNS_NOTHING = 0.5  # accuracy below which it does
_Each = TypeVar("_Each")


@dataclass(frozen=True)
class Fit:
    """One setting's runs, in the mean: what the curves say, accuracies 0 to 1, of each epoch."""

    config: TrainConfig
    training: np.ndarray  # measured while an epoch goes on, with dropout if there is any
    validation: np.ndarray

    @property
    def gap(self) -> float:
        """At the end, training accuracy less that on validation images."""
        return float(self.training[-1] - self.validation[-1])

    @property
    def parameters(self) -> int:
        return count_parameters(list_stages(self.config))

    @property
    def macs(self) -> int:
        """Multiply-accumulate operations for one image."""
        return count_macs(list_stages(self.config))


@dataclass(frozen=True, eq=False)
class Outcome:
    """repeats: on what the experiment is about. plain: the same of shoes as they are, where that is
    mirrored shoes; else None. fits: of each arm.
    """

    experiment: Experiment
    repeats: Repeats
    fits: tuple[Fit, ...]
    plain: Repeats | None = None

    @property
    def change(self) -> Estimate:
        """Of the second arm against the first."""
        return self.repeats.difference(1)

    @property
    def ranking(self) -> list[int]:
        """The arms, the most accurate first."""
        means = [self.repeats.estimate(arm).value for arm in range(len(self.repeats.correct))]
        return sorted(range(len(means)), key=lambda arm: -means[arm])

    @property
    def lead(self) -> Estimate:
        """Of the most accurate arm, against the next."""
        best, second, *_ = self.ranking
        return self.repeats.difference(best, second)

    @property
    def answer(self) -> float | str:
        """What should have been guessed: a number as the slider's, or the name of an option."""
        if not isinstance(self.experiment.guess, Choice):
            return 100 * self.asked.value
        if self.experiment.name == "rate":
            if self.repeats.estimate(1).value < _LEARNS_NOTHING:
                return "fails"
            if self.change.is_noise:
                return "alike"
            return "better" if self.change.value > 0 else "worse"
        best = list(self.experiment.guess.options)[self.ranking[0]]
        return "alike" if self.lead.is_noise else best

    @property
    def asked(self) -> Estimate:
        """What a slider asks for, as a fraction."""
        is_about_first = self.experiment.measure == "mirrored shoes"
        return self.repeats.estimate(0) if is_about_first else self.change


def find_shoes(data: Dataset) -> np.ndarray:
    """Indices, int64, of the shoes among the test images."""
    return np.flatnonzero(np.isin(data.test_labels, SHOES))


def measure(
    experiment: Experiment,
    runs: Sequence[Run],
    data: Dataset,
    mirrored: Sequence[np.ndarray] | None = None,
) -> Outcome:
    """runs: of `experiment.configs`, all scored on `data`. mirrored: for an experiment about
    mirrored shoes, the probabilities, float32 (M, 10), of each run for those of `find_shoes`.

    Raises ValueError where scores are damaged or of other images.
    """
    scored = [outputs.read_probabilities(run) for run in runs]
    fits = tuple(_read_fit(some) for some in _by_arm(experiment, runs))
    labels = data.test_labels
    if experiment.measure == "test":
        return Outcome(experiment, _compare(experiment, labels, scored), fits)
    shoes = find_shoes(data)
    if mirrored is None or not len(shoes) or len(scored[0]) != len(labels):
        raise ValueError("The predictions for the mirrored shoes are missing.")
    plain = _compare(experiment, labels[shoes], [one[shoes] for one in scored])
    return Outcome(experiment, _compare(experiment, labels[shoes], mirrored), fits, plain)


def _compare(
    experiment: Experiment, labels: np.ndarray, probabilities: Sequence[np.ndarray]
) -> Repeats:
    predictions = [one.argmax(axis=1) for one in probabilities]
    if any(one.shape != labels.shape for one in predictions):
        raise ValueError("The runs were scored on other images.")
    return compare_repeats(labels, [np.stack(some) for some in _by_arm(experiment, predictions)])


def _by_arm(experiment: Experiment, each: Sequence[_Each]) -> list[Sequence[_Each]]:
    return [
        each[arm * experiment.seeds : (arm + 1) * experiment.seeds]
        for arm in range(len(experiment.arms))
    ]


def _read_fit(runs: Sequence[Run]) -> Fit:
    histories = [outputs.read_history(run) for run in runs]
    if not all(map(len, histories)):
        raise ValueError("The curves of a run are missing.")
    epochs = min(map(len, histories))
    return Fit(
        runs[0].config,
        np.mean([history["accuracy"].to_numpy()[:epochs] for history in histories], axis=0),
        np.mean([history["val_accuracy"].to_numpy()[:epochs] for history in histories], axis=0),
    )
