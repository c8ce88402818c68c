"""Settings that were each trained with several seeds: which differences between them are real?

A mean accuracy over seeds may be off for two reasons: other seeds, and other test images. Both are
in the intervals here, with Student's t for the few seeds (degrees of freedom by F. E.
Satterthwaite, "An approximate distribution of estimates of variance components", Biometrics
Bulletin 2 (1946) 110-114).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_UPPER = 0.975


@dataclass(frozen=True)
class Estimate:
    """A mean accuracy, or the difference between two, and its 95 % interval."""

    value: float
    interval: tuple[float, float]

    @property
    def is_noise(self) -> bool:
        """Of a difference: whether the interval holds 0."""
        low, high = self.interval
        return low <= 0 <= high


@dataclass(frozen=True, eq=False)
class Repeats:
    """correct: for each of some settings, bool (S, N): which of N images each of its S runs got
    right. deviation: sample standard deviation of the accuracy over seeds, pooled over the
    settings; freedom: all runs less the number of settings.
    """

    correct: tuple[np.ndarray, ...]
    deviation: float
    freedom: int

    def accuracies(self, setting: int) -> np.ndarray:
        """Of its runs, float (S,)."""
        return self.correct[setting].mean(axis=1)

    def estimate(self, setting: int) -> Estimate:
        """The mean accuracy of one setting, within 0 to 1."""
        runs = self.correct[setting]
        found = self._estimate(runs.mean(axis=0), 1 / len(runs))
        low, high = found.interval
        return Estimate(found.value, (max(0.0, low), min(1.0, high)))

    def difference(self, second: int, first: int = 0) -> Estimate:
        """The mean accuracy of the second setting less that of the first, on the same images."""
        one, other = self.correct[first], self.correct[second]
        return self._estimate(other.mean(axis=0) - one.mean(axis=0), 1 / len(one) + 1 / len(other))

    def _estimate(self, per_image: np.ndarray, runs: float) -> Estimate:
        """The mean of (N,) numbers; `runs`: what the variance of one run counts for in it."""
        from scipy.stats import t  # half a second: not with every page

        value = float(per_image.mean())
        by_images = float(per_image.var(ddof=1)) / len(per_image)
        by_seeds = self.deviation**2 * runs
        variance = by_images + by_seeds
        if not variance:
            return Estimate(value, (value, value))
        freedom = self.freedom * (variance / by_seeds) ** 2 if by_seeds else np.inf
        half = float(t.ppf(_UPPER, freedom)) * variance**0.5
        return Estimate(value, (value - half, value + half))


def compare_repeats(labels: np.ndarray, predictions: Sequence[np.ndarray]) -> Repeats:
    """labels: integers (N,). predictions: for each setting, integers (S, N), S ≥ 1.

    Raises ValueError where they are not about the same images, at least two, or no setting was
    trained twice.
    """
    shapes = [runs.shape for runs in predictions]
    freedom = sum(shape[0] - 1 for shape in shapes)
    if len(labels) < 2 or any(shape[1:] != labels.shape for shape in shapes) or freedom < 1:
        raise ValueError(
            f"Settings are compared on the same images, one of them trained twice at least; there "
            f"are {labels.shape} labels and predictions of the shapes {shapes}."
        )
    correct = tuple(runs == labels for runs in predictions)
    squares = 0.0
    for runs in correct:
        accuracies = runs.mean(axis=1)
        squares += float(((accuracies - accuracies.mean()) ** 2).sum())
    return Repeats(correct, (squares / freedom) ** 0.5, freedom)
