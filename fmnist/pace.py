"""How often the live parts of pages look, by how many there are.

One person sees a change at once; a hundred who look as often would leave the computer no time to
train. So all looks of one kind together are held to a number a second.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable

_GONE_AFTER = 3.0  # intervals without a look, of somebody who has closed the page
_STEP = 1.1  # times longer or shorter; smaller changes are not worth telling a browser


class Pace:
    """The interval between two looks of one person at one kind of live part.

    usual: seconds, while few look. most: looks a second of all of them together.
    """

    def __init__(
        self, usual: float, most: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._usual = usual
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._looks: dict[Hashable, tuple[float, float]] = {}  # last look, its interval

    def look(self, viewer: Hashable) -> float:
        """Note that somebody looks; seconds until they should again."""
        with self._lock:
            now = self._clock()
            _, before = self._looks.get(viewer, (now, self._usual))
            self._looks[viewer] = now, before
            self._looks = {
                other: (moment, interval)
                for other, (moment, interval) in self._looks.items()
                if now - moment <= _GONE_AFTER * interval
            }
            wanted = max(self._usual, len(self._looks) / self._most)
            if wanted == self._usual or not before / _STEP < wanted < before * _STEP:
                before = round(wanted, 2)
            self._looks[viewer] = now, before
            return before

    def is_crowded(self) -> bool:
        """Whether so many look that they cannot do so as often as usual."""
        with self._lock:
            return len(self._looks) > self._usual * self._most
