"""Waiting for a turn: a few trainings at once, first come, first served.

There is no scheduler: every waiting run is a small process that watches the runs folder.
"""

from __future__ import annotations

import time
from pathlib import Path

import filelock

from fmnist import runs, settings

LOOK_FOR_TURN_EVERY = 0.3  # seconds
QUEUE_HEARTBEAT_EVERY = 30.0  # seconds; how a computer that shares the folder sees a waiting run


def wait_for_turn(run_dir: Path) -> bool:
    """Wait until this run may train, and mark it running; False when it was cancelled or deleted.

    At most `parallel_trainings` runs of the folder train at once. A file lock alone is not first
    come, first served: a waiting run goes on only when it is the oldest.
    """
    try:
        return _wait(run_dir)
    except FileNotFoundError:
        if run_dir.is_dir():
            raise
        return False


def _wait(run_dir: Path) -> bool:
    lock = filelock.FileLock(run_dir.parent / ".queue.lock")
    finished: set[Path] = set()
    next_heartbeat = time.monotonic() + QUEUE_HEARTBEAT_EVERY
    while not runs.is_stop_requested(run_dir):
        if runs.read_status(run_dir).status != "queued":
            # A reader took this process for dead, as it may when the clock was set.
            runs.write_status(run_dir, status="queued", finished_at=None, message="")
            runs.claim_run(run_dir)
        with lock:
            if _is_next(run_dir, finished):
                now = time.time()
                runs.write_status(
                    run_dir,
                    status="running",
                    started_at=now,
                    heartbeat_at=now,
                    message="loading TensorFlow",
                )
                return True
        if time.monotonic() > next_heartbeat:
            next_heartbeat += QUEUE_HEARTBEAT_EVERY
            runs.write_status(run_dir, heartbeat_at=time.time())
        time.sleep(LOOK_FOR_TURN_EVERY)
    runs.write_status(
        run_dir,
        status="stopped",
        finished_at=time.time(),
        message="Cancelled before it started.",
    )
    return False


def _is_next(run_dir: Path, finished: set[Path]) -> bool:
    """Whether a place is free and no older run waits. `finished` remembers who need not be read."""
    live = []
    for entry in run_dir.parent.iterdir():
        if entry in finished or entry.name.startswith(".") or not entry.is_dir():
            continue
        run = runs.read_run(entry)
        if run.is_training:
            live.append(run)
        elif not run.damaged and entry != run_dir:
            finished.add(entry)
    running = [run for run in live if run.status.status == "running"]
    waiting = runs.queue(live)
    has_place = len(running) < settings.read_parallel_trainings()
    return has_place and bool(waiting) and waiting[0].run_id == run_dir.name
