"""What follows from a run's scores or features, computed once and kept with the run.

A file's name tells the method and what it was computed from, so one that is out of date is not
found; where none can be written, it costs time and nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

import msgspec
import numpy as np

from fmnist.data.cached_arrays import read_or_compute
from fmnist.data.dataset import Dataset
from fmnist.evaluation.evaluate import Evaluation
from fmnist.evaluation.projection import project
from fmnist.evaluation.slices import Slices, compute_slices
from fmnist.files import replacing_file
from fmnist.json_files import read_bytes
from fmnist.runs.derived import derived_dir
from fmnist.runs.store import Run

# To be raised with what `compute_slices` or `project` says.
_SLICES, _PCA = "slices-1", "pca-1"
_MAX_BYTES = 20_000_000


def find_slices(run: Run, data: Dataset, evaluation: Evaluation) -> Slices:
    """What `compute_slices` says of the run's scores on the test images of this dataset."""
    path = _named(run, data, _SLICES, evaluation.probabilities, ".json")
    with contextlib.suppress(OSError, ValueError):
        return msgspec.json.decode(read_bytes(path, _MAX_BYTES), type=Slices, dec_hook=_to_array)
    slices = compute_slices(evaluation, data.test_images)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing_file(path) as draft:
            draft.write_bytes(msgspec.json.encode(slices, enc_hook=np.ndarray.tolist))
    return slices


def find_projection(run: Run, data: Dataset, features: np.ndarray) -> np.ndarray:
    """What `project` says of the run's features, float32 (N, 2)."""
    path = _named(run, data, _PCA, features, ".npy")
    return read_or_compute(path, (len(features), 2), lambda: project(features))


def _named(run: Run, data: Dataset, method: str, source: np.ndarray, suffix: str) -> Path:
    digest = hashlib.sha256(np.ascontiguousarray(source).data).hexdigest()[:16]
    return derived_dir(run, data.fingerprint) / f"{method}-{digest}{suffix}"


def _to_array(_kind: type, values: list[int]) -> np.ndarray:
    return np.array(values, np.int64)
