"""What a layer's filters look for in a dataset's test images: asked in parts, merged and cached."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from fmnist.data.cached_arrays import keep
from fmnist.data.dataset import Dataset, cache_dir
from fmnist.engine.client import Engine
from fmnist.explain.excitement import count_images, keep_highest
from fmnist.explain.results import Excitement
from fmnist.json_files import read_array
from fmnist.runs.store import Run

_CHUNK = 500  # images of one request: others are answered in between


def find_cached(run: Run, data: Dataset, layer: str) -> Excitement | None:
    """What `find_exciting` found before; None where nobody asked yet."""
    with contextlib.suppress(OSError, ValueError):
        values, places, images = read_array(_cached(run, data, layer))
        if values.ndim == 2 and len(data.test_images) > images.max() >= 0:
            return Excitement(values, places.astype(np.int64), images.astype(np.int64))
    return None


def find_exciting(
    run: Run,
    data: Dataset,
    layer: str,
    macs: int,
    engine: Engine,
    tell: Callable[[float], None] = lambda fraction: None,
) -> Excitement:
    """The test images that excite each filter of a layer most, the strongest first: (16, filters).

    macs: multiply-adds of one image up to this layer; many mean that only the first of the images
    are looked at (see `excitement.count_images`). tell: is given the fraction that is done.

    Raises EngineError when the engine cannot answer.
    """
    found = find_cached(run, data, layer)
    if found is not None:
        return found
    images = data.test_images[: count_images(macs, len(data.test_images))]
    for start in range(0, len(images), _CHUNK):
        part = engine.excite(run.file("model.keras"), images[start : start + _CHUNK], layer)
        shifted = Excitement(part.values, part.places, part.images + start)
        found = keep_highest([shifted] if found is None else [found, shifted])
        tell(min(1.0, (start + _CHUNK) / len(images)))
    assert found is not None
    path = _cached(run, data, layer)
    together = (found.values, found.places, found.images)
    keep(
        path,
        np.stack([each.astype(np.float32) for each in together]),
        # those of an earlier model of the run
        replaces=f"{run.run_id}-{data.fingerprint}-*-{path.stem[-12:]}.npy",
    )
    return found


def _cached(run: Run, data: Dataset, layer: str) -> Path:
    model = run.file("model.keras")
    written_at = model.stat().st_mtime_ns if model.is_file() else 0
    of = hashlib.sha1(layer.encode(), usedforsecurity=False).hexdigest()[:12]
    name = f"{run.run_id}-{data.fingerprint}-{written_at}-{of}.npy"
    return cache_dir() / "filters" / name
