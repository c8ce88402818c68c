"""A process that was asked to end and does not: it is told, then it is killed, within seconds."""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path

import psutil

from fmnist import formats
from fmnist.runs.status import Status, find_process, read_status, write_status

_ASKED = 2.0  # seconds that a process which seems to hang has to end when it is asked to
_TERMINATED = 1.0  # seconds that it has after SIGTERM, until it is killed


def end_if_it_hangs(
    folder: Path, status: Status, *, is_silent: bool = False, what_is_left: str
) -> None:
    """End the process of a run or an analysis, if it hangs; returns at once.

    It has been asked already: there is a stop file in `folder`. One that was suspended is seen to
    hang, and so is one that is_silent. what_is_left: a sentence for the status that is recorded.
    Another process that has the number of a dead one is left alone.
    """
    if process := find_process(status):
        arguments = (folder, status, process, is_silent, what_is_left)
        threading.Thread(target=_end_if_it_hangs, args=arguments, daemon=True).start()


def _end_if_it_hangs(
    folder: Path, status: Status, process: psutil.Process, is_silent: bool, what_is_left: str
) -> None:
    if _has_ended(process, _ASKED) or not (is_silent or _is_halted(process)):
        return
    silent = status.seconds_silent
    since = f" for {formats.duration(silent)}" if silent and silent >= 1 else ""
    failed = {
        "status": "failed",
        "finished_at": time.time(),
        "message": f"It had not responded{since} and ignored Stop, so its process was killed. "
        f"{what_is_left}",
    }
    with contextlib.suppress(OSError, ValueError):
        write_status(folder, **failed)
    for tell in (process.terminate, process.kill):
        with contextlib.suppress(psutil.Error):
            tell()
        if _has_ended(process, _TERMINATED):
            break
    with contextlib.suppress(OSError, ValueError):
        if read_status(folder).is_live:  # its last word, when it was let go on
            write_status(folder, **failed)


def _is_halted(process: psutil.Process) -> bool:
    """Whether somebody has halted it (SIGSTOP), so that it hears nothing."""
    try:
        return process.status() == psutil.STATUS_STOPPED
    except psutil.Error:
        return False


def _has_ended(process: psutil.Process, within: float) -> bool:
    try:
        process.wait(within)
    except psutil.TimeoutExpired:
        return False
    return True
