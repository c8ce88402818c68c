"""Imported models that are to be checked: a few have a process, the others wait without one.

Each process takes memory while it waits for the check before it, and a class uploads at once.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from fmnist.runs import jobs, store

MOST_AT_ONCE = 4  # processes that one server starts; one of them checks, see `check.py`
_FORGOTTEN_AFTER = 60.0  # seconds without a process; whoever was to start it may be gone


class Line:
    """The imports that one server is to start, first come, first served."""

    def __init__(self, places: int = MOST_AT_ONCE) -> None:
        self._free = places
        self._waiting: deque[store.Run] = deque()
        self._begun: list[Path] = []  # those with a process, which may not say so yet
        self._lock = threading.Lock()

    def add(self, run: store.Run) -> None:
        """Start the check of a run that is queued, now or when there is a place.

        Raises RunsFolderError where no process could be started now.
        """
        with self._lock:
            has_place = self._join(run)
        if has_place:
            self._begin(run)

    def _join(self, run: store.Run) -> bool:
        """Whether it can begin; else it waits. The lock is held."""
        if not self._free:
            self._waiting.append(run)
            return False
        self._free -= 1
        self._begun.append(run.run_dir)
        return True

    def _begin(self, run: store.Run) -> None:
        try:
            watcher = jobs.start_and_watch(run, "import-model")
        except store.RunsFolderError:
            self._hand_on(run, None)
            raise
        self._hand_on(run, watcher)

    def take_up(self, everything: Iterable[store.Run]) -> None:
        """Add what waits and was forgotten, as by a server that has ended.

        Another server may still have it in its line: whose turn comes first starts it.
        """
        for run in everything:
            if run.imported_model and _waits(run) and _is_forgotten(run):
                with self._lock:
                    known = [*self._begun, *(waiting.run_dir for waiting in self._waiting)]
                    has_place = run.run_dir not in known and self._join(run)
                if has_place:
                    with contextlib.suppress(store.RunsFolderError):  # tried again at the next look
                        self._begin(run)

    def _hand_on(self, run: store.Run, watcher: threading.Thread | None) -> None:
        """When this one has ended, give its place to the next, and so on."""

        def work() -> None:
            ends, now = run, watcher
            while True:
                if now:
                    now.join()
                with self._lock:
                    self._begun.remove(ends.run_dir)
                    if not self._waiting:
                        self._free += 1
                        return
                    ends = self._waiting.popleft()
                    self._begun.append(ends.run_dir)
                now = _start(ends)

        threading.Thread(target=work, daemon=True).start()


def _start(run: store.Run) -> threading.Thread | None:
    """None where it waits no more, or no process is to be had, as its status then says."""
    try:
        run = store.read_run(run.run_dir)
        return jobs.start_and_watch(run, "import-model") if _waits(run) else None
    except store.RunsFolderError as error:
        with contextlib.suppress(OSError, ValueError):  # the folder is gone: nobody left to tell
            store.write_status(
                run.run_dir, status="failed", finished_at=time.time(), message=str(error)
            )
    return None


def _waits(run: store.Run) -> bool:
    is_queued = run.status.status == "queued" and run.status.pid is None
    return is_queued and not run.damaged and not store.is_stop_requested(run.run_dir)


def _is_forgotten(run: store.Run) -> bool:
    return time.time() - (run.status.queued_at or 0.0) > _FORGOTTEN_AFTER
