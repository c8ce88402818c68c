"""Two models on the same images: is the difference between their accuracies real?

Both are right on most images, so only those that one of them gets right count (McNemar 1947).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

_95_PERCENT = 1.959964  # standard deviations of a normal distribution on either side
_PADDING = 0.5  # added to each of the four counts: Agresti and Min 2005


@dataclass(frozen=True)
class PairedComparison:
    """How many of `images` only the first, only the second model gets right."""

    images: int
    only_first: int
    only_second: int

    @property
    def difference(self) -> float:
        """Accuracy of the second model less that of the first, -1 to 1."""
        return (self.only_second - self.only_first) / self.images

    @property
    def p_value(self) -> float:
        """How likely chance alone tells two equally good models at least this far apart.

        The exact test of McNemar, two-sided; 1 where they are right on the same images.
        """
        from scipy.stats import binomtest  # half a second: not with every page

        changed = self.only_first + self.only_second
        return float(binomtest(self.only_second, changed).pvalue) if changed else 1.0

    @property
    def interval(self) -> tuple[float, float]:
        """95 % confidence interval of `difference`, by Agresti and Min's adjusted Wald interval."""
        images = self.images + 4 * _PADDING
        first, second = self.only_first + _PADDING, self.only_second + _PADDING
        middle = (second - first) / images
        half = _95_PERCENT * sqrt(first + second - (second - first) ** 2 / images) / images
        return max(-1.0, middle - half), min(1.0, middle + half)

    @property
    def is_noise(self) -> bool:
        """Whether the interval holds 0: the images tested do not tell the two apart."""
        low, high = self.interval
        return low <= 0 <= high


def compare(labels: np.ndarray, first: np.ndarray, second: np.ndarray) -> PairedComparison:
    """Compare two models by their predictions, each of them integers (N,) as the labels are.

    Raises ValueError when the three differ in shape or there are none.
    """
    if not len(labels) or not labels.shape == first.shape == second.shape:
        raise ValueError(
            "Two models can be compared on the same images only, at least one; there are "
            f"{labels.shape} labels and {first.shape} and {second.shape} predictions."
        )
    is_first, is_second = first == labels, second == labels
    return PairedComparison(
        len(labels), int((is_first & ~is_second).sum()), int((is_second & ~is_first).sum())
    )
