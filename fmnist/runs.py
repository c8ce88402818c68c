"""The run folder: one folder per training, the only thing the app and a training share.

Every file is written under a temporary name and then moved into place, so a reader never sees
half of one. A training that died leaves a live status behind; whoever reads it next settles it.

One run comes inside the package, under the id `bundled`. It is only ever read.
"""

from __future__ import annotations

import functools
import io
import os
import re
import shutil
import socket
import tempfile
import time
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil

from fmnist import formats, json_files
from fmnist.config import ConfigError, TrainConfig
from fmnist.dataset import STAND_IN, STANDARD
from fmnist.own_model_record import MAX_FILE_BYTES, OwnModel
from fmnist.taught_record import Taught

if TYPE_CHECKING:
    pass

STATUSES = ("queued", "running", "completed", "stopped", "failed")
LIVE = ("queued", "running")
BROUGHT_FILE = "brought.keras"  # as somebody brought it; only `fmnist.own_model` opens it
CORRECTIONS_FILE = "corrections.json"  # what a taught run learnt, as it was exported
SCORED_FILES = ("model.keras", "test_probabilities.npy", "results.json")
BUNDLED_ID = "bundled"
BUNDLED_DIR = Path(__file__).parent / BUNDLED_ID

_STATUS_TEXTS = ("status", "host", "message")
RUN_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[a-z0-9-]{1,50}")
_LARGEST_NUMBER = 1e15  # in a status; NaN is no smaller than it
_NEVER_STARTED_AFTER = 60.0  # seconds a queued run may lack a process
_SILENT_AFTER = 120.0  # seconds without a heartbeat, for a process on another computer
_START_TIME_SLACK = 60.0  # seconds; a corrected clock moves the start times it is counted from


class RunsFolderError(ValueError):
    """The runs folder cannot be written; the message says why and what to do."""


class RunReadOnly(RunsFolderError):
    """The bundled run is never changed; the message says what was not done."""


class RunNotFound(ValueError):
    """No run has this id."""


class RunDamaged(ValueError):
    """A file of the run is missing or unreadable; the message names it."""


@dataclass(frozen=True)
class Status:
    """`status.json`. Times are Unix seconds; what is not known yet is None."""

    status: str
    epoch: int | None = None  # counted from 0
    step: int | None = None
    steps_per_epoch: int | None = None
    epochs: int | None = None
    images_per_second: float | None = None
    queued_at: float | None = None
    started_at: float | None = None
    heartbeat_at: float | None = None
    finished_at: float | None = None
    pid: int | None = None
    pid_started_at: float | None = None
    host: str | None = None
    message: str = ""

    @property
    def is_live(self) -> bool:
        return self.status in LIVE


@dataclass(frozen=True)
class Run:
    """A run folder as last read. `damaged` says what is wrong with it, or is empty.

    `own_model` is that of a run whose model was trained elsewhere and brought as a file. The
    config of such a run holds its name, and nothing else that is true of it. `taught` is that of a
    run in which the model for drawings learnt corrections.
    """

    run_id: str
    run_dir: Path
    config: TrainConfig
    status: Status
    notes: dict[str, str] = field(default_factory=dict)
    damaged: str = ""
    own_model: OwnModel | None = None
    taught: Taught | None = None

    @property
    def is_bundled(self) -> bool:
        """Whether it is the read-only run inside the package."""
        return self.run_id == BUNDLED_ID

    @property
    def title(self) -> str:
        return BUNDLED_ID if self.is_bundled else self.notes.get("name") or self.config.label

    @property
    def origin(self) -> str:
        """When it was started, as "2026-01-02 03:04 UTC", or that it comes with the Lab."""
        return "comes with the Lab" if self.is_bundled else formats.day_and_time(self.run_id)

    @property
    def saw_standin(self) -> bool:
        """Whether its figures are about generated look-alikes, and are to be marked as such."""
        return self.config.dataset == STAND_IN

    @property
    def is_live(self) -> bool:
        return self.status.is_live and not self.damaged

    @property
    def is_training(self) -> bool:
        """Live, and no check of a brought model and no teaching: those take seconds and nobody's
        place.
        """
        return self.is_live and not (self.own_model or self.taught)

    @property
    def has_model(self) -> bool:
        return self.file("model.keras").is_file()

    @property
    def has_scores(self) -> bool:
        return not self.damaged and self.file("test_probabilities.npy").is_file()

    def file(self, name: str) -> Path:
        return self.run_dir / name


# -- where runs live ------------------------------------------------------------------------------


def runs_dir() -> Path:
    """The folder of all runs: `FMNIST_RUNS_DIR`, or `runs` beside the app."""
    return Path(os.environ.get("FMNIST_RUNS_DIR") or Path(__file__).parent.parent / "runs")


def create_run(config: TrainConfig) -> Run:
    """A new run folder, queued, with no process yet.

    Raises:
        RunsFolderError: the folder cannot be written.
    """
    status = Status("queued", epochs=config.epochs, queued_at=time.time())
    run_dir = _create(config, {"config.json": config.to_json(), "status.json": asdict(status)})
    return Run(run_dir.name, run_dir, config, status)


def create_own_model_run(
    name: str, own_model: OwnModel, content: bytes, dataset: str = STANDARD
) -> Run:
    """A new run folder around the bytes of a model's file, with no process yet.

    dataset: the short name of what it is to be scored on.

    Raises:
        ConfigError: a name is not as it should be, or the file too large.
        RunsFolderError: the folder cannot be written.
    """
    config = TrainConfig(name=name, dataset=dataset)
    if len(content) > MAX_FILE_BYTES:
        raise ConfigError(
            f"{own_model.file_name} has {len(content) / 1e6:.0f} MB: at most "
            f"{MAX_FILE_BYTES / 1e6:.0f} MB are taken. Save it without its optimizer."
        )
    status = _waiting()
    files = {
        "config.json": {"name": config.name, "dataset": config.dataset},
        "own_model.json": own_model.to_json(),
        "status.json": asdict(status),
    }
    run_dir = _create(config, files, {BROUGHT_FILE: content})
    return Run(run_dir.name, run_dir, config, status, own_model=own_model)


def reset_own_model(run: Run, inputs: str, outputs: str) -> None:
    """Put other words about a brought model into its folder, and take its scores out.

    Raises:
        ConfigError: it was not brought, or is being checked.
        ValueError: an unknown choice.
        RunsFolderError: the folder cannot be written.
    """
    if run.own_model is None or run.is_live:
        raise ConfigError(f"{run.title} is no model that can be checked again now.")
    own_model = replace(
        run.own_model, inputs=inputs, outputs=outputs, used_inputs="", used_outputs=""
    )
    try:
        json_files.write_json(run.file("status.json"), asdict(_waiting()))
        json_files.write_json(run.file("own_model.json"), own_model.to_json())
        for name in ("stop", *SCORED_FILES):
            run.file(name).unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(run.run_dir, error) from error


def create_taught_run(config: TrainConfig, taught: Taught, corrections: bytes) -> Run:
    """A new run folder around the corrections that are to be learnt, with no process yet.

    Raises:
        RunsFolderError: the folder cannot be written.
    """
    status = replace(_status_of_seconds(), epochs=config.epochs)
    files = {
        "config.json": config.to_json(),
        "taught.json": taught.to_json(),
        "status.json": asdict(status),
    }
    run_dir = _create(config, files, {CORRECTIONS_FILE: corrections})
    return Run(run_dir.name, run_dir, config, status, taught=taught)


def _waiting() -> Status:
    return Status("queued", queued_at=time.time())


def _status_of_seconds() -> Status:
    """Running at once: what takes seconds waits for nobody's turn."""
    now = time.time()
    return Status("running", queued_at=now, started_at=now, message="loading TensorFlow")


def _create(
    config: TrainConfig, files: dict[str, Any], contents: Mapping[str, bytes] | None = None
) -> Path:
    """A new folder with these JSON files and these bytes, named after the time and the config."""
    parent = runs_dir()
    stem = f"{datetime.fromtimestamp(time.time(), UTC):%Y%m%d-%H%M%S}-{config.slug}"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".new-", dir=parent))
        try:
            for name, content in (contents or {}).items():
                (draft / name).write_bytes(content)
            for name, values in files.items():
                json_files.write_json(draft / name, values)
            return _move_to_free_name(draft, parent, stem)
        except OSError:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    except OSError as error:
        raise cannot_write(parent, error) from error


def cannot_write(folder: Path, error: OSError) -> RunsFolderError:
    """The error to raise where something in a runs folder could not be written, and its advice."""
    return RunsFolderError(
        f"The runs folder {folder} cannot be written ({error.strerror or error}). Free some "
        "space, allow writing there, or name another folder in FMNIST_RUNS_DIR."
    )


def _move_to_free_name(draft: Path, parent: Path, stem: str) -> Path:
    """Rename `draft` to the first free one of stem, stem-2, stem-3, …"""
    draft.chmod(0o755)
    for number in range(1, 1000):
        target = parent / (stem if number == 1 else f"{stem}-{number}")
        if target.exists():
            continue
        try:
            return draft.rename(target)
        except OSError:
            if not target.exists():  # otherwise somebody else took the name: try the next
                raise
    raise FileExistsError(f"no free name for {stem}")


def load_run(run_id: str) -> Run:
    """The run with this id; `bundled` is the one inside the package.

    Raises:
        RunNotFound: there is none, or the text is not a run id at all.
    """
    if run_id == BUNDLED_ID:
        run_dir = BUNDLED_DIR
    elif RUN_ID.fullmatch(run_id):
        run_dir = runs_dir() / run_id
    else:
        raise RunNotFound(f"{run_id[:60]!r} is not the id of a run.")
    if not run_dir.is_dir():
        raise RunNotFound(f"There is no run {run_id!r}: it may have been deleted.")
    return read_run(run_dir)


def list_runs() -> list[Run]:
    """All runs of the runs folder, newest first; damaged ones are included and say so."""
    try:
        names = [entry.name for entry in os.scandir(runs_dir()) if entry.is_dir()]
    except OSError:
        return []
    found = (RUN_ID.fullmatch(name) and read_run(runs_dir() / name) for name in names)
    return sorted(
        (run for run in found if run),
        key=lambda run: (run.run_id[:15], run.status.queued_at or 0.0, run.run_id),
        reverse=True,
    )


def list_runs_and_bundled() -> list[Run]:
    """`list_runs`, and last the bundled run where the package has one: what may be looked at."""
    return [*list_runs(), *([read_run(BUNDLED_DIR)] if BUNDLED_DIR.is_dir() else [])]


def read_run(run_dir: Path) -> Run:
    """The run in a folder, whatever state it is in; a dead process is settled on the way.

    The bundled run has no process: only a completed one is sound.
    """
    damage = []
    try:
        config = TrainConfig.from_json(json_files.read_json(run_dir / "config.json"))
    except (OSError, ValueError) as error:
        config = TrainConfig()
        damage.append(_describe_damage("config.json", error))
    try:
        status = read_status(run_dir)
    except (OSError, ValueError) as error:
        status = Status("failed")
        damage.append(_describe_damage("status.json", error))
    try:
        notes = json_files.read_json(run_dir / "notes.json")
    except (OSError, ValueError):
        notes = {}
    own_model = taught = None  # trained here from nothing, as most are
    try:
        own_model = OwnModel.from_json(json_files.read_json(run_dir / "own_model.json"))
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        own_model = OwnModel("")
        damage.append(_describe_damage("own_model.json", error))
    try:
        taught = Taught.from_json(json_files.read_json(run_dir / "taught.json"))
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        taught = Taught(0)
        damage.append(_describe_damage("taught.json", error))
    if run_dir.name == BUNDLED_ID and not damage and status.status != "completed":
        damage.append(f"status.json says {status.status}, not completed")
    if not damage and status.is_live:
        status = settle(run_dir, status)
    if status.status in ("completed", "stopped") and status.started_at:
        problems = (_find_problem(run_dir / name) for name in SCORED_FILES)
        damage += [problem for problem in problems if problem]
    notes = {key: str(value) for key, value in notes.items()} if isinstance(notes, dict) else {}
    return Run(run_dir.name, run_dir, config, status, notes, "; ".join(damage), own_model, taught)


def _find_problem(path: Path) -> str:
    """What is wrong with a file of a scored run, or nothing; looked into only when it is new."""
    try:
        stat = path.stat()
    except OSError:
        return f"{path.name} is missing"
    return _look_into(path, stat.st_mtime_ns, stat.st_size)


@functools.lru_cache(maxsize=2000)
def _look_into(path: Path, _written_at: int, _size: int) -> str:
    try:
        if path.suffix == ".keras":
            is_whole = zipfile.is_zipfile(path)  # its directory is written last
        elif path.suffix == ".npy":
            is_whole = np.load(path, mmap_mode="r", allow_pickle=False).ndim == 2
        else:
            is_whole = isinstance(json_files.read_json(path), dict)
    except (OSError, ValueError, EOFError):
        is_whole = False
    return "" if is_whole else f"{path.name} cannot be read"


def _describe_damage(name: str, error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{name} is missing"
    if isinstance(error, ConfigError):
        return f"{name} was not written by this version: {error}"
    return f"{name} cannot be read"


def delete_run(run: Run) -> None:
    """Remove a run's folder.

    Raises:
        ValueError: it is still training.
        RunReadOnly: it is the bundled run.
        RunsFolderError: the folder cannot be changed.
    """
    _refuse_bundled(run.run_dir, "deleted")
    if run.is_live:
        raise ValueError(f"{run.title} is still {run.status.status}: stop it before deleting it.")
    doomed = run.run_dir.with_name(f".deleted-{run.run_id}")
    try:
        run.run_dir.rename(doomed)  # at once gone from every list, even if removal takes a while
        shutil.rmtree(doomed)
    except OSError as error:
        raise RunsFolderError(f"{run.run_dir} cannot be deleted ({error.strerror}).") from error


def rename_run(run: Run, name: str) -> None:
    """Give a run another name; an empty one brings the original back.

    Raises:
        RunReadOnly: it is the bundled run.
        RunsFolderError: the folder cannot be written.
    """
    _refuse_bundled(run.run_dir, "renamed")
    notes = {**run.notes, "name": " ".join(name.split())[:60]}
    try:
        json_files.write_json(run.file("notes.json"), notes)
    except OSError as error:
        raise cannot_write(run.run_dir, error) from error


def _refuse_bundled(run_dir: Path, what: str) -> None:
    if run_dir.name == BUNDLED_ID:
        raise RunReadOnly(f"The bundled run comes with the Lab and is read-only: it is not {what}.")


def zip_run(run: Run) -> bytes:
    """The whole run folder as a zip file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(run.run_dir.rglob("*")):
            if path.is_file() and path.suffix != ".tmp":
                archive.write(path, Path(run.run_id) / path.relative_to(run.run_dir))
    return buffer.getvalue()


# -- status and stopping --------------------------------------------------------------------------


def read_status(run_dir: Path) -> Status:
    """`status.json` of a run folder.

    Raises:
        OSError, ValueError: it is missing or unreadable.
    """
    values = json_files.read_json(run_dir / "status.json")
    known = {f.name for f in fields(Status)}
    if not isinstance(values, dict) or values.get("status") not in STATUSES:
        raise RunDamaged("status.json names no known status")
    values = {key: value for key, value in values.items() if key in known}
    for key, value in values.items():
        if value is not None and not _is_plausible(key, value):
            raise RunDamaged(f"status.json has {key} {value!r}")
    return Status(**values)


def _is_plausible(key: str, value: Any) -> bool:
    if key in _STATUS_TEXTS:
        return isinstance(value, str)
    if key == "pid":
        return type(value) is int and value > 0
    return isinstance(value, int | float) and abs(value) < _LARGEST_NUMBER


def write_status(run_dir: Path, **changes: Any) -> Status:
    """Change some fields of `status.json`; returns what it now says.

    Raises:
        RunReadOnly: it is the bundled run's.
        OSError, ValueError: it cannot be read or written.
    """
    _refuse_bundled(run_dir, "given another status")
    status = replace(read_status(run_dir), **changes)
    json_files.write_json(run_dir / "status.json", asdict(status))
    return status


def claim_run(run_dir: Path) -> Status:
    """Record this process as the one that trains the run."""
    process = psutil.Process()
    return write_status(
        run_dir,
        pid=process.pid,
        pid_started_at=process.create_time(),
        host=socket.gethostname(),
        heartbeat_at=time.time(),
    )


def settle(run_dir: Path, status: Status) -> Status:
    """The status, corrected to `failed` (and recorded so) when its process is gone.

    The bundled run's is left as it is.
    """
    if run_dir.name == BUNDLED_ID or not status.is_live or process_is_alive(status):
        return status
    try:
        status = read_status(run_dir)  # it may have ended well between the two looks
    except (OSError, ValueError):
        return status
    if not status.is_live or process_is_alive(status):
        return status
    reason = (
        "Its process never started; log.txt in the run's folder may say why."
        if status.pid is None
        else "Its process ended without a word: it was killed, ran out of memory, or the "
        "computer was switched off. What had been written is kept."
    )
    ended_at = status.heartbeat_at or status.queued_at
    dead = replace(status, status="failed", finished_at=ended_at, message=reason)
    try:
        json_files.write_json(run_dir / "status.json", asdict(dead))
    except OSError as error:
        cause = f" Its folder cannot be written now ({error.strerror or error})."
        dead = replace(dead, message=reason + cause)
    return dead


def process_is_alive(status: Status) -> bool:
    """Whether the process of a live status still runs (a reused pid does not count)."""
    if status.pid is None:
        return time.time() - (status.queued_at or 0.0) < _NEVER_STARTED_AFTER
    if status.host != socket.gethostname():
        return time.time() - (status.heartbeat_at or 0.0) < _SILENT_AFTER
    try:
        process = psutil.Process(status.pid)
        same = abs(process.create_time() - (status.pid_started_at or 0.0)) < _START_TIME_SLACK
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def request_stop(run: Run) -> None:
    """Ask a run to end; its process looks for this file between steps.

    Raises:
        RunReadOnly: it is the bundled run.
        RunsFolderError: the folder cannot be written.
    """
    _refuse_bundled(run.run_dir, "stopped")
    try:
        run.file("stop").touch()
    except OSError as error:
        raise cannot_write(run.run_dir, error) from error


def is_stop_requested(run_dir: Path) -> bool:
    return (run_dir / "stop").exists()


def queue(runs: list[Run] | None = None) -> list[Run]:
    """The queued trainings, first come first."""
    everything = list_runs() if runs is None else runs
    waiting = [run for run in everything if run.is_training and run.status.status == "queued"]
    return sorted(waiting, key=lambda run: (run.status.queued_at or 0.0, run.run_id))
