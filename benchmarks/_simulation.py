"""How long a sweep takes on a cluster that nobody has here: a discrete-event simulation.

What it assumes:

- A node trains as many trials at once as it has places; all nodes are alike.
- The driver does one thing at a time, first come, first served: it sends a trial (`send` seconds of
  its own work), and takes in what a trial has left (`collect`). Twice a second it also looks at
  every trial that trains (`look` each), but spends no more than a fifth of its time on that.
- Between sending and training a trial needs `start` seconds on its node: a process, TensorFlow.
  The first one on a node waits `data` seconds longer for the dataset; nodes get it from each other,
  so that these waits overlap.
- A place is free again when its trial has been collected.
- A lost node never comes back. It is noticed after `notice` seconds; then its trials begin again
  from the start, before those that have not begun.
- Nothing else is slow: no network between head and nodes that all share, no search that thinks.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

LOOKS_A_SECOND = 2
_MOST_LOOKING = 0.2  # of the driver's time; `ray_cluster` sees to it


@dataclass(frozen=True)
class Overheads:
    """Seconds; see above."""

    send: float
    start: float
    data: float
    collect: float
    look: float = 0.0
    notice: float = 15.0


@dataclass(frozen=True)
class Outcome:
    """`seconds` in all; `trained` in trials that were not lost; the driver's `busy` fraction."""

    seconds: float
    trained: float
    lost: int
    busy: float

    def speed_up(self) -> float:
        """Against one place without any overhead."""
        return self.trained / self.seconds


@dataclass
class _Node:
    name: int
    has_data: bool = False
    is_lost: bool = False
    live: set[int] = field(default_factory=set)


class Simulation:
    """One sweep. trials: seconds that each trains; losses: when which node is lost."""

    def __init__(
        self,
        trials: Sequence[float],
        nodes: int,
        overheads: Overheads,
        places: int = 1,
        losses: Mapping[int, float] | None = None,
    ) -> None:
        self._trials, self._overheads = trials, overheads
        self._nodes = [_Node(name) for name in range(nodes)]
        self._free = deque(node for _ in range(places) for node in self._nodes)
        self._waiting = deque(range(len(trials)))
        self._attempt = dict.fromkeys(range(len(trials)), 0)
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._now = self._driver_free_at = self._busy = 0.0
        self._ended, self._lost, self._last = 0, 0, 0.0
        for name, at in (losses or {}).items():
            self._at(at, lambda node=self._nodes[name]: self._lose(node))

    def run(self) -> Outcome:
        self._fill()
        while self._events and self._ended < len(self._trials):
            self._now, _, happen = heapq.heappop(self._events)
            happen()
        if self._ended < len(self._trials):
            raise ValueError("every node was lost before the end")
        return Outcome(self._last, sum(self._trials), self._lost, self._busy / self._last)

    def _at(self, when: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._events, (when, next(self._order), happen))

    def _have_driver(self, seconds: float, then: Callable[[], None]) -> None:
        live = sum(len(node.live) for node in self._nodes)
        looking = min(live * self._overheads.look * LOOKS_A_SECOND, _MOST_LOOKING)
        seconds /= 1 - looking
        self._driver_free_at = max(self._driver_free_at, self._now) + seconds
        self._busy += seconds
        self._at(self._driver_free_at, then)

    def _fill(self) -> None:
        while self._waiting and self._free:
            node = self._free.popleft()
            if not node.is_lost:
                self._send(self._waiting.popleft(), node)

    def _send(self, trial: int, node: _Node) -> None:
        node.live.add(trial)
        attempt = self._attempt[trial]

        def begin() -> None:
            if self._attempt[trial] != attempt:
                return
            waits = self._overheads.start + (0.0 if node.has_data else self._overheads.data)
            node.has_data = True
            self._at(self._now + waits + self._trials[trial], end)

        def end() -> None:
            if self._attempt[trial] == attempt:
                self._have_driver(self._overheads.collect, take_in)

        def take_in() -> None:
            if self._attempt[trial] != attempt:
                return
            node.live.discard(trial)
            self._ended += 1
            self._last = self._now
            self._free.append(node)
            self._fill()

        self._have_driver(self._overheads.send, begin)

    def _lose(self, node: _Node) -> None:
        node.is_lost = True
        gone, node.live = sorted(node.live), set()
        self._lost += len(gone)
        for trial in gone:
            self._attempt[trial] += 1

        def notice() -> None:
            self._waiting.extendleft(reversed(gone))
            self._fill()

        self._at(self._now + self._overheads.notice, notice)
