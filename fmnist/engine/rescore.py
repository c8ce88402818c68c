"""A run's predictions for images that it was not scored on, cached."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from fmnist.data.cached_arrays import read_or_compute
from fmnist.data.dataset import Dataset, cache_dir
from fmnist.engine.client import Engine
from fmnist.runs.derived import derived_dir
from fmnist.runs.store import Run

_CHUNK = 500  # images of one request: others are answered in between


def predict_test_images(run: Run, data: Dataset, engine: Engine) -> np.ndarray:
    """Probabilities float32 (N, 10) of `data`'s test images, in their order, by the saved model.

    Asked of the engine once for this model file and these bytes, which takes seconds.

    Raises EngineError when the model cannot predict.
    """
    model = run.file("model.keras")
    written_at = model.stat().st_mtime_ns if model.is_file() else 0
    stem = f"{run.run_id}-{data.fingerprint}"
    return read_or_compute(
        cache_dir() / "scores" / f"{stem}-{written_at}.npy",
        (len(data.test_images), 10),
        lambda: predict_many(engine, run.file("model.keras"), data.test_images),
        replaces=f"{stem}-*.npy",  # those of an earlier model of the run
    )


def predict_validation_images(
    run: Run, data: Dataset, indices: np.ndarray, engine: Engine
) -> np.ndarray:
    """The same of the training images that the run was validated on, given by their `indices`."""
    return read_or_compute(
        derived_dir(run, data.fingerprint) / "validation_probabilities.npy",
        (len(indices), 10),
        lambda: predict_many(engine, run.file("model.keras"), data.train_images[indices]),
    )


def predict_mirrored(run: Run, data: Dataset, indices: np.ndarray, engine: Engine) -> np.ndarray:
    """The same of the mirror images of the test images at `indices`, sandals and boots, say."""
    images = data.test_images[indices][:, :, ::-1]
    digest = hashlib.sha256(indices.astype("<i8").tobytes()).hexdigest()[:12]
    return read_or_compute(
        derived_dir(run, data.fingerprint) / f"mirrored_{digest}.npy",
        (len(indices), 10),
        lambda: predict_many(engine, run.file("model.keras"), np.ascontiguousarray(images)),
    )


def predict_many(engine: Engine, model: Path, images: np.ndarray) -> np.ndarray:
    """Probabilities float32 (N, 10) of many images, uint8 (N, 28, 28), a few at a time.

    Raises EngineError when the model cannot predict.
    """
    return np.concatenate(
        [
            engine.predict(model, images[start : start + _CHUNK]).probabilities
            for start in range(0, len(images), _CHUNK)
        ]
    )
