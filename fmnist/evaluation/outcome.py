"""What a training came to: does it overfit, and is it better than the one before?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fmnist.evaluation.paired import PairedComparison, compare

_FEWEST_EPOCHS = 3  # one to be the best, two that follow
_FEWEST_AFTER = 2  # epochs after the best: a single one says little
_RISE = 0.03  # fraction; a few thousand validation images settle a loss no better


@dataclass(frozen=True)
class Overfitting:
    """Whether the validation loss turned up while the training loss went on falling.

    epoch: the first one after the lowest validation loss, counted from 0; None where it does not
    overfit. rise: how far the validation loss is above its lowest at the end, as a fraction of it.
    """

    epoch: int | None
    rise: float


def find_overfitting(loss: np.ndarray, val_loss: np.ndarray) -> Overfitting | None:
    """From which epoch on a training overfits, if it does; None where it is too short to say.

    It does where at least two epochs follow that of the lowest validation loss, the mean of the
    last two lies at least 3 % above it, and the training loss has fallen since.

    loss, val_loss: per epoch, float (N,).
    """
    if len(val_loss) < _FEWEST_EPOCHS or not np.isfinite([loss, val_loss]).all():
        return None
    best = int(np.argmin(val_loss))
    lowest = float(val_loss[best])
    if len(val_loss) - 1 - best < _FEWEST_AFTER or lowest <= 0:
        return Overfitting(None, 0.0)
    rise = float(np.mean(val_loss[-_FEWEST_AFTER:])) / lowest - 1
    parts = rise >= _RISE and loss[-1] < loss[best]
    return Overfitting(best + 1 if parts else None, rise)


def compare_probabilities(
    labels: np.ndarray, first: np.ndarray, second: np.ndarray
) -> PairedComparison:
    """`compare` by the most probable classes; probabilities float (N, 10), labels (N,).

    Raises ValueError where they are not of the same images.
    """
    return compare(labels, np.argmax(first, axis=1), np.argmax(second, axis=1))
