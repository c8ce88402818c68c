"""The network on this image: what every layer of the model in hand makes of it."""

from __future__ import annotations

import numpy as np

from fmnist.runs.store import Run


def render(run: Run, image: np.ndarray) -> None:
    """For `image`, uint8 (28, 28)."""
