"""A run as its folder tells it: `Run`, read file by file, and what is wrong with it."""

from __future__ import annotations

import functools
import textwrap
import zipfile
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

MAX_TITLE = field_bounds("name").max_length
SCORED_FILES = ("model.keras", "test_probabilities.npy", "results.json")
_MAX_MODEL_BYTES = 2_000_000_000
_MAY_BE_ABSENT = ("environment.json", "history.csv", "batches.csv")


@dataclass(frozen=True)
class Run:
    """A run folder as last read. `damaged` says what is wrong with it, or is empty.

    `imported_model` is that of a run whose model was trained elsewhere and imported from a file.
    The config of such a run holds its name, and nothing else that is true of it. `fine_tuned` is
    that of a run in which the model for drawings was fine-tuned on corrections.
    """

    run_id: str
    run_dir: Path
    config: TrainConfig
    status: Status
    notes: dict[str, str] = field(default_factory=dict)
    damaged: str = ""
    imported_model: ImportedModel | None = None
    fine_tuned: FineTuned | None = None

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
    def has_model(self) -> bool:
        return self.file("model.keras").is_file()

    @property
    def has_scores(self) -> bool:
        return not self.damaged and self.file("test_probabilities.npy").is_file()

    def file(self, name: str) -> Path:
        return self.run_dir / name


def read_run(run_dir: Path) -> Run:
    """The run in a folder, whatever state it is in.

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
    if run_dir.name == BUNDLED_ID and not damage and status.status != "completed":
        damage.append(f"status.json says {status.status}, not completed")
    is_scored = status.status in ("completed", "stopped") and status.started_at
    names = (*(SCORED_FILES if is_scored else ()), *_MAY_BE_ABSENT)
    damage += [problem for name in names if (problem := _find_problem(run_dir / name))]
    notes = {key: str(value) for key, value in notes.items()} if isinstance(notes, dict) else {}
    return Run(
        run_dir.name, run_dir, config, status, notes, "; ".join(damage), imported_model, fine_tuned
    )


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
