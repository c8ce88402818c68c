"""One process that holds TensorFlow, as its server sees it: started, asked, ended, replaced."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from contextvars import ContextVar
from typing import Any

import numpy as np
import psutil

from fmnist import PROJECT_ROOT, memory_limit
from fmnist.engine.frames import Answer, Arrays, read_frame, write_frame
from fmnist.engine.line import Dropped as Dropped
from fmnist.engine.line import EngineError as EngineError
from fmnist.engine.line import Line, Request
from fmnist.teacher_key import environment_without_key

_MUCH_MEMORY = 1_200_000_000  # bytes of an idle child for models from elsewhere; more is given back
_IDLE_AFTER = 10.0  # seconds
_LOOK_AGAIN = 0.1  # seconds between two looks at whether a request that waits is still wanted
_LAST_BREATH = 1.0  # seconds from a closed pipe to the exit code of a process that ends by itself
_CRASHED = {  # exit codes of a process that its model ended, as it does for want of memory
    -getattr(signal, name) for name in ("SIGABRT", "SIGSEGV", "SIGBUS") if hasattr(signal, name)
} | {memory_limit.OUT_OF_MEMORY}


# Of the thread that asks: whether anybody still waits for the answer, and who that is.
_IS_WANTED: ContextVar[Callable[[], bool]] = ContextVar("is_wanted", default=lambda: True)
_ASKER: ContextVar[Hashable] = ContextVar("asker", default=None)


@contextlib.contextmanager
def while_wanted(is_wanted: Callable[[], bool]) -> Iterator[None]:
    """What this thread asks in here is dropped, unless its turn has come, once this says no."""
    token = _IS_WANTED.set(is_wanted)
    try:
        yield
    finally:
        _IS_WANTED.reset(token)


@contextlib.contextmanager
def asked_by(asker: Hashable) -> Iterator[None]:
    """What this thread asks in here is asked by somebody, who has a fair share of the process."""
    token = _ASKER.set(asker)
    try:
        yield
    finally:
        _ASKER.reset(token)


class Child:
    """One process, and whoever waits for it.

    bound: tells how many bytes a new process may have. who: tells who asks, where the thread does
    not say so by `asked_by`. gives_back: whether a process that holds a
    lot of them while nobody asks is ended.
    """

    def __init__(
        self,
        timeout: float,
        bound: Callable[[], int],
        who: Callable[[], Hashable],
        gives_back: bool = False,
    ) -> None:
        self._timeout = timeout
        self._bound = bound
        self._who = who
        self._gives_back = gives_back
        self._most = 0  # bytes of the process that runs
        self._line = Line()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._requests = 0
        self._answered: int | None = None  # the process that has
        self._warmed: set[str | None] = set()  # model paths; None stands for TensorFlow alone
        self._to_warm: deque[str | None] = deque()
        self._is_warming = False

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
        process = self._process
        if self._is_warming and process is not None:
            process.kill()  # nobody awaits its answer
        with self._lock:
            self._to_warm.clear()
            self._discard()

    def warm(self, model: str | None) -> None:
        if self.alive and model in self._warmed:
            return
        self._to_warm.append(model)
        if not self._lock.acquire(blocking=False):
            return
        self._is_warming = True
        try:
            process = self._running()
            threading.Thread(target=self._warm_all, args=(process,), daemon=True).start()
        except (OSError, RuntimeError):  # no process, or no thread, to be had: a request will say
            self._is_warming = False
            self._lock.release()

    def _warm_all(self, process: subprocess.Popen[bytes]) -> None:
        """Have it warm all that waits for that; a dead one is replaced by the next request."""
        try:
            with contextlib.suppress(OSError, ValueError):
                while self._to_warm:
                    model = self._to_warm.popleft()
                    if model not in self._warmed:
                        with self._ended_in_time(process):
                            number = self._send(process, "warm", {"model": model}, {})
                            self._receive(process, number)
                        self._warmed |= {None, model}
                        self._answered = process.pid
        finally:
            self._is_warming = False
            self._lock.release()

    def ask(self, operation: str, header: dict[str, Any], arrays: Arrays | None = None) -> Answer:
        """The answer to one request; raises EngineError where there is none.

        Raises Dropped where its turn comes, or is awaited, when it is no longer wanted.
        """
        is_wanted = _IS_WANTED.get()
        asker = _ASKER.get() or self._who() or threading.get_ident()
        request = Request(asker, operation, header, arrays or {}, is_wanted)
        self._line.join(request)
        try:
            while not request.is_answered:
                request.stirred.wait(_LOOK_AGAIN)
                if not (request.is_answered or is_wanted()):
                    raise Dropped
                if self._line.is_led_by(request) and self._lock.acquire(timeout=_LOOK_AGAIN):
                    try:
                        self._serve(self._line.take())
                    finally:
                        self._lock.release()
        finally:
            self._line.leave(request)
        return request.answer()

    def _serve(self, together: list[Request]) -> None:
        """Have these answered, as one where they are several; the process is ours meanwhile."""
        started = time.monotonic()
        if len(together) > 1:
            self._predict_together(together)
        for request in together:
            if not request.is_answered:
                try:
                    found = self._answer(request.operation, request.header, request.arrays)
                except BaseException as error:  # noqa: BLE001 - raised again by whoever asked
                    request.settle(error)
                else:
                    request.settle(found)
        self._line.charge(together, time.monotonic() - started)

    def _predict_together(self, together: list[Request]) -> None:
        """Where that fails, they are left to be asked one by one: one of them may be to blame."""
        images = np.concatenate([request.arrays["images"] for request in together])
        with contextlib.suppress(EngineError):
            answer, results = self._answer("predict", together[0].header, {"images": images})
            start = 0
            for request in together:
                end = start + request.size
                request.settle((answer, {name: all_[start:end] for name, all_ in results.items()}))
                start = end

    def _answer(self, operation: str, header: dict[str, Any], arrays: Arrays) -> Answer:
        for _ in range(2):  # a child may have been killed: a fresh one gets a second chance
            try:
                process = self._running()
            except OSError as error:
                raise EngineError(
                    f"The model process could not be started ({error.strerror or error}): "
                    "close other programs, then try again."
                ) from error
            timed_out = threading.Event()
            try:
                with self._ended_in_time(process, timed_out):
                    number = self._send(process, operation, header, arrays)
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

    @contextlib.contextmanager
    def _ended_in_time(
        self, process: subprocess.Popen[bytes], timed_out: threading.Event | None = None
    ) -> Iterator[None]:
        """End the process, and say so, when what happens inside takes longer than it may."""
        timer = threading.Timer(self._timeout, _end, (process, timed_out or threading.Event()))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

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
            if answer.pop("number") == number:
                return answer, arrays

    def _give_back_when_idle(self, process: subprocess.Popen[bytes]) -> None:
        """End a process that holds a lot, unless it is asked again soon. TensorFlow keeps what it
        freed.
        """
        if not self._gives_back:
            return
        with contextlib.suppress(psutil.Error):
            if psutil.Process(process.pid).memory_info().rss > _MUCH_MEMORY:
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
        **environment_without_key(),
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
