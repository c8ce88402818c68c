"""The client of the processes that hold TensorFlow.

The server stays light and quick to start; whoever needs a prediction asks an `Engine`, which starts
`python -m fmnist.engine.server` when first used. They exchange frames over the child's stdin and
stdout (see `fmnist.engine.frames`). A child leaves as soon as its stdin closes, whatever it is
doing, so it never outlives the server.

There are two: one for the models that were trained here, and one for those that were imported,
which may be slow or greedy without anybody else's waiting for them. The system holds each to a
bound of memory.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fmnist import memory_limit
from fmnist.data.dataset import STANDARD
from fmnist.engine.child import Child
from fmnist.engine.child import EngineError as EngineError
from fmnist.engine.frames import Answer
from fmnist.explain.results import Excitement

REQUEST_TIMEOUT = 90.0  # seconds; the first request may wait for TensorFlow's import
IMPORTED_TIMEOUT = 60.0  # of an imported model
# Passed on with a request, as this process may have changed them since the child started.
DATA_VARIABLES = ("FMNIST_DATA_DIR", "FMNIST_DATASETS_DIR", "FMNIST_CACHE_DIR")


@dataclass(frozen=True, eq=False)
class Prediction:
    """`probabilities` float32 (N, 10); `milliseconds` from the call to its answer."""

    probabilities: np.ndarray
    milliseconds: float


class Engine:
    """TensorFlow as seen by the server: started when first needed, shared by all threads.

    A child answers one request at a time; of those that wait, whoever has had the least of it
    lately comes first (`line.py`; `who` tells by whom this thread is asked). A child that has died
    is replaced and the request sent once more. A request that takes longer than `timeout` seconds
    (`IMPORTED_TIMEOUT` at most, of an imported model), or more memory than the child may have, ends
    the child and gives its memory back.
    """

    def __init__(
        self, timeout: float = REQUEST_TIMEOUT, who: Callable[[], Hashable] = lambda: None
    ) -> None:
        self._own = Child(timeout, memory_limit.bound, who)
        self._imported = Child(
            min(timeout, IMPORTED_TIMEOUT), memory_limit.bound_of_one, who, gives_back=True
        )

    def predict(self, model_path: Path, images: np.ndarray) -> Prediction:
        """Class probabilities of `images` (uint8 (N, 28, 28), N ≥ 1) by a saved Keras model.

        Raises:
            EngineError: the model is missing, damaged or of another shape, it needs more memory or
                time than it may have, or no answer came.
            ValueError: the images are not uint8 (N, 28, 28).
        """
        _require_images(images)
        started = time.perf_counter()
        child = self._child_for(model_path)
        _, arrays = child.ask("predict", {"model": _path(model_path)}, {"images": images})
        return Prediction(arrays["probabilities"], (time.perf_counter() - started) * 1000)

    def neighbours(
        self, images: np.ndarray, k: int = 8, dataset: str = STANDARD
    ) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest training images of each of `images` (uint8 (N, 28, 28)), nearest first.

        dataset: the short name of the one whose training images are searched.

        Returns indices int64 (N, k) and Euclidean distances float32 (N, k), pixels scaled to 0–1.

        Raises:
            EngineError: there is no dataset, or k exceeds its number of training images.
        """
        _require_images(images)
        variables = {name: os.environ.get(name) for name in DATA_VARIABLES}
        header = {"k": int(k), "dataset": dataset, "environment": variables}
        _, arrays = self._own.ask("find_neighbours", header, {"images": images})
        return arrays["indices"], arrays["distances"]

    def explain(self, model_path: Path, image: np.ndarray, what: str, **about: Any) -> Answer:
        """What `explanations` asks for and reads; `image` is uint8 (28, 28)."""
        _require_images(image[np.newaxis])
        header = {**about, "model": _path(model_path), "what": what}
        return self._child_for(model_path).ask("explain", header, {"image": image})

    def excite(self, model_path: Path, images: np.ndarray, layer: str) -> Excitement:
        """What excites each filter of a layer on each of `images`, uint8 (N, 28, 28)."""
        _require_images(images)
        header = {"model": _path(model_path), "layer": layer}
        _, arrays = self._child_for(model_path).ask("excite", header, {"images": images})
        return Excitement(**arrays)

    def features(self, model_path: Path, images: np.ndarray) -> np.ndarray:
        """What the model's last layer weighs: float32 (N, features) of uint8 (N, 28, 28)."""
        _require_images(images)
        _, arrays = self._child_for(model_path).ask(
            "features", {"model": _path(model_path)}, {"images": images}
        )
        return arrays["features"]

    def warm(self, model_path: Path | None = None) -> None:
        """Have the child import TensorFlow, and load a model, while nobody waits.

        Returns at once, and does nothing when the same was asked of this child before. When the
        engine is busy it is warm already, or soon will be.
        """
        child = self._own if model_path is None else self._child_for(model_path)
        child.warm(None if model_path is None else _path(model_path))

    def is_awake(self, model_path: Path) -> bool:
        """Whether the child for this model runs and has answered, so that it will at once."""
        return self._child_for(model_path).is_awake

    @property
    def alive(self) -> bool:
        return self._own.alive

    @property
    def pid(self) -> int | None:
        """The process id of the child for models trained here, or None while there is none."""
        return self._own.pid

    @property
    def pid_of_imported(self) -> int | None:
        """The same of the child for imported models."""
        return self._imported.pid

    def close(self) -> None:
        """End the children. The next request starts another."""
        self._own.close()
        self._imported.close()

    def _child_for(self, model_path: Path) -> Child:
        """Whom to ask: what lies in a run folder was trained here, unless it says otherwise."""
        folder = Path(model_path).parent
        is_own = (folder / "config.json").is_file() and not (folder / "own_model.json").is_file()
        return self._own if is_own else self._imported


def _path(path: Path) -> str:
    return str(Path(path).resolve())


def _require_images(images: np.ndarray) -> None:
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (28, 28):
        raise ValueError(f"images are {images.dtype} {images.shape}; expected uint8 (N, 28, 28)")
    if not len(images):
        raise ValueError("images is empty; expected at least one")
