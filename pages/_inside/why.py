"""Why this answer: the pixels that speak for a class, and against it."""

from __future__ import annotations

import numpy as np

from fmnist.runs.store import Run


def render(run: Run, image: np.ndarray) -> None:
    """For `image`, uint8 (28, 28)."""
