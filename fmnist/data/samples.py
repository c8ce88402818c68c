"""Which images of a dataset: splits, samples, counts and means."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fmnist.data.dataset import CLASS_NAMES


def split_train_val(
    count: int, validation_fraction: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Seeded split of `count` training images into (train, val) int64 indices.

    The first round(count × validation_fraction) entries of the permutation are `val`, sorted;
    the rest are `train`, in permuted order.
    """
    if not 0 <= validation_fraction < 1:
        raise ValueError(
            f"validation_fraction is {validation_fraction}; expected at least 0 and less than 1"
        )
    order = np.random.default_rng(seed).permutation(count)
    val_count = round(count * validation_fraction)
    return order[val_count:], np.sort(order[:val_count])


def sample_indices(
    labels: np.ndarray, *, classes: Sequence[int], count: int, seed: int
) -> np.ndarray:
    """Up to `count` indices (int64) of images in `classes` (empty: all), without replacement.

    The same seed gives the same order, so that a larger count adds images to a smaller one.
    """
    candidates = np.flatnonzero(np.isin(labels, classes)) if classes else np.arange(len(labels))
    return np.random.default_rng(seed).permutation(candidates)[:count]


def class_counts(labels: np.ndarray) -> np.ndarray:
    """How many images each class has: int64 (10,)."""
    return np.bincount(labels, minlength=len(CLASS_NAMES))


def mean_images(images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The mean image of each class: float32 (10, 28, 28), 0 to 255; zeros for an empty class."""
    means = np.zeros((len(CLASS_NAMES), *images.shape[1:]), np.float32)
    for label in range(len(CLASS_NAMES)):
        chosen = images[labels == label]
        if len(chosen):
            means[label] = chosen.sum(axis=0, dtype=np.uint32) / len(chosen)
    return means
