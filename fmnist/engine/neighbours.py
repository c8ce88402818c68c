"""The images nearest to an image, pixel by pixel."""

from __future__ import annotations

import numpy as np
from sklearn.neighbors import NearestNeighbors


class Neighbours:
    """Nearest images by Euclidean distance, pixels scaled to 0–1, by exhaustive search.

    Holds `images` (uint8 (N, 28, 28)) as float32: 188 MB for 60,000 of them, so this belongs in
    the engine process.
    """

    def __init__(self, images: np.ndarray):
        self._index = NearestNeighbors(algorithm="brute").fit(_flat(images))

    def nearest(self, images: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest of each of `images` (uint8 (M, 28, 28)), nearest first.

        Returns indices int64 (M, k) and distances float32 (M, k).
        Raises ValueError when k is not between 1 and the number of images searched.
        """
        known = self._index.n_samples_fit_
        if not 1 <= k <= known:
            raise ValueError(f"k is {k}; expected 1 to {known}, the number of images searched")
        distances, indices = self._index.kneighbors(_flat(images), n_neighbors=k)
        return indices.astype(np.int64), distances.astype(np.float32)


def _flat(images: np.ndarray) -> np.ndarray:
    flat = images.reshape(len(images), -1).astype(np.float32)
    flat /= np.float32(255)
    return flat
