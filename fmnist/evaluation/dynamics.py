"""What a model learned when: predictions after every epoch become lists of images.

Forgetting as in M. Toneva and others, "An empirical study of example forgetting during deep neural
network learning", ICLR 2019, counted here on test images and by the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Dynamics:
    """Of E epochs and N images. Lists are indices, int64."""

    epochs: list[int]  # their numbers, from 0
    accuracy: np.ndarray  # float64 (E,)
    class_recall: np.ndarray  # float64 (E, classes); NaN of a class without images
    learned_at: np.ndarray  # int64 (N,): from this row on always right; E where wrong at the end
    forgettings: np.ndarray  # int64 (N,): how often right, then wrong an epoch later
    learned_last: np.ndarray  # right at the end: the latest first, of those not from the start on
    forgotten: np.ndarray  # right once, wrong at the end: right the longest first
    never_learned: np.ndarray  # wrong after every epoch
    most_forgotten: np.ndarray  # forgotten at least once, the most often first


def compute_dynamics(
    labels: np.ndarray, predictions: np.ndarray, epochs: list[int], classes: int = 10
) -> Dynamics:
    """labels: integers (N,). predictions: integers (E, N), E ≥ 1; epochs: the E numbers.

    Raises ValueError when the shapes disagree.
    """
    if predictions.shape != (len(epochs), len(labels)) or not epochs or not len(labels):
        raise ValueError(
            f"{len(labels)} labels, {len(epochs)} epochs and predictions {predictions.shape}; "
            "expected predictions (epochs, labels), at least one of each"
        )
    is_right = predictions == labels
    count = len(epochs)
    wrong_last = np.where(~is_right, np.arange(count)[:, None], -1).max(axis=0)
    learned_at = wrong_last + 1
    forgettings = (is_right[:-1] & ~is_right[1:]).sum(axis=0)
    right_epochs = is_right.sum(axis=0)
    is_member = labels == np.arange(classes)[:, None]
    sizes = is_member.sum(axis=1)
    right_by_class = is_right.astype(np.int64) @ is_member.T
    return Dynamics(
        epochs=list(epochs),
        accuracy=is_right.mean(axis=1),
        class_recall=np.where(sizes > 0, right_by_class / np.maximum(sizes, 1), np.nan),
        learned_at=learned_at,
        forgettings=forgettings,
        learned_last=_ordered((learned_at > 0) & (learned_at < count), learned_at),
        forgotten=_ordered(~is_right[-1] & (right_epochs > 0), right_epochs),
        never_learned=np.flatnonzero(right_epochs == 0),
        most_forgotten=_ordered(forgettings > 0, forgettings),
    )


def _ordered(chosen: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Indices of those chosen, the highest value first; ties in the dataset's order."""
    indices = np.flatnonzero(chosen)
    return indices[np.argsort(-by[indices], kind="stable")]
