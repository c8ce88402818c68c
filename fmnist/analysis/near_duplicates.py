"""How far each test image is from the training image nearest to it."""

from __future__ import annotations

import numpy as np

from fmnist.analysis import FILES
from fmnist.analysis.job import Job
from fmnist.engine.neighbours import Neighbours
from fmnist.files import save_array

FILE = FILES["near-duplicates"]
_CHUNK = 250  # test images at a time: a matrix of distances of 60 MB


def compute(job: Job) -> None:
    """Writes `FILE`: float32 (N, 3) by test image: the nearest training image's index, its
    Euclidean distance with pixels scaled to 0–1, and that distance as a fraction of the test
    image's own length. An index is exact: float32 counts to 16 million.
    """
    images = job.data.test_images
    search = Neighbours(job.data.train_images)
    found = np.empty((len(images), 3), np.float32)
    for start in range(0, len(images), _CHUNK):
        job.report(start, len(images), "looking for the nearest training images")
        part = images[start : start + _CHUNK]
        indices, distances = search.nearest(part, 1)
        lengths = np.linalg.norm(part.reshape(len(part), -1) / np.float32(255), axis=1)
        rows = found[start : start + _CHUNK]
        rows[:, 0], rows[:, 1] = indices[:, 0], distances[:, 0]
        rows[:, 2] = distances[:, 0] / np.maximum(lengths, np.float32(1e-6))
    save_array(job.folder / FILE, found)
