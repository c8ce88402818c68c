"""Start the queued trainings of a folder in order: `python -m fmnist.runs.dispatcher RUNS_DIR`.

One small process for a folder, however many wait: it has no TensorFlow, holds a lock that keeps a
second one from starting, and ends when nothing waits and nothing that it has started trains. It is
started by whoever queues a run and by whoever looks at one that waits (`queue.ensure_dispatcher`),
outlives the server, and records how a training ended that could not say so itself. Before, every
queued run was a process that waited for a file lock: simple, but 200 of them took 8 GB.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from pathlib import Path

import filelock

from fmnist.runs import store
from fmnist.runs.launch import BACKGROUND, choosing_variables, read_variables, start_in_background
from fmnist.runs.queue import (
    DISPATCHER,
    DISPATCHER_LOCK,
    LOOK_AT_QUEUE_EVERY,
    Queue,
    begin,
    cancel,
    granting,
)
from fmnist.runs.status import record_exit, write_sign_of_life
from fmnist.runs.store import Run

_ANOTHER_WITHIN = 0.5  # seconds that a lock is held at most by one who only looks
_LEISURE = 20  # a look is followed by a pause this many times as long, so that it costs 5 % at most


def serve(folder: Path) -> None:
    """Dispatch until nothing waits; returns at once where another process does so already."""
    # Whoever looks whether there is a dispatcher holds the lock for an instant.
    lock = filelock.FileLock(folder / DISPATCHER_LOCK, timeout=_ANOTHER_WITHIN)
    while folder.is_dir():
        try:
            with lock:
                _Dispatcher(folder).run()
        except filelock.Timeout:
            return
        # Somebody may have queued a run after the last look, and have found the lock held.
        if not any(run.status.pid is None for run in Queue(folder).look().waiting):
            return


class _Dispatcher:
    def __init__(self, folder: Path) -> None:
        self._queue = Queue(folder)
        self._folder = folder
        self._watchers: list[threading.Thread] = []

    def run(self) -> None:
        while self._folder.is_dir():
            began = time.monotonic()
            with contextlib.suppress(OSError):  # a full disk: it works all the same
                write_sign_of_life(self._folder / DISPATCHER)
            ours = None
            # Not to be had in time: whoever has it is suspended, or looks at thousands of runs.
            with contextlib.suppress(filelock.Timeout), granting(self._folder):
                ours = self._look()
            self._watchers = [watcher for watcher in self._watchers if watcher.is_alive()]
            if ours == [] and not self._watchers:
                return
            time.sleep(max(LOOK_AT_QUEUE_EVERY, _LEISURE * (time.monotonic() - began)))

    def _look(self) -> list[Run]:
        """Cancel what is to be cancelled, start what may begin; returns what waits for this."""
        found = self._queue.look()
        ours = [run for run in found.waiting if run.status.pid is None]
        for run in ours:
            if store.is_stop_requested(run.run_dir):
                cancel(run.run_dir)
        if found.next in ours and not store.is_stop_requested(found.next.run_dir):
            self._start(found.next)
        return ours

    def _start(self, run: Run) -> None:
        begin(run.run_dir)  # before there is a process: two would be worse than none
        ours = choosing_variables()
        others = {name: value for name, value in os.environ.items() if name not in ours}
        environment = others | read_variables(run)
        try:
            process = start_in_background(
                "train", run.run_dir, watched_by=BACKGROUND, environment=environment
            )
            if store.read_status(run.run_dir).is_live:  # else it has failed, and said why
                begin(run.run_dir, process.pid)
            run.file(store.VARIABLES_FILE).unlink(missing_ok=True)
        except store.RunsFolderError as error:
            store.write_status(
                run.run_dir, status="failed", finished_at=time.time(), message=str(error)
            )
            return
        watcher = threading.Thread(target=lambda: record_exit(run.run_dir, process.wait()))
        watcher.daemon = True  # a training goes on when its dispatcher is killed
        watcher.start()
        self._watchers.append(watcher)


def main() -> None:
    (folder,) = sys.argv[1:]
    os.environ["FMNIST_RUNS_DIR"] = folder
    serve(Path(folder))


if __name__ == "__main__":
    main()
