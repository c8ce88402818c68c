"""The run folder: one folder per training, the only thing the app and a training share.

Every file is written under a temporary name and then moved into place, so a reader never sees
half of one. A training that died leaves a live status behind; whoever reads it next settles it.

One run comes inside the package, under the id `bundled`. It is only ever read.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
import shutil
import tempfile
import textwrap
import time
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fmnist import formats, json_files
from fmnist.config import ConfigError, TrainConfig, field_bounds
from fmnist.dataset import STAND_IN, STANDARD
from fmnist.folder import (
    BUNDLED_ID,
    RUN_ID,
    RunNotFound,
    RunsFolderError,
    cannot_write,
    refuse_bundled,
    runs_dir,
)
from fmnist.folder import RunDamaged as RunDamaged
from fmnist.folder import RunReadOnly as RunReadOnly
from fmnist.own_model_record import MAX_FILE_BYTES, OwnModel
from fmnist.plain_text import clean
from fmnist.status import LIVE as LIVE
from fmnist.status import STATUSES as STATUSES
from fmnist.status import Status, read_status, settle
from fmnist.status import claim_run as claim_run
from fmnist.status import is_stop_requested as is_stop_requested
from fmnist.status import process_is_alive as process_is_alive
from fmnist.status import write_status as write_status
from fmnist.taught_record import Taught

BROUGHT_FILE = "brought.keras"  # as somebody brought it; only `fmnist.own_model` opens it
CORRECTIONS_FILE = "corrections.json"  # what a taught run learnt, as it was exported
SCORED_FILES = ("model.keras", "test_probabilities.npy", "results.json")
VARIABLES_FILE = "variables.json"  # of a queued run: what its process is to find set
_MAX_MODEL_BYTES = 2_000_000_000
_MAY_BE_ABSENT = ("environment.json", "history.csv", "batches.csv")
BUNDLED_DIR = Path(__file__).parent / BUNDLED_ID

MAX_TITLE = field_bounds("name").max_length


@dataclass(frozen=True)
class Run:
    """A run folder as last read. `damaged` says what is wrong with it, or is empty.

    `own_model` is that of a run whose model was trained elsewhere and imported from a file. The
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
        if self.is_bundled:
            return BUNDLED_ID
        return clean(self.notes.get("name", ""), MAX_TITLE) or self.config.label

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
    def is_silent(self) -> bool:
        """Whether its process has given no sign of life for long; a teaching gives few."""
        return self.is_live and not self.taught and self.status.is_silent

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


def create_run(config: TrainConfig, variables: Mapping[str, str] | None = None) -> Run:
    """A new run folder, queued, with no process yet.

    variables: of the environment, for the process that will train it.

    Raises:
        RunsFolderError: the folder cannot be written.
    """
    status = Status("queued", epochs=config.epochs, queued_at=time.time())
    files = {"config.json": config.to_json(), "status.json": asdict(status)}
    if variables:
        files[VARIABLES_FILE] = dict(variables)
    run_dir = _create(config, files)
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
    is_scored = status.status in ("completed", "stopped") and status.started_at
    names = (*(SCORED_FILES if is_scored else ()), *_MAY_BE_ABSENT)
    damage += [problem for name in names if (problem := _find_problem(run_dir / name))]
    notes = {key: str(value) for key, value in notes.items()} if isinstance(notes, dict) else {}
    return Run(run_dir.name, run_dir, config, status, notes, "; ".join(damage), own_model, taught)


def _find_problem(path: Path) -> str:
    """What is wrong with a file of a run, or nothing; looked into only when it is new."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return "" if path.name in _MAY_BE_ABSENT else f"{path.name} is missing"
    except OSError:
        return f"{path.name} cannot be read"
    return _look_into(path, stat.st_mtime_ns, stat.st_size)


@functools.lru_cache(maxsize=5000)
def _look_into(path: Path, _written_at: int, _size: int) -> str:
    try:
        if path.suffix == ".keras":
            json_files.check_plain(path, _MAX_MODEL_BYTES)
            is_whole = zipfile.is_zipfile(path)  # its directory is written last
        elif path.suffix == ".npy":
            is_whole = json_files.read_array(path).ndim == 2
        elif path.suffix == ".csv":
            json_files.check_plain(path, json_files.MAX_TABLE_BYTES)
            with path.open(encoding="utf-8") as file:
                is_whole = "\0" not in file.readline(1000)
        else:
            is_whole = isinstance(json_files.read_json(path), dict)
    except (OSError, ValueError):
        is_whole = False
    return "" if is_whole else f"{path.name} cannot be read"


def _describe_damage(name: str, error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{name} is missing"
    if isinstance(error, ConfigError):
        return f"{name} was not written by this version: {textwrap.shorten(str(error), 200)}"
    return f"{name} cannot be read"


def delete_run(run: Run) -> None:
    """Remove a run's folder.

    Raises:
        ValueError: it is still training.
        RunReadOnly: it is the bundled run.
        RunsFolderError: the folder cannot be changed.
    """
    refuse_bundled(run.run_dir, "deleted")
    if run.is_live:
        raise ValueError(f"{run.title} is still {run.status.status}: stop it before deleting it.")
    if run.run_dir.resolve() != run.run_dir.parent.resolve() / run.run_dir.name:
        raise RunsFolderError(
            f"{run.run_dir} is a link to {run.run_dir.resolve()}: remove the link by hand, and "
            "what it leads to where it is."
        )
    doomed = None
    try:
        doomed = Path(tempfile.mkdtemp(prefix=f".deleted-{run.run_id}-", dir=run.run_dir.parent))
        moved = run.run_dir.rename(doomed / run.run_id)  # at once gone from every list
        shutil.rmtree(moved)
        doomed.rmdir()
    except OSError as error:
        if doomed:
            _put_back(doomed, run.run_dir)
        raise RunsFolderError(
            f"{run.run_dir} cannot be deleted ({error.strerror or error}): allow writing there, "
            "or delete it by hand."
        ) from error


def _put_back(doomed: Path, run_dir: Path) -> None:
    """What could not be deleted stays where it is seen."""
    with contextlib.suppress(OSError):
        if (doomed / run_dir.name).is_dir():
            (doomed / run_dir.name).rename(run_dir)
        doomed.rmdir()


def rename_run(run: Run, name: str) -> None:
    """Give a run another name; an empty one brings the original back.

    Raises:
        RunReadOnly: it is the bundled run.
        RunsFolderError: the folder cannot be written.
    """
    refuse_bundled(run.run_dir, "renamed")
    notes = {**run.notes, "name": clean(name, MAX_TITLE)}
    try:
        json_files.write_json(run.file("notes.json"), notes)
    except OSError as error:
        raise cannot_write(run.run_dir, error) from error


def zip_run(run: Run) -> bytes:
    """The whole run folder as a zip file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(run.run_dir.rglob("*")):
            if path.is_file() and path.suffix != ".tmp":
                archive.write(path, Path(run.run_id) / path.relative_to(run.run_dir))
    return buffer.getvalue()


# -- stopping, queueing ---------------------------------------------------------------------------


def request_stop(run: Run) -> None:
    """Ask a run to end; its process looks for this file between steps.

    Raises:
        RunReadOnly: it is the bundled run.
        RunsFolderError: the folder cannot be written.
    """
    refuse_bundled(run.run_dir, "stopped")
    try:
        run.file("stop").touch()
    except OSError as error:
        raise cannot_write(run.run_dir, error) from error


def queue(runs: list[Run] | None = None) -> list[Run]:
    """The queued trainings, first come first."""
    everything = list_runs() if runs is None else runs
    waiting = [run for run in everything if run.is_training and run.status.status == "queued"]
    return sorted(waiting, key=lambda run: (run.status.queued_at or 0.0, run.run_id))
