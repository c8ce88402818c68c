"""The test images on a plane by t-SNE: neighbours among the model's features stay neighbours.

L. van der Maaten and G. Hinton, "Visualizing data using t-SNE", Journal of Machine Learning
Research 9 (2008) 2579-2605.
"""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import numpy as np

from fmnist.analysis.job import Job
from fmnist.engine.client import Engine
from fmnist.engine.features import find_features
from fmnist.files import save_array
from fmnist.json_files import read_array

FILE = "tsne.npy"
_COMPONENTS = 50  # principal ones that it starts from, as the authors do
_ITERATIONS = 1000
_FEATURES = 100  # steps of the progress that the features count
_PERPLEXITY = 30.0
_SAID = re.compile(r"Iteration (\d+):")


def compute(job: Job) -> None:
    """Writes `FILE`: float32 (N, 2), in the order of the features."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    class OftenSaying(TSNE):
        _N_ITER_CHECK = 10  # iterations between two lines; as it comes, one may take 15 seconds

    assert job.run  # this analysis is about a run
    total = _FEATURES + _ITERATIONS

    def tell(fraction: float) -> None:
        job.report(int(fraction * _FEATURES), total, "asking the model about each image")

    engine = Engine()
    try:
        features = find_features(job.run, job.data, engine, tell)
    finally:
        engine.close()
    job.report(_FEATURES, total, "looking for neighbours")
    components = min(_COMPONENTS, *features.shape)
    reduced = PCA(components, random_state=0).fit_transform(features)
    tsne = OftenSaying(
        init="pca",
        random_state=0,
        perplexity=min(_PERPLEXITY, (len(features) - 1) / 3),
        max_iter=_ITERATIONS,
        verbose=2,
    )
    with contextlib.redirect_stdout(_Listener(job, total)):
        points = tsne.fit_transform(reduced)
    save_array(job.folder / FILE, points.astype(np.float32))


class _Listener(io.StringIO):
    """Reads how far t-SNE is from what it prints: it has no other way to say so."""

    def __init__(self, job: Job, total: int) -> None:
        super().__init__()
        self._job = job
        self._total = total

    def write(self, text: str) -> int:
        said = _SAID.search(text)
        if said:
            self._job.report(_FEATURES + int(said[1]), self._total, "moving the points")
        return len(text)


def read_tsne(folder: Path, count: int) -> np.ndarray | None:
    """What `compute` wrote for so many images; None where that is not there."""
    with contextlib.suppress(OSError, ValueError):
        points = read_array(folder / FILE)
        if points.dtype == np.float32 and points.shape == (count, 2) and np.isfinite(points).all():
            return points
    return None
