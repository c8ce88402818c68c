"""What an accuracy is worth: the same model on fewer test images, and others beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fmnist.data.dataset import FINGERPRINT, Dataset
from fmnist.evaluation.evaluate import Evaluation, Score

# Closer to a training image than this fraction of its own length, a test image is a near-duplicate.
NEAR = 0.25
# Of Fashion-MNIST: people without fashion expertise on 1,000 test images (dataset README);
# nearest neighbour on all test images, as `python -m benchmarks.findings` measured it.
HUMAN, MEASURED_1NN = 0.835, 0.850


@dataclass(frozen=True)
class Baselines:
    """What needs no model of ours; None where it is not known of this dataset."""

    majority: Score  # always the class that most training images have
    nearest: Score | None  # the label of the nearest training image, where that was looked for
    nearest_known: float | None  # measured once
    human: float | None


def score_without(evaluation: Evaluation, left_out: np.ndarray) -> Score | None:
    """The model's score on all test images but those `left_out`, bool (N,); None where no image
    remains.
    """
    kept = ~left_out
    images = int(kept.sum())
    return Score(int(evaluation.is_correct[kept].sum()), images) if images else None


def mark(indices: np.ndarray | list[int], images: int) -> np.ndarray:
    """Bool (images,), True at `indices`; those beyond are left out."""
    marked = np.zeros(images, bool)
    wanted = np.asarray(indices, np.int64)
    marked[wanted[wanted < images]] = True
    return marked


def find_near_duplicates(nearest: np.ndarray) -> np.ndarray:
    """Bool (N,): the test images closer to a training image than `NEAR` of their own length.

    nearest: float32 (N, 3), what the analysis of near-duplicates found.
    """
    return nearest[:, 2] < NEAR


def compute_baselines(data: Dataset, nearest: np.ndarray | None) -> Baselines:
    """What can be had without a model of ours on a dataset's test images."""
    labels, images = data.test_labels, len(data.test_labels)
    usual = np.bincount(data.train_labels, minlength=10).argmax()
    is_published = data.fingerprint == FINGERPRINT
    by_nearest = None
    if nearest is not None:
        found = data.train_labels[nearest[:, 0].astype(np.int64)]
        by_nearest = Score(int((found == labels).sum()), images)
    return Baselines(
        majority=Score(int((labels == usual).sum()), images),
        nearest=by_nearest,
        nearest_known=MEASURED_1NN if is_published else None,
        human=HUMAN if is_published else None,
    )
