"""The client of one long-lived child process that holds TensorFlow.

The server stays light and quick to start; whoever needs a prediction asks an `Engine`, which starts
`python -m fmnist.engine_child` when first used. They exchange frames over the child's stdin and
stdout: a length prefix, a JSON header and the raw bytes of arrays (no pickle: nothing in a frame is
code). The child leaves as soon as its stdin closes, whatever it is doing, so it never outlives the
server.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from fmnist.config import TrainConfig
from fmnist.dataset import STANDARD

REQUEST_TIMEOUT = 90.0  # seconds; the first request may wait for TensorFlow's import
MAX_HEADER_BYTES = 1 << 20
MAX_BODY_BYTES = 128 << 20  # 60,000 images have 47 MB
# Passed on with a request, as this process may have changed them since the child started.
DATA_VARIABLES = ("FMNIST_DATA_DIR", "FMNIST_DATASETS_DIR", "FMNIST_CACHE_DIR")

_PREFIX = struct.Struct("!4sIQ")  # magic, bytes of the header, bytes of the body
_MAGIC = b"FML1"
_DTYPES = ("uint8", "float32", "int64")

Arrays = Mapping[str, np.ndarray]
Answer = tuple[dict[str, Any], Arrays]


class EngineError(ValueError):
    """A request that cannot be answered; the message is one sentence for the person who asked."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """`probabilities` float32 (N, 10); `milliseconds` from the call to its answer."""

    probabilities: np.ndarray
    milliseconds: float


# -- frames ---------------------------------------------------------------------------------------


class FrameError(ValueError):
    """The bytes are not a whole frame: cut short, too large, or not a frame at all."""


def write_frame(stream: BinaryIO, header: dict[str, Any], arrays: Arrays) -> None:
    """Send a JSON object and arrays (uint8, float32 or int64)."""
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    shapes = [[name, array.dtype.name, array.shape] for name, array in arrays.items()]
    text = json.dumps({**header, "arrays": shapes}).encode()
    body = sum(array.nbytes for array in arrays.values())
    if len(text) > MAX_HEADER_BYTES or body > MAX_BODY_BYTES:
        raise FrameError(f"A frame of {body / 1e6:.0f} MB; at most {MAX_BODY_BYTES / 1e6:.0f} MB.")
    stream.write(_PREFIX.pack(_MAGIC, len(text), body) + text)
    for array in arrays.values():
        stream.write(array.data)
    stream.flush()


def read_frame(stream: BinaryIO) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The next frame's header and arrays.

    Raises FrameError at the end of the stream, too.
    """
    magic, header_bytes, body_bytes = _PREFIX.unpack(_read_exactly(stream, _PREFIX.size))
    if magic != _MAGIC or header_bytes > MAX_HEADER_BYTES or body_bytes > MAX_BODY_BYTES:
        raise FrameError(f"not a frame: {magic!r}, {header_bytes:,} and {body_bytes:,} bytes")
    header = json.loads(_read_exactly(stream, header_bytes))
    body = _read_exactly(stream, body_bytes)
    arrays, offset = {}, 0
    for name, dtype, shape in header.pop("arrays"):
        if dtype not in _DTYPES or any(side < 0 for side in shape):
            raise FrameError(f"an array of {dtype} {shape}")
        count = math.prod(shape)
        if offset + count * np.dtype(dtype).itemsize > body_bytes:
            raise FrameError(f"the array {name} {shape} is larger than the frame")
        arrays[name] = np.frombuffer(body, dtype, count, offset).reshape(shape)
        offset += arrays[name].nbytes
    return header, arrays


def _read_exactly(stream: BinaryIO, count: int) -> bytearray:
    data = bytearray(count)
    if stream.readinto(data) != count:
        raise FrameError("the stream ended")
    return data


# -- the client -----------------------------------------------------------------------------------


class Engine:
    """The child process as seen by the server: started when first needed, shared by all threads.

    One request runs at a time; the others wait. A child that has died is replaced and the request
    sent once more. A request that takes longer than `timeout` seconds ends the child.
    """

    def __init__(self, timeout: float = REQUEST_TIMEOUT):
        self._timeout = timeout
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._requests = 0
        self._warmed: set[str | None] = set()  # model paths; None stands for TensorFlow alone

    def predict(self, model_path: Path, images: np.ndarray) -> Prediction:
        """Class probabilities of `images` (uint8 (N, 28, 28), N ≥ 1) by a saved Keras model.

        Raises:
            EngineError: the model is missing, damaged or of another shape, or no answer came.
            ValueError: the images are not uint8 (N, 28, 28).
        """
        _require_images(images)
        started = time.perf_counter()
        _, arrays = self._ask("predict", {"model": _path(model_path)}, {"images": images})
        return Prediction(arrays["probabilities"], (time.perf_counter() - started) * 1000)

    def describe(self, config: TrainConfig) -> dict[str, Any]:
        """`layers` (see `fmnist.models.describe_model`), `parameters` and `macs_per_image`.

        Raises:
            EngineError: no network can be built from the config; the message says why.
        """
        answer, _ = self._ask("describe", {"config": config.to_json()})
        return answer

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
        _, arrays = self._ask("find_neighbours", header, {"images": images})
        return arrays["indices"], arrays["distances"]

    def warm(self, model_path: Path | None = None) -> None:
        """Have the child import TensorFlow, and load a model, while nobody waits.

        Returns at once, and does nothing when the same was asked of this child before. When the
        engine is busy it is warm already, or soon will be.
        """
        model = None if model_path is None else _path(model_path)
        if self.alive and model in self._warmed:
            return
        if not self._lock.acquire(blocking=False):
            return
        try:
            with contextlib.suppress(OSError):  # a dead child is replaced by the next request
                self._send(self._running(), "warm", {"model": model}, {})
                self._warmed |= {None, model}
        finally:
            self._lock.release()

    @property
    def alive(self) -> bool:
        process = self._process
        return process is not None and process.poll() is None

    @property
    def pid(self) -> int | None:
        """The child's process id, or None while there is none."""
        return self._process.pid if self.alive else None

    def close(self) -> None:
        """End the child. The next request starts another."""
        with self._lock:
            self._discard()

    def _ask(self, operation: str, header: dict[str, Any], arrays: Arrays | None = None) -> Answer:
        with self._lock:
            for _ in range(2):  # a child may have been killed: a fresh one gets a second chance
                try:
                    process = self._running()
                except OSError as error:
                    raise EngineError(
                        f"The model process could not be started ({error.strerror or error}): "
                        "close other programs, then try again."
                    ) from error
                timed_out = threading.Event()
                timer = threading.Timer(self._timeout, _end, (process, timed_out))
                timer.daemon = True
                timer.start()
                try:
                    number = self._send(process, operation, header, arrays or {})
                    answer, results = self._receive(process, number)
                except (OSError, ValueError):  # a FrameError, or a header that is no JSON
                    self._discard()
                    if timed_out.is_set():
                        raise EngineError(
                            f"The model process gave no answer within {self._timeout:g} s and was "
                            "ended; try again when the computer is less busy."
                        ) from None
                    continue
                finally:
                    timer.cancel()
                if "error" in answer:
                    raise EngineError(answer["error"])
                return answer, results
        raise EngineError(
            "The model process ended twice while answering; the terminal that runs the app may "
            "say why (too little memory?)."
        )

    def _running(self) -> subprocess.Popen[bytes]:
        if not self.alive:
            self._discard()
            self._process = _start_child()
        return self._process

    def _send(
        self,
        process: subprocess.Popen[bytes],
        operation: str,
        header: dict[str, Any],
        arrays: Arrays,
    ) -> int:
        self._requests += 1
        write_frame(
            process.stdin, {**header, "operation": operation, "number": self._requests}, arrays
        )
        return self._requests

    def _receive(self, process: subprocess.Popen[bytes], number: int) -> Answer:
        while True:
            answer, arrays = read_frame(process.stdout)
            if answer.pop("number") == number:  # else it answers a `warm`, which nobody awaits
                return answer, arrays

    def _discard(self) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        self._warmed = set()
        process.kill()
        process.wait()
        with contextlib.suppress(OSError):  # closing flushes, and nobody is there to read
            process.stdin.close()
        process.stdout.close()


def _end(process: subprocess.Popen[bytes], timed_out: threading.Event) -> None:
    timed_out.set()
    process.kill()


def _start_child() -> subprocess.Popen[bytes]:
    root = str(Path(__file__).resolve().parent.parent)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")])),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "KERAS_BACKEND": "tensorflow",
        # One small image is quicker on the processor, and a GPU belongs to the trainings.
        "CUDA_VISIBLE_DEVICES": "-1",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "fmnist.engine_child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _path(path: Path) -> str:
    return str(Path(path).resolve())


def _require_images(images: np.ndarray) -> None:
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (28, 28):
        raise ValueError(f"images are {images.dtype} {images.shape}; expected uint8 (N, 28, 28)")
    if not len(images):
        raise ValueError("images is empty; expected at least one")
