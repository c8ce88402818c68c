"""A run's predictions for the test images of data that it was not scored on, cached."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np

from fmnist.data.dataset import Dataset, cache_dir
from fmnist.engine.client import Engine
from fmnist.files import save_array
from fmnist.json_files import read_array
from fmnist.runs.store import Run

_CHUNK = 500  # images of one request: others are answered in between


def predict_test_images(run: Run, data: Dataset, engine: Engine) -> np.ndarray:
    """Probabilities float32 (N, 10) of `data`'s test images, in their order, by the saved model.

    Asked of the engine once for this model file and these bytes, which takes seconds.

    Raises EngineError when the model cannot predict.
    """
    model, images = run.file("model.keras"), data.test_images
    written_at = model.stat().st_mtime_ns if model.is_file() else 0
    cached = cache_dir() / "scores" / f"{run.run_id}-{data.fingerprint}-{written_at}.npy"
    with contextlib.suppress(OSError, ValueError):
        probabilities = read_array(cached)
        if probabilities.shape == (len(images), 10) and probabilities.dtype == np.float32:
            return probabilities
    probabilities = np.concatenate(
        [
            engine.predict(model, images[start : start + _CHUNK]).probabilities
            for start in range(0, len(images), _CHUNK)
        ]
    )
    with contextlib.suppress(OSError):  # a cache that cannot be written costs time, nothing else
        _write_cache(cached, probabilities)
    return probabilities


def _write_cache(path: Path, probabilities: np.ndarray) -> None:
    """Write the file in one move, in the place of those of an earlier model of the run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_array(path, probabilities)
    stem = path.name.rsplit("-", 1)[0]
    for other in path.parent.glob(f"{stem}-*.npy"):
        if other != path:
            other.unlink(missing_ok=True)
