"""A run's predictions for the test images of data that it was not scored on, cached."""

from __future__ import annotations

import numpy as np

from fmnist.data.cached_arrays import read_or_compute
from fmnist.data.dataset import Dataset, cache_dir
from fmnist.engine.client import Engine
from fmnist.runs.store import Run

_CHUNK = 500  # images of one request: others are answered in between


def predict_test_images(run: Run, data: Dataset, engine: Engine) -> np.ndarray:
    """Probabilities float32 (N, 10) of `data`'s test images, in their order, by the saved model.

    Asked of the engine once for this model file and these bytes, which takes seconds.

    Raises EngineError when the model cannot predict.
    """
    model, images = run.file("model.keras"), data.test_images
    written_at = model.stat().st_mtime_ns if model.is_file() else 0
    stem = f"{run.run_id}-{data.fingerprint}"
    return read_or_compute(
        cache_dir() / "scores" / f"{stem}-{written_at}.npy",
        (len(images), 10),
        lambda: np.concatenate(
            [
                engine.predict(model, images[start : start + _CHUNK]).probabilities
                for start in range(0, len(images), _CHUNK)
            ]
        ),
        replaces=f"{stem}-*.npy",  # those of an earlier model of the run
    )
