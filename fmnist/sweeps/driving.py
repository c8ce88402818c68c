"""See that a sweep has its driver, resume it, cancel it: for pages and commands, without Optuna."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from pathlib import Path

import filelock
import psutil

from fmnist.runs import store
from fmnist.runs.exit_reason import describe_exit
from fmnist.runs.folder import cannot_write
from fmnist.runs.launch import BACKGROUND, start_in_background
from fmnist.runs.status import find_process, process_is_alive, read_status
from fmnist.sweeps.sweep import Sweep, SweepState, create_sweep, read_sweep, sweeps_dir

LOCK = ".driver.lock"  # held by the driver there is
_TRY_AGAIN_AFTER = 10.0  # seconds; a driver that has ended by then could not begin

_LOOK_EVERY = 1.0  # seconds

_looked_at = -_LOOK_EVERY
_looking = threading.Lock()
# Those that this process has started, and when.
_drivers: dict[Path, tuple[subprocess.Popen[bytes], float]] = {}


def start_sweep(sweep: Sweep, owner: str = "") -> SweepState:
    """Make a sweep's folder and start its driver. owner: who starts it. Raises RunsFolderError."""
    state = create_sweep(sweep, owner)
    ensure_driver(state)
    return state


def keep_driving() -> None:
    """See that every sweep that is not over has its driver.

    To be called by whoever looks at a page; in one process, at most once a second does work.
    """
    global _looked_at
    if time.monotonic() - _looked_at < _LOOK_EVERY:
        return
    _looked_at = time.monotonic()
    for folder in _list_live():
        with contextlib.suppress(store.RunsFolderError):  # its status then says why
            ensure_driver(read_sweep(folder))


def _list_live() -> list[Path]:
    live = []
    with contextlib.suppress(OSError):
        for folder in sweeps_dir().iterdir():
            with contextlib.suppress(OSError, ValueError):
                if read_status(folder).is_live:
                    live.append(folder)
    return live


def ensure_driver(state: SweepState) -> None:
    """See that a sweep that is not over has its driver.

    Raises:
        RunsFolderError: it cannot be started; the message says why.
    """
    with _looking:
        folder = state.folder.resolve()
        started, began = _drivers.get(folder, (None, 0.0))
        if started and started.poll() is None:
            return
        could_not_begin = time.monotonic() - began < _TRY_AGAIN_AFTER
        if started and (started.returncode or 0) > 0 and could_not_begin:
            message = describe_exit(started.returncode, folder / "log.txt", "sweep's")
            with contextlib.suppress(OSError, ValueError):
                if read_status(folder).is_live:  # else it has said why itself
                    store.write_status(
                        folder, status="failed", finished_at=time.time(), message=message
                    )
            raise store.RunsFolderError(message)
        if not _is_needed(folder):
            return
        process = start_in_background("sweep", folder, watched_by=BACKGROUND)
        _drivers[folder] = (process, time.monotonic())


def _is_needed(folder: Path) -> bool:
    try:
        status = read_status(folder)
    except (OSError, ValueError):
        return False
    if not status.is_live:
        return False
    if status.pid is not None and process_is_alive(status):
        process = find_process(status)
        if not (process and status.is_silent):
            return False
        with contextlib.suppress(psutil.Error):
            process.kill()  # suspended: it holds its lock and decides nothing
    return not _has_driver(folder)


def _has_driver(folder: Path) -> bool:
    try:
        with filelock.FileLock(folder / LOCK, blocking=False):
            return False
    except filelock.Timeout:
        return True


def resume(state: SweepState) -> None:
    """Go on with a sweep that was cancelled, paused or has failed. Raises RunsFolderError."""
    folder = state.folder
    try:
        for name in ("stop", "pause"):
            (folder / name).unlink(missing_ok=True)
        if not read_status(folder).is_live:
            store.write_status(folder, status="queued", pid=None, finished_at=None, message="")
    except (OSError, ValueError) as error:
        reason = error if isinstance(error, OSError) else OSError(str(error))
        raise cannot_write(folder, reason) from error
    _drivers.pop(folder.resolve(), None)
    ensure_driver(read_sweep(folder))
