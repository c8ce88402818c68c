"""A person against a model on the same hard images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fmnist.evaluation.evaluate import Evaluation, Score

CONTESTED = (0, 2, 3, 4, 6)  # T-shirt/top, Pullover, Dress, Coat, Shirt
IMAGES = 30
HARD_FRACTION = 0.1  # of a class, where the model hesitated most


@dataclass(frozen=True, eq=False)
class Match:
    """What a person and a model said of the same images, as positions in `CONTESTED`.

    Matrices have rows true, columns answered: int64 (5, 5). A kappa is None where it is not
    defined, as one side gave all images the same class.
    """

    indices: np.ndarray  # int64 (N,), of the test images
    labels: np.ndarray
    person: np.ndarray
    model: np.ndarray
    person_matrix: np.ndarray
    model_matrix: np.ndarray
    person_kappa: float | None  # with the labels
    model_kappa: float | None  # with the labels
    between_kappa: float | None

    @property
    def person_score(self) -> Score:
        return Score(int((self.person == self.labels).sum()), len(self.labels))

    @property
    def model_score(self) -> Score:
        return Score(int((self.model == self.labels).sum()), len(self.labels))

    @property
    def person_beat(self) -> np.ndarray:
        """Positions, int64, of images that only the person got right."""
        return np.flatnonzero((self.person == self.labels) & (self.model != self.labels))

    @property
    def model_beat(self) -> np.ndarray:
        return np.flatnonzero((self.person != self.labels) & (self.model == self.labels))


def draw_images(evaluation: Evaluation, seed: int | Sequence[int]) -> np.ndarray:
    """Indices, int64, of up to `IMAGES` hard test images, as many of each contested class, mixed.

    Hard are those of a class with the smallest margin between the model's two most probable
    classes, right or wrong: a tenth of the class, but never too few.
    """
    rng = np.random.default_rng(seed)
    each = IMAGES // len(CONTESTED)
    second, first = np.partition(evaluation.probabilities, -2, axis=1)[:, -2:].T
    margin = first - second
    drawn = []
    for label in CONTESTED:
        members = np.flatnonzero(evaluation.labels == label)
        hardest = members[np.argsort(margin[members], kind="stable")]
        hardest = hardest[: max(each, round(HARD_FRACTION * len(members)))]
        drawn.append(rng.permutation(hardest)[:each])
    return rng.permutation(np.concatenate(drawn))


def compute_match(evaluation: Evaluation, indices: np.ndarray, answers: list[int]) -> Match:
    """answers: of each index, the position in `CONTESTED` that the person chose.

    Raises ValueError when there are no images, or not as many answers.
    """
    from sklearn.metrics import confusion_matrix

    if not len(indices) or len(answers) != len(indices):
        raise ValueError(f"{len(answers)} answers to {len(indices)} images; give one to each")
    contested = np.array(CONTESTED)
    labels = np.searchsorted(contested, evaluation.labels[indices])
    model = answer_as_model(evaluation, indices)
    person, every = np.array(answers, np.int64), np.arange(len(contested))
    return Match(
        indices,
        labels,
        person,
        model,
        confusion_matrix(labels, person, labels=every),
        confusion_matrix(labels, model, labels=every),
        _kappa(labels, person),
        _kappa(labels, model),
        _kappa(person, model),
    )


def answer_as_model(evaluation: Evaluation, indices: np.ndarray) -> np.ndarray:
    """The most probable of the contested classes, as positions in `CONTESTED`: int64 (N,)."""
    return evaluation.probabilities[indices][:, np.array(CONTESTED)].argmax(axis=1)


def _kappa(first: np.ndarray, second: np.ndarray) -> float | None:
    """Cohen's: agreement beyond what chance explains, 1 for complete agreement."""
    from sklearn.metrics import cohen_kappa_score

    if len({*first.tolist(), *second.tolist()}) < 2:
        return None
    return float(cohen_kappa_score(first, second))
