"""Convolution by hand: a kernel slides over the image, and every step of it can be read."""

from __future__ import annotations

import numpy as np

from fmnist.runs.store import Run


def render(run: Run | None, image: np.ndarray) -> None:
    """For `image`, uint8 (28, 28); needs no model."""
