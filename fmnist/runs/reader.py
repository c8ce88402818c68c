"""A run as its folder tells it: `Run`, read file by file, and what is wrong with it."""

from __future__ import annotations

import contextlib
import functools
import os
import textwrap
import time
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from fmnist import formats, json_files
from fmnist.config import ConfigError, TrainConfig, field_bounds
from fmnist.data.dataset import STAND_IN
from fmnist.plain_text import clean
from fmnist.runs.fine_tuned_record import FineTuned
from fmnist.runs.folder import BUNDLED_ID
from fmnist.runs.imported_record import ImportedModel
from fmnist.runs.status import Status, read_status, reconcile_status
from fmnist.runs.trial_record import TrialRecord

MAX_TITLE = field_bounds("name").max_length
MAX_TAGS, MAX_TAG, MAX_NOTE = 8, 24, 500  # tags of a run; characters of one, and of its note
SCORED_FILES = ("model.keras", "test_probabilities.npy", "results.json")
_MAX_MODEL_BYTES = 2_000_000_000
_MAY_BE_ABSENT = ("environment.json", "history.csv", "batches.csv")
_SETTLED_AFTER = 2_000_000_000  # nanoseconds: a change within one tick of the clock leaves no trace


@dataclass(frozen=True)
class Run:
    """A run folder as last read. `damaged` says what is wrong with it, or is empty.

    `imported_model` is that of a run whose model was trained elsewhere and imported from a file.
    The config of such a run holds its name, and nothing else that is true of it. `fine_tuned` is
    that of a run in which the model for drawings was fine-tuned on corrections, `sweep` that of a
    run that a sweep has started. `stamp` stands for the state of its files when it was read, or is
    0 while they may still be changing.
    """

    run_id: str
    run_dir: Path
    config: TrainConfig
    status: Status
    notes: dict[str, str] = field(default_factory=dict)
    damaged: str = ""
    imported_model: ImportedModel | None = None
    fine_tuned: FineTuned | None = None
    sweep: TrialRecord | None = None
    stamp: int = field(default=0, compare=False, repr=False)

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
    def tags(self) -> tuple[str, ...]:
        """Short words that a person sorts runs by."""
        return tidy_tags(self.notes.get("tags", "").split(","))

    @property
    def note(self) -> str:
        """What a person wrote about the run, one line."""
        return clean(self.notes.get("note", ""), MAX_NOTE)

    @property
    def origin(self) -> str:
        """When it was started, as "2026-01-02 03:04 UTC", or that it comes with the Lab."""
        return "comes with the Lab" if self.is_bundled else formats.day_and_time(self.run_id)

    @property
    def trained_on_standin(self) -> bool:
        """Whether its figures are about generated look-alikes, and are to be marked as such."""
        return self.config.dataset == STAND_IN

    @property
    def is_live(self) -> bool:
        return self.status.is_live and not self.damaged

    @property
    def is_silent(self) -> bool:
        """Whether its process has given no sign of life for long; a fine-tuning gives few."""
        return self.is_live and not self.fine_tuned and self.status.is_silent

    @property
    def is_training(self) -> bool:
        """Live, and neither the check of an imported model nor a fine-tuning: those take seconds
        and nobody's place.
        """
        return self.is_live and not (self.imported_model or self.fine_tuned)

    @property
    def is_remote(self) -> bool:
        """Whether other computers train it: then it waits in no queue here, and takes no place."""
        return self.sweep is not None and bool(self.sweep.on)

    @property
    def has_model(self) -> bool:
        return self.file("model.keras").is_file()

    @property
    def has_scores(self) -> bool:
        return not self.damaged and self.file("test_probabilities.npy").is_file()

    def file(self, name: str) -> Path:
        return self.run_dir / name


def tidy_tags(words: Iterable[str]) -> tuple[str, ...]:
    """Tags as they are kept: clean, short, without commas, each once, at most `MAX_TAGS`."""
    tidy = (clean(word.replace(",", " "), MAX_TAG) for word in words)
    return tuple(dict.fromkeys(word for word in tidy if word))[:MAX_TAGS]


def read_run(run_dir: Path) -> Run:
    """The run in a folder, whatever state it is in; read once while its files stay as they are.

    The bundled run has no process: only a completed one is sound.
    """
    stamp = _stamp(run_dir)
    return read_settled(run_dir, stamp) if stamp else _read(run_dir)


@functools.lru_cache(maxsize=5000)
def read_settled(run_dir: Path, stamp: int) -> Run:
    """The run in a folder whose files are in the state that `stamp` stands for."""
    return replace(_read(run_dir), stamp=stamp)


def _stamp(run_dir: Path) -> int:
    """Stands for the names, sizes, times and places of a folder's files; 0 if one is just new."""
    try:
        with os.scandir(run_dir) as entries:
            found = sorted((entry.name, entry.stat()) for entry in entries)
    except OSError:
        return 0
    newest = max((max(stat.st_mtime_ns, stat.st_ctime_ns) for _, stat in found), default=0)
    if time.time_ns() - newest < _SETTLED_AFTER:
        return 0
    return hash(
        tuple(
            (name, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_mode)
            for name, stat in found
        )
    )


def _read(run_dir: Path) -> Run:
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
    imported_model = fine_tuned = None  # trained here from nothing, as most are
    try:
        imported_model = ImportedModel.from_json(json_files.read_json(run_dir / "own_model.json"))
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        imported_model = ImportedModel("")
        damage.append(_describe_damage("own_model.json", error))
    try:
        fine_tuned = FineTuned.from_json(json_files.read_json(run_dir / "taught.json"))
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        fine_tuned = FineTuned(0)
        damage.append(_describe_damage("taught.json", error))
    sweep = None
    with contextlib.suppress(OSError, ValueError):  # damaged: a run like any other
        sweep = json_files.read_record(run_dir / "sweep.json", TrialRecord)
    if run_dir.name == BUNDLED_ID and not damage and status.status != "completed":
        damage.append(f"status.json says {status.status}, not completed")
    is_scored = status.status in ("completed", "stopped") and status.started_at
    names = (*(SCORED_FILES if is_scored else ()), *_MAY_BE_ABSENT)
    damage += [problem for name in names if (problem := _find_problem(run_dir / name))]
    notes = {key: _text(value) for key, value in notes.items()} if isinstance(notes, dict) else {}
    return Run(
        run_dir.name,
        run_dir,
        config,
        status,
        notes,
        "; ".join(damage),
        imported_model,
        fine_tuned,
        sweep,
    )


def _text(value: object) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return "" if value is None else str(value)


def reconcile_run(run_dir: Path) -> Run:
    """`read_run`; but a live run whose process is gone is first recorded as failed."""
    run = read_run(run_dir)
    if not run.status.is_live:
        return run
    status = reconcile_status(run_dir, run.status)
    if status.is_live or status.status == "failed":
        return replace(run, status=status)
    return read_run(run_dir)  # it has just ended well, and left more to be looked at


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
