"""The engine's process: `python -m fmnist.engine.server BYTES`, started by `client.Engine`.

It answers frames from stdin on stdout, one at a time, and ends when its stdin closes, whatever it
is doing. Heavy modules are imported by the first request that needs them. From TensorFlow's import
on, the system holds it to BYTES of memory.
"""

from __future__ import annotations

import functools
import os
import queue
import signal
import sys
import threading
import traceback
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from fmnist import memory_limit
from fmnist.engine import explanations
from fmnist.engine.client import DATA_VARIABLES, EngineError
from fmnist.engine.frames import Answer, Arrays, read_frame, write_frame
from fmnist.models.keras_import import import_keras

MAX_MODELS = 4  # kept in memory
CHUNK = 250  # images per call of the model; as many as when it was scored, so that they fit here
INPUT_SHAPE = (None, 28, 28, 1)
OUTPUT_SHAPE = (None, 10)


class _Loaded:
    """A model, also as the function that `apply` says, and taken apart once somebody looks in."""

    def __init__(self, model: Any, apply: Callable[..., Any]) -> None:
        self._model = model
        self.apply = apply

    @functools.cached_property
    def traced(self) -> Any:
        from fmnist.explain.layers import trace

        return trace(self._model)

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Probabilities float32 (N, 10) of images uint8 (N, 28, 28, 1).

        Raises EngineError where they are not numbers.
        """
        chunks = [self.apply(images[i : i + CHUNK]).numpy() for i in range(0, len(images), CHUNK)]
        probabilities = np.concatenate(chunks)
        if not np.isfinite(probabilities).all():
            raise EngineError(
                "The model gives outputs that are not numbers: its training diverged. Train it "
                "again with a lower learning rate."
            )
        return probabilities


class _Models:
    """Loaded models, the least recently used given up first."""

    def __init__(self) -> None:
        self._loaded: OrderedDict[tuple[str, int, int], _Loaded] = OrderedDict()

    def get(self, path: str) -> _Loaded:
        try:
            stat = Path(path).stat()
        except OSError as error:
            raise EngineError(f"There is no model at {path} ({error.strerror}).") from None
        key = (path, stat.st_mtime_ns, stat.st_size)
        if key not in self._loaded:
            self._loaded[key] = _load_model(path)
            if len(self._loaded) > MAX_MODELS:
                self._loaded.popitem(last=False)
        self._loaded.move_to_end(key)
        return self._loaded[key]


def _import_tensorflow() -> Any:
    """TensorFlow, without the lines its libraries print before they know the log level."""
    if "tensorflow" not in sys.modules:
        kept, devnull = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, 2)
        try:
            import_keras()  # the first import is the one that prints
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(devnull)
        memory_limit.limit_memory(int(sys.argv[1]))
    import tensorflow as tf

    return tf


def _load_model(path: str) -> _Loaded:
    """With a function from images uint8 (N, 28, 28, 1) to probabilities float32 (N, 10)."""
    tf = _import_tensorflow()
    import keras

    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        raise EngineError(
            f"{path} is not a Keras model that can be opened: it is damaged, cut short, or was not "
            "written by Keras 3. Train or import it again."
        ) from error
    shapes = getattr(model, "input_shape", None), getattr(model, "output_shape", None)
    if shapes != (INPUT_SHAPE, OUTPUT_SHAPE):
        raise EngineError(
            f"The model {path} goes from {shapes[0]} to {shapes[1]}; expected from {INPUT_SHAPE} "
            f"to {OUTPUT_SHAPE}."
        )

    # One fixed signature: a batch of another size does not trace the model anew.
    @tf.function(input_signature=[tf.TensorSpec(INPUT_SHAPE, tf.uint8)])
    def apply(images: Any) -> Any:
        return tf.cast(model(tf.cast(images, tf.float32), training=False), tf.float32)

    apply(np.zeros((1, 28, 28, 1), np.uint8))
    return _Loaded(model, apply)


class _Service:
    """What the process can do, by the name of the operation."""

    def __init__(self) -> None:
        self._models = _Models()
        self._neighbours: tuple[str, Any] | None = None  # dataset's fingerprint, index
        self._operations: dict[str, Callable[[dict[str, Any], Arrays], Answer]] = {
            "warm": self._warm,
            "predict": self._predict,
            "explain": self._explain,
            "excite": self._excite,
            "features": self._features,
            "find_neighbours": self._find_neighbours,
        }

    def answer(self, header: dict[str, Any], arrays: Arrays) -> Answer:
        try:
            return self._operations[header["operation"]](header, arrays)
        except ValueError as error:
            return {"error": str(error)}, {}
        except Exception as error:  # noqa: BLE001 - one bad request may not end the process
            if _is_about_memory(error):
                return {"out_of_memory": True}, {}
            traceback.print_exception(error)
            return {"error": f"The model process failed: {type(error).__name__}: {error}"}, {}

    def _warm(self, header: dict[str, Any], _arrays: Arrays) -> Answer:
        _import_tensorflow()
        if header["model"] is not None:
            self._models.get(header["model"])
        return {}, {}

    def _predict(self, header: dict[str, Any], arrays: Arrays) -> Answer:
        model = self._models.get(header["model"])
        probabilities = model.predict(arrays["images"][..., np.newaxis])
        return {}, {"probabilities": probabilities}

    def _explain(self, header: dict[str, Any], arrays: Arrays) -> Answer:
        from fmnist.explain import attribution, layers, smallest_patch

        model, image = self._models.get(header["model"]), arrays["image"]
        if header["what"] == "network":
            return explanations.pack_network(layers.show_network(model.traced, image))
        if header["what"] == "maps":
            return explanations.pack_maps(layers.show_maps(model.traced, image, header["layer"]))
        if header["what"] == "patch":
            return explanations.pack_patch(
                smallest_patch.find_smallest_patch(model.predict, image, header["target"])
            )
        return explanations.pack_attribution(
            attribution.explain(model.traced, model.predict, image)
        )

    def _excite(self, header: dict[str, Any], arrays: Arrays) -> Answer:
        from fmnist.explain.filters import measure

        traced = self._models.get(header["model"]).traced
        return {}, vars(measure(traced, arrays["images"], header["layer"]))

    def _features(self, header: dict[str, Any], arrays: Arrays) -> Answer:
        from fmnist.explain.features import measure_features

        traced, images = self._models.get(header["model"]).traced, arrays["images"]
        chunks = [
            measure_features(traced, images[start : start + CHUNK])
            for start in range(0, len(images), CHUNK)
        ]
        return {}, {"features": np.concatenate(chunks)}

    def _find_neighbours(self, header: dict[str, Any], arrays: Arrays) -> Answer:
        from fmnist.data import catalogue
        from fmnist.engine import neighbours

        for name, value in header["environment"].items():
            if name in DATA_VARIABLES:
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value
        data = catalogue.load(header["dataset"])
        if self._neighbours is None or self._neighbours[0] != data.fingerprint:
            self._neighbours = data.fingerprint, neighbours.Neighbours(data.train_images)
        indices, distances = self._neighbours[1].nearest(arrays["images"], header["k"])
        return {}, {"indices": indices, "distances": distances}


def _is_about_memory(error: Exception) -> bool:
    tensorflow = sys.modules.get("tensorflow")
    exhausted = (tensorflow.errors.ResourceExhaustedError,) if tensorflow else ()
    return isinstance(error, (MemoryError, *exhausted))


def _read_requests(source: BinaryIO, requests: queue.SimpleQueue[Answer]) -> None:
    """Runs in its own thread, so that the child notices the end of the server while it works."""
    while True:
        try:
            requests.put(read_frame(source))
        except (OSError, ValueError):
            os._exit(0)


def _serve() -> None:
    # Nothing but frames may reach the client: whatever else prints to stdout goes to stderr. Nor
    # may another thread's library touch the pipe that the reader waits on (it hangs on Windows).
    source, target = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server; stdin closes after it
    requests: queue.SimpleQueue[Answer] = queue.SimpleQueue()
    threading.Thread(target=_read_requests, args=(source, requests), daemon=True).start()
    service = _Service()
    while True:
        header, arrays = requests.get()
        answer, results = service.answer(header, arrays)
        write_frame(target, {**answer, "number": header["number"]}, results)


if __name__ == "__main__":
    _serve()
