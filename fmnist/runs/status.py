"""`status.json`: how far a run is, and whether the process that it names is there and well.

A process that ended without a word leaves a live status behind; whoever looks at the run next
records that it failed. Nothing is believed that cannot be: a process with another start time is
another process, and a heartbeat from the future is none.
"""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import msgspec
import psutil
from msgspec.structs import asdict, replace

from fmnist import json_files
from fmnist.plain_text import clean
from fmnist.runs.exit_reason import describe_exit
from fmnist.runs.folder import BUNDLED_ID, refuse_bundled

StatusName = Literal["queued", "running", "completed", "stopped", "failed"]
STATUSES = get_args(StatusName)
LIVE = ("queued", "running")
REQUEST_FILE = "request.json"  # what an analysis is asked for; it has a status like a run's
SILENT_AFTER = 60.0  # seconds without a heartbeat; a training gives one every half second

_NEVER_STARTED_AFTER = 60.0  # seconds a running status may lack a process
_GONE_AFTER = 120.0  # seconds without a heartbeat, for a process on another computer
CLUSTER = "ray:"  # before the host of a run on a cluster: its driver alone hears of it
_CLUSTER_GONE_AFTER = 900.0  # seconds; while its driver is away, the training goes on unheard
_CLOCK_OFF = 24 * 3600.0  # seconds that the clock of another computer may be off
_MOST_HEARD = 1000
_AHEAD = 10.0  # seconds that another computer's clock, or one just set, may be ahead
_SAME_START = 2.0  # seconds; the clock that start times are counted from is set now and then
_TOLD_WITHIN = 0.3  # seconds in which whoever started a process records how it ended

_MOST = 100_000_000_000  # no number of a status is larger: a time in the year 5138
Count = Annotated[int, msgspec.Meta(ge=0, lt=_MOST)]
Number = Annotated[float, msgspec.Meta(ge=0, lt=_MOST)]


# Of processes on other computers, the last heartbeat and when it was first seen, by this clock.
_heard: dict[tuple[str | None, int | None, float | None], tuple[float | None, float]] = {}


class Status(msgspec.Struct, frozen=True):
    """`status.json`. Times are Unix seconds; what is not known yet is None.

    `booted_at` is when the computer of `pid` was started by the clock of that moment: the clock may
    be set later, the time between the two stays. `owner` is who started it, as pages tell people
    apart; "" from a terminal.
    """

    status: StatusName
    epoch: Count | None = None  # counted from 0
    step: Count | None = None
    steps_per_epoch: Count | None = None
    epochs: Count | None = None
    images_per_second: Number | None = None
    queued_at: Number | None = None
    started_at: Number | None = None
    heartbeat_at: Number | None = None
    finished_at: Number | None = None
    pid: Annotated[int, msgspec.Meta(ge=1, lt=_MOST)] | None = None
    pid_started_at: Number | None = None
    booted_at: Number | None = None
    host: str | None = None
    owner: Annotated[str, msgspec.Meta(max_length=64)] = ""
    message: str = ""

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    @property
    def seconds_silent(self) -> float | None:
        """Seconds since a live process last said something; None where none can be believed."""
        last = self.heartbeat_at or self.started_at or self.queued_at
        age = None if last is None else time.time() - last
        return None if age is None or age < -_AHEAD else max(age, 0.0)

    @property
    def is_silent(self) -> bool:
        """Whether the process of a live run seems to hang."""
        if not self.is_live or self.pid is None:
            return False
        seconds = self.seconds_silent
        return seconds is None or seconds > SILENT_AFTER


def read_status(run_dir: Path) -> Status:
    """`status.json` of a run folder.

    Raises:
        OSError, ValueError: it is missing or unreadable.
    """
    status = json_files.read_record(run_dir / "status.json", Status)
    host = status.host if status.host is None else clean(status.host)
    return replace(status, host=host, message=clean(status.message))


def write_status(run_dir: Path, **changes: Any) -> Status:
    """Change some fields of `status.json`; returns what it now says.

    Raises:
        RunReadOnly: it is the bundled run's.
        OSError, ValueError: it cannot be read or written.
    """
    refuse_bundled(run_dir, "given another status")
    status = replace(read_status(run_dir), **changes)
    json_files.write_json(run_dir / "status.json", asdict(status))
    return status


def claim_run(run_dir: Path, pid: int | None = None, **changes: Any) -> Status:
    """Record a process, or else this one, as that of the run, with other changes of the status.

    Raises as `write_status` does, and psutil.NoSuchProcess when there is no such process.
    """
    return write_status(run_dir, **_describe_process(pid), **changes)


def _describe_process(pid: int | None = None) -> dict[str, Any]:
    process = psutil.Process(pid)
    return {
        "pid": process.pid,
        "pid_started_at": process.create_time(),
        "booted_at": psutil.boot_time(),
        "host": socket.gethostname(),
        "heartbeat_at": time.time(),
    }


def write_sign_of_life(folder: Path) -> None:
    """Record in a folder of its own that this process, which is no run's, is well.

    Raises OSError where it cannot be written.
    """
    folder.mkdir(exist_ok=True)
    status = Status("running", **_describe_process())
    json_files.write_json(folder / "status.json", asdict(status))


def reconcile_status(run_dir: Path, status: Status) -> Status:
    """The status, corrected to `failed` (and recorded so) when its process is gone.

    The bundled run's is left as it is.
    """
    if run_dir.name == BUNDLED_ID or not status.is_live or process_is_alive(status):
        return status
    if (status.seconds_silent or 0.0) < SILENT_AFTER:
        time.sleep(_TOLD_WITHIN)  # whoever started it knows its exit code
    try:
        status = read_status(run_dir)  # it may have ended well between the two looks
    except (OSError, ValueError):
        return status
    if not status.is_live or process_is_alive(status):
        return status
    dead = replace(
        status,
        status="failed",
        finished_at=status.heartbeat_at or status.queued_at,
        message=_describe_death(run_dir, status),
    )
    try:
        if (now := read_status(run_dir)) != status:
            return now  # whoever started it has just told, and knew more
        json_files.write_json(run_dir / "status.json", asdict(dead))
    except ValueError:
        return status
    except OSError as error:
        cause = f" Its folder cannot be written now ({error.strerror or error})."
        dead = replace(dead, message=dead.message + cause)
    return dead


def _describe_death(run_dir: Path, status: Status) -> str:
    if status.pid is None:
        return "Its process never started; log.txt in the run's folder may say why."
    return describe_exit(None, run_dir / "log.txt", _name_process(run_dir))


def _name_process(run_dir: Path) -> str:
    """What the process of a folder does: an analysis, checking an imported model, …"""
    if (run_dir / REQUEST_FILE).exists():
        return "analysis"
    if (run_dir / "own_model.json").exists():
        return "checking"
    return "fine-tuning" if (run_dir / "taught.json").exists() else "training"


def record_exit(run_dir: Path, code: int) -> str:
    """Record how the process of a run ended, where it has not done so itself.

    For whoever started it, and so knows its exit code. Returns the message, or "" where it has
    said itself how it ended, or the folder is gone.
    """
    message = describe_exit(code, run_dir / "log.txt", _name_process(run_dir))
    try:
        status = read_status(run_dir)
        # A reader may have been quicker, and knew less.
        if not status.is_live and status.message != _describe_death(run_dir, status):
            return ""
        write_status(run_dir, status="failed", finished_at=time.time(), message=message)
    except (OSError, ValueError):
        return message if run_dir.is_dir() else ""
    return message


def process_is_alive(status: Status) -> bool:
    """Whether a live run may go on: its process still runs, or it waits for one.

    A process that has the same number and another start time is another one.
    """
    if status.pid is None:
        is_new = 0 <= time.time() + _AHEAD - (status.queued_at or 0.0) < _NEVER_STARTED_AFTER
        return status.status == "queued" or is_new
    if status.host != socket.gethostname():
        is_of_cluster = (status.host or "").startswith(CLUSTER)
        return _is_heard(status, _CLUSTER_GONE_AFTER if is_of_cluster else _GONE_AFTER)
    return find_process(status) is not None


def _is_heard(status: Status, within: float) -> bool:
    """Whether a process on another computer gives heartbeats, by that one's clock or by ours.

    That clock may be an hour off: then it counts for how long we have seen the same heartbeat.
    """
    seconds = status.seconds_silent
    if seconds is not None and seconds < within:
        return True
    if abs(time.time() - (status.heartbeat_at or 0.0)) > _CLOCK_OFF:
        return False
    process, now = (status.host, status.pid, status.pid_started_at), time.monotonic()
    heartbeat, since = _heard.get(process, (None, now))
    if heartbeat != status.heartbeat_at:
        if len(_heard) >= _MOST_HEARD:
            _heard.clear()
        _heard[process] = status.heartbeat_at, now
        return True
    return now - since < within


def find_process(status: Status) -> psutil.Process | None:
    """The process of a run, if it runs on this computer."""
    if status.pid is None or status.host != socket.gethostname():
        return None
    booted_at = psutil.boot_time()
    set_by = booted_at - (status.booted_at or booted_at)
    try:
        process = psutil.Process(status.pid)
        since_then = process.create_time() - set_by - (status.pid_started_at or 0.0)
        is_same = abs(since_then) < _SAME_START
        return process if is_same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None
    except psutil.AccessDenied:
        return process


def is_stop_requested(run_dir: Path) -> bool:
    return (run_dir / "stop").exists()
