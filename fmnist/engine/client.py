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

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from fmnist import PROJECT_ROOT, memory_limit
from fmnist.data.dataset import STANDARD
from fmnist.engine.frames import Answer, Arrays, read_frame, write_frame

REQUEST_TIMEOUT = 90.0  # seconds; the first request may wait for TensorFlow's import
IMPORTED_TIMEOUT = 60.0  # of an imported model
# Passed on with a request, as this process may have changed them since the child started.
DATA_VARIABLES = ("FMNIST_DATA_DIR", "FMNIST_DATASETS_DIR", "FMNIST_CACHE_DIR")

_MUCH_MEMORY = 1_200_000_000  # bytes of an idle child for models from elsewhere; more is given back
_IDLE_AFTER = 10.0  # seconds
_LAST_BREATH = 1.0  # seconds from a closed pipe to the exit code of a process that ends by itself
_CRASHED = {  # exit codes of a process that its model ended, as it does for want of memory
    -getattr(signal, name) for name in ("SIGABRT", "SIGSEGV", "SIGBUS") if hasattr(signal, name)
} | {memory_limit.OUT_OF_MEMORY}


class EngineError(ValueError):
    """A request that cannot be answered; the message is one sentence for the person who asked."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """`probabilities` float32 (N, 10); `milliseconds` from the call to its answer."""

    probabilities: np.ndarray
    milliseconds: float


class Engine:
    """TensorFlow as seen by the server: started when first needed, shared by all threads.

    A child answers one request at a time; the others wait. One that has died is replaced and the
    request sent once more. A request that takes longer than `timeout` seconds (`IMPORTED_TIMEOUT`
    at most, of an imported model), or more memory than the child may have, ends the child
    and gives its memory back.
    """

    def __init__(self, timeout: float = REQUEST_TIMEOUT):
        self._own = _Child(timeout, memory_limit.bound)
        self._imported = _Child(
            min(timeout, IMPORTED_TIMEOUT), memory_limit.bound_of_one, gives_back=True
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

    def _child_for(self, model_path: Path) -> _Child:
        """Whom to ask: what lies in a run folder was trained here, unless it says otherwise."""
        folder = Path(model_path).parent
        is_own = (folder / "config.json").is_file() and not (folder / "own_model.json").is_file()
        return self._own if is_own else self._imported


class _Child:
    """One process, and whoever waits for it.

    bound: tells how many bytes a new process may have. gives_back: whether a process that holds a
    lot of them while nobody asks is ended.
    """

    def __init__(self, timeout: float, bound: Callable[[], int], gives_back: bool = False):
        self._timeout = timeout
        self._bound = bound
        self._gives_back = gives_back
        self._most = 0  # bytes of the process that runs
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._requests = 0
        self._answered: int | None = None  # the process that has
        self._warmed: set[str | None] = set()  # model paths; None stands for TensorFlow alone

    @property
    def alive(self) -> bool:
        return self.pid is not None

    @property
    def is_awake(self) -> bool:
        return self.pid is not None and self.pid == self._answered

    @property
    def pid(self) -> int | None:
        process = self._process  # another thread may end it meanwhile
        return process.pid if process is not None and process.poll() is None else None

    def close(self) -> None:
        with self._lock:
            self._discard()

    def warm(self, model: str | None) -> None:
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

    def ask(self, operation: str, header: dict[str, Any], arrays: Arrays | None = None) -> Answer:
        """The answer to one request; raises EngineError where there is none."""
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
                    code = self._discard(_LAST_BREATH)
                    if timed_out.is_set():
                        raise EngineError(
                            f"The model process did not answer within {self._timeout:g} s and was "
                            "ended; the model is too slow for this computer, or the computer "
                            "too busy."
                        ) from None
                    if code in _CRASHED:
                        raise EngineError(self._too_much()) from None
                    continue
                finally:
                    timer.cancel()
                if answer.get("out_of_memory"):
                    self._discard()  # with all that it still holds
                    raise EngineError(self._too_much())
                self._answered = process.pid
                self._give_back_when_idle(process)
                if "error" in answer:
                    raise EngineError(answer["error"])
                return answer, results
        raise EngineError(
            "The model process ended twice while predicting; the terminal that runs the app may "
            "say why (too little memory?)."
        )

    def _too_much(self) -> str:
        return (
            f"This prediction needs more than {self._most / 1e9:.1f} GB of memory, the limit "
            "here, so its process was ended."
        )

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or not self.alive:
            self._discard()
            self._most = self._bound()
            self._process = _start_child(self._most)
        return self._process

    def _send(
        self,
        process: subprocess.Popen[bytes],
        operation: str,
        header: dict[str, Any],
        arrays: Arrays,
    ) -> int:
        assert process.stdin  # a pipe
        self._requests += 1
        write_frame(
            process.stdin, {**header, "operation": operation, "number": self._requests}, arrays
        )
        return self._requests

    def _receive(self, process: subprocess.Popen[bytes], number: int) -> Answer:
        assert process.stdout  # a pipe
        while True:
            answer, arrays = read_frame(process.stdout)
            if answer.pop("number") == number:  # else it answers a `warm`, which nobody awaits
                return answer, arrays

    def _give_back_when_idle(self, process: subprocess.Popen[bytes]) -> None:
        """End a process that holds a lot, unless it is asked again soon. TensorFlow keeps what it
        freed.
        """
        with contextlib.suppress(psutil.Error):
            memory = psutil.Process(process.pid).memory_info().rss
            if self._gives_back and memory > _MUCH_MEMORY:
                timer = threading.Timer(_IDLE_AFTER, self._end_if_idle, (self._requests,))
                timer.daemon = True
                timer.start()

    def _end_if_idle(self, requests: int) -> None:
        if self._lock.acquire(blocking=False):
            try:
                if self._requests == requests:
                    self._discard()
            finally:
                self._lock.release()

    def _discard(self, wait: float = 0.0) -> int | None:
        """End the process, which has `wait` seconds to do so by itself; returns its exit code."""
        if self._process is None:
            return None
        process, self._process = self._process, None
        self._warmed = set()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(wait)
        process.kill()
        code = process.wait()
        assert process.stdin and process.stdout  # both are pipes
        with contextlib.suppress(OSError):  # closing flushes, and nobody is there to read
            process.stdin.close()
        process.stdout.close()
        return code


def _end(process: subprocess.Popen[bytes], timed_out: threading.Event) -> None:
    timed_out.set()
    process.kill()


def _start_child(most_bytes: int) -> subprocess.Popen[bytes]:
    root = str(PROJECT_ROOT)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")])),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "KERAS_BACKEND": "tensorflow",
        # One small image is quicker on the processor, and a GPU belongs to the trainings.
        "CUDA_VISIBLE_DEVICES": "-1",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "fmnist.engine.server", str(most_bytes)],
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
