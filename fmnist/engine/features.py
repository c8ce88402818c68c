"""A model's features of a dataset's test images: asked in parts, put together and cached."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from fmnist.data.cached_arrays import keep
from fmnist.data.dataset import Dataset
from fmnist.engine.client import Engine
from fmnist.json_files import read_array
from fmnist.runs.derived import derived_dir
from fmnist.runs.store import Run

MOST_IMAGES = 10_000  # of a dataset: what a map can show
_CHUNK = 500  # images of one request: others are answered in between


def find_cached(run: Run, data: Dataset) -> np.ndarray | None:
    """What `find_features` found before; None where nobody asked yet."""
    with contextlib.suppress(OSError, ValueError):
        features = read_array(_cached(run, data))
        count = min(len(data.test_images), MOST_IMAGES)
        if features.dtype == np.float32 and features.ndim == 2 and len(features) == count:
            return features
    return None


def find_features(
    run: Run, data: Dataset, engine: Engine, tell: Callable[[float], None] = lambda fraction: None
) -> np.ndarray:
    """float32 (N, features) of the first `MOST_IMAGES` test images, in their order.

    Asked of the engine once for this model and these images, which takes seconds. tell: is given
    the fraction that is done.

    Raises EngineError when the engine cannot answer.
    """
    found = find_cached(run, data)
    if found is not None:
        return found
    images, model = data.test_images[:MOST_IMAGES], run.file("model.keras")
    parts = []
    for start in range(0, len(images), _CHUNK):
        parts.append(engine.features(model, images[start : start + _CHUNK]))
        tell(min(1.0, (start + _CHUNK) / len(images)))
    features = np.concatenate(parts)
    keep(_cached(run, data), features, replaces="features-*.npy")
    return features


def _cached(run: Run, data: Dataset) -> Path:
    model = run.file("model.keras")
    written_at = model.stat().st_mtime_ns if model.is_file() else 0
    return derived_dir(run, data.fingerprint) / f"features-{written_at}.npy"
