"""Who is answered next by a process that answers one request at a time.

It is fair: whoever has had the least of the process lately comes first, so that thirty drawings are
not kept waiting by one person's long questions. What asks the same of the same model while it waits
is asked at once, and what nobody waits for any more is left out. No thread of its own works the
line: of those that wait, one leads and has the process serve whoever is next.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from fmnist.engine.frames import Answer, Arrays

MOST_TOGETHER = 250  # images of one call; as many as the process gives its model at once
HALF_LIFE = 5.0  # seconds in which half of what somebody has had is forgotten


class EngineError(ValueError):
    """A request that cannot be answered; the message is one sentence for the person who asked."""


class Dropped(EngineError):
    """Nobody waits for this answer any more, so it was not asked for."""


@dataclass(eq=False)
class Request:
    """One question, by whom, and, once it `is_answered`, its answer or what went wrong."""

    asker: Hashable
    operation: str
    header: dict[str, Any]
    arrays: Arrays
    is_wanted: Callable[[], bool] = lambda: True
    is_answered: bool = False
    stirred: threading.Event = field(default_factory=threading.Event)  # answered, or leads
    _found: Answer | BaseException | None = None

    @property
    def kind(self) -> Hashable:
        """What may be asked together has the same."""
        return self.header["model"] if self.operation == "predict" else self

    @property
    def size(self) -> int:
        """How many images it is about."""
        return len(self.arrays["images"]) if self.operation == "predict" else 1

    def settle(self, found: Answer | BaseException) -> None:
        self._found, self.is_answered = found, True
        self.stirred.set()

    def answer(self) -> Answer:
        """Of a request that is answered; raises what went wrong."""
        if isinstance(self._found, BaseException):
            raise self._found
        assert self._found is not None  # it is answered
        return self._found


class Line:
    """Who waits."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: list[Request] = []
        self._leader: Request | None = None
        self._had: dict[Hashable, tuple[float, float]] = {}  # seconds of the process; as of when

    def join(self, request: Request) -> None:
        with self._lock:
            self._waiting.append(request)
            if self._leader is None:
                self._lead(request)

    def is_led_by(self, request: Request) -> bool:
        return self._leader is request

    def leave(self, request: Request) -> None:
        """Answered or not; where it led, another one does."""
        with self._lock:
            if request in self._waiting:
                self._waiting.remove(request)
            if self._leader is request:
                self._leader = None
                if self._waiting:
                    self._lead(self._waiting[0])

    def take(self) -> list[Request]:
        """Whoever is next, and all who ask the same of the same model; none where nobody waits."""
        with self._lock:
            unwanted = [request for request in self._waiting if not request.is_wanted()]
            for request in unwanted:
                self._waiting.remove(request)
                request.settle(Dropped())
            if not self._waiting:
                return []
            first = min(self._waiting, key=lambda request: self._share(request.asker))
            together, size = [first], first.size
            for request in self._waiting:
                fits = size + request.size <= MOST_TOGETHER
                if request is not first and request.kind == first.kind and fits:
                    together.append(request)
                    size += request.size
            self._waiting = [request for request in self._waiting if request not in together]
            return together

    def charge(self, together: list[Request], seconds: float) -> None:
        """What the process took for these, whom it was shared by."""
        with self._lock:
            now = self._clock()
            for request in together:
                had = self._share(request.asker) + seconds / len(together)
                self._had[request.asker] = had, now
            if len(self._had) > 1000:
                self._had = {
                    asker: kept
                    for asker, kept in self._had.items()
                    if now - kept[1] < 10 * HALF_LIFE
                }

    def _share(self, asker: Hashable) -> float:
        """Seconds that somebody has had lately."""
        had, moment = self._had.get(asker, (0.0, 0.0))
        return had * 0.5 ** ((self._clock() - moment) / HALF_LIFE)

    def _lead(self, request: Request) -> None:
        self._leader = request
        request.stirred.set()
