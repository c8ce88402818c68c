"""What many look at, read once for all of them.

Thirty people who watch one training look at the same files, each at a moment of their own. Whoever
comes first after a change reads, the others take what was found, also those who come while it is
being read. Nobody is given the same twice: who looks again reads again, and so one's own change is
always seen, and so is what leaves no trace in a file, such as a process that is gone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

_Found = TypeVar("_Found")

GOOD_FOR = 2.0  # seconds; what has been found is never older
_MOST = 200  # things that are remembered


@dataclass(eq=False)
class _Look(Generic[_Found]):
    lock: threading.Lock = field(default_factory=threading.Lock)
    state: Hashable = None
    found: _Found | None = None
    moment: float = 0.0
    seen_by: set[Hashable] = field(default_factory=set)


class Shared(Generic[_Found]):
    """What was found about things, for all threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._looks: dict[Hashable, _Look[_Found]] = {}

    def get(
        self,
        thing: Hashable,
        state: Callable[[], Hashable],
        viewer: Hashable,
        read: Callable[[], _Found],
    ) -> _Found:
        """What `read` finds, or found for another viewer while `state` was the same as now.

        state: quick to tell, e.g. the times and sizes of the files that are read.
        """
        with self._lock:
            if thing not in self._looks and len(self._looks) >= _MOST:
                self._looks.clear()
            look = self._looks.setdefault(thing, _Look())
        with look.lock:
            now, before = self._clock(), state()
            is_good = look.found is not None and look.state == before
            if is_good and viewer not in look.seen_by and now - look.moment < GOOD_FOR:
                look.seen_by.add(viewer)
                assert look.found is not None
                return look.found
            found = read()
            look.state, look.found, look.moment = before, found, now
            look.seen_by = {viewer}
            return found
