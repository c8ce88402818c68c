"""The queue: a few trainings at once. Persons take turns, unless somebody moves a training up.

Each person's trainings are first come, first served; with one person, so is the queue.

What is queued from the app has no process and costs nothing: one small process for the whole
folder, the dispatcher (`dispatcher.py`), starts each when it is first in the queue. A
training that somebody waits for at a terminal waits in the same queue, in the process of its
command.
"""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import filelock
import psutil

from fmnist.runs import launch, settings, store
from fmnist.runs.exit_reason import describe_exit
from fmnist.runs.folder import cannot_write
from fmnist.runs.status import find_process, read_status
from fmnist.runs.store import Run

LOOK_AT_QUEUE_EVERY = 0.3  # seconds
QUEUE_HEARTBEAT_EVERY = 10.0  # seconds; how others see that a waiting process is well
DISPATCHER_LOCK = ".dispatcher.lock"  # held by the one there is
DISPATCHER = ".dispatcher"  # the folder in which it gives its sign of life
_GRANTED_WITHIN = 2.0  # seconds; one look at the queue takes far less
TRY_AGAIN_AFTER = 10.0  # seconds; a dispatcher that has ended by then could not begin

_looking = threading.Lock()
# Those that this process has started, and when.
_dispatchers: dict[Path, tuple[subprocess.Popen[bytes], float]] = {}


class Waiting(NamedTuple):
    """The trainings of a runs folder that have not ended."""

    running: list[Run]  # the first to begin comes first
    waiting: list[Run]  # in the order in which they are to begin

    @property
    def up_next(self) -> Run | None:
        """Which run begins when a place is free: the first waiting one.

        One whose process hangs is passed over until it stirs.
        """
        return next((run for run in self.waiting if not run.is_silent), None)

    @property
    def next(self) -> Run | None:
        """Which run may begin now, if there is one and a place is free."""
        is_full = len(self.running) >= settings.read_parallel_trainings()
        return None if is_full else self.up_next


def list_queued(runs: list[Run] | None = None) -> list[Run]:
    """The queued trainings, the next one first: in the order set by hand, then the owners in turn.

    Whose last training began longest ago is first in each round.
    """
    everything = store.list_runs() if runs is None else runs
    waiting = [
        run
        for run in everything
        if run.is_training and not run.is_remote and run.status.status == "queued"
    ]
    waiting.sort(key=lambda run: (run.status.queued_at or 0.0, run.run_id))
    if len(waiting) < 2:
        return waiting
    order = {run_id: place for place, run_id in enumerate(settings.read_queue_order())}
    served = {owner: turn for turn, owner in enumerate(settings.read_queue_served())}
    by_hand = sorted(
        (run for run in waiting if run.run_id in order), key=lambda run: order[run.run_id]
    )
    rounds = Counter[str]()
    in_turn = []
    for run in waiting:
        if run.run_id not in order:
            owner = run.status.owner
            in_turn.append(((rounds[owner], served.get(owner, -1)), run))
            rounds[owner] += 1
    in_turn.sort(key=lambda one: one[0])  # stable: first come, first served
    return by_hand + [run for _, run in in_turn]


class Queue:
    """The queue of a runs folder, read again and again; runs that have ended are read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ended: set[Path] = set()

    def look(self) -> Waiting:
        """What has not ended now. Raises OSError where the folder cannot be read."""
        live = []
        for entry in self._folder.iterdir():
            if entry in self._ended or not (store.RUN_ID.fullmatch(entry.name) and entry.is_dir()):
                continue
            run = store.reconcile_run(entry)
            if run.is_training:
                live.append(run)
            elif not run.damaged:
                self._ended.add(entry)
        running = sorted(
            (run for run in live if run.status.status == "running" and not run.is_remote),
            key=lambda run: (run.status.started_at or 0.0, run.run_id),
        )
        return Waiting(running, list_queued(live))

    def move_up(self, run_id: str) -> None:
        """Have a waiting run begin before the one that is before it now.

        One that is first, or waits no more by now, stays as it is.

        Raises:
            RunsFolderError: the folder cannot be written.
        """
        try:
            with granting(self._folder):  # while nothing can begin
                order = [run.run_id for run in self.look().waiting]
                if run_id in order[1:]:
                    place = order.index(run_id)
                    order[place - 1 : place + 1] = run_id, order[place - 1]
                    settings.write_queue_order(order)
        except filelock.Timeout:
            raise store.RunsFolderError(
                "Another process is at the queue and does not let go of it. Try again in a moment."
            ) from None
        except OSError as error:
            raise cannot_write(self._folder, error) from error

    def forget_ended(self) -> None:
        """Read every run again at the next look."""
        self._ended.clear()


def granting(folder: Path) -> filelock.BaseFileLock:
    """To be held by whoever looks at the queue and lets a run begin, or takes one out.

    Raises filelock.Timeout, an OSError, where somebody holds it who has been suspended.
    """
    return filelock.FileLock(folder / ".queue.lock", timeout=_GRANTED_WITHIN)


def begin(run_dir: Path, pid: int | None = None) -> store.Status:
    """Mark a run as running, and a process, or else this one, as the one that trains it."""
    before = store.read_status(run_dir)
    started_at = before.started_at or time.time()
    with contextlib.suppress(store.RunsFolderError):  # unfair for once, and no reason not to train
        settings.write_queue_served(before.owner)
    return store.claim_run(
        run_dir,
        pid,
        status="running",
        started_at=started_at,
        finished_at=None,
        message="loading TensorFlow",
    )


def cancel(run_dir: Path) -> None:
    """Take a waiting run out of the queue."""
    store.write_status(
        run_dir,
        status="stopped",
        finished_at=time.time(),
        message="Cancelled before it started.",
    )


def wait_in_queue(run_dir: Path) -> bool:
    """Wait until this run may train, and mark it running; False when it was cancelled or deleted.

    For the process that has claimed it.
    """
    try:
        return _wait(run_dir)
    except FileNotFoundError:
        if run_dir.is_dir():
            raise
        return False


def _wait(run_dir: Path) -> bool:
    queue = Queue(run_dir.parent)
    next_heartbeat = time.monotonic() + QUEUE_HEARTBEAT_EVERY
    while not store.is_stop_requested(run_dir):
        if store.read_status(run_dir).status != "queued":
            # A reader took this process for dead, as it may when the clock was set.
            store.claim_run(run_dir, status="queued", finished_at=None, message="")
            queue.forget_ended()
        with contextlib.suppress(filelock.Timeout), granting(run_dir.parent):
            found = queue.look()
            if found.next and found.next.run_id == run_dir.name:
                begin(run_dir)
                return True
        keep_moving(store.list_runs())
        if time.monotonic() > next_heartbeat:
            next_heartbeat += QUEUE_HEARTBEAT_EVERY
            store.write_status(run_dir, heartbeat_at=time.time())
        time.sleep(LOOK_AT_QUEUE_EVERY)
    cancel(run_dir)
    return False


def keep_moving(everything: list[Run]) -> None:
    """See that what waits has its dispatcher; to be called by whoever looks at the runs.

    Raises RunsFolderError as `ensure_dispatcher` does.
    """
    if any(run.status.pid is None for run in list_queued(everything)):
        ensure_dispatcher()


def ensure_dispatcher() -> None:
    """See that the runs folder has its dispatcher; to be called by whoever queues a run.

    Raises:
        RunsFolderError: it cannot be started; the message says why.
    """
    with _looking:
        _ensure_dispatcher(store.runs_dir().resolve())


def _ensure_dispatcher(folder: Path) -> None:
    log = folder / ".dispatcher.log"
    started, began = _dispatchers.get(folder, (None, 0.0))
    if started and started.poll() is None:
        _end_hung_dispatcher(folder)
        return
    could_not_begin = time.monotonic() - began < TRY_AGAIN_AFTER
    if started and (started.returncode or 0) > 0 and could_not_begin:
        raise store.RunsFolderError(describe_exit(started.returncode, log, "queue's"))
    try:
        if _has_dispatcher(folder):
            _end_hung_dispatcher(folder)
            return
        with log.open("wb") as file:
            started = launch.start_process(
                "fmnist.runs.dispatcher",
                folder,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
    except OSError as error:
        raise store.RunsFolderError(
            f"The queue's process could not be started ({error.strerror or error}). Free some "
            f"space or allow writing in {folder}, then look again."
        ) from error
    _dispatchers[folder] = (started, time.monotonic())


def _end_hung_dispatcher(folder: Path) -> None:
    """Kill one that has been suspended, and so holds its lock and starts nothing.

    What it has started goes on; whoever looks next starts another one.
    """
    with contextlib.suppress(OSError, ValueError, psutil.Error):
        status = read_status(folder / DISPATCHER)
        process = find_process(status)
        if process and status.is_silent:
            process.kill()


def _has_dispatcher(folder: Path) -> bool:
    try:
        with filelock.FileLock(folder / DISPATCHER_LOCK, blocking=False):
            return False
    except filelock.Timeout:
        return True
