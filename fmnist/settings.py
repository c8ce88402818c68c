"""What a Lab is set to, for everybody who uses it: `settings.json` beside its runs."""

from __future__ import annotations

from typing import Any

from fmnist import json_files
from fmnist.runs import cannot_write, runs_dir

MAX_PARALLEL_TRAININGS = 4


def read_parallel_trainings() -> int:
    """How many trainings may run at once; the rest wait in order."""
    value = json_files.read_json_or_empty(runs_dir() / "settings.json").get("parallel_trainings", 1)
    is_valid = type(value) is int and 1 <= value <= MAX_PARALLEL_TRAININGS
    return value if is_valid else 1


def write_parallel_trainings(count: int) -> None:
    """Set how many trainings may run at once; waiting ones see it within a second.

    Raises:
        ValueError: fewer than 1 or more than `MAX_PARALLEL_TRAININGS`.
        RunsFolderError: the folder cannot be written.
    """
    if not 1 <= count <= MAX_PARALLEL_TRAININGS:
        raise ValueError(f"1 to {MAX_PARALLEL_TRAININGS} trainings may run at once, not {count}.")
    _write_setting("parallel_trainings", count)


def read_drawing_run() -> str:
    """The id of the taught run that answers for drawings; "" for the model of the Lab."""
    value = json_files.read_json_or_empty(runs_dir() / "settings.json").get("drawing_run", "")
    return value if isinstance(value, str) else ""


def write_drawing_run(run_id: str) -> None:
    """Let a taught run answer for drawings from now on, or with "" the model of the Lab again.

    Raises:
        RunsFolderError: the folder cannot be written.
    """
    _write_setting("drawing_run", run_id)


def _write_setting(name: str, value: Any) -> None:
    path = runs_dir() / "settings.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        json_files.write_json(path, {**json_files.read_json_or_empty(path), name: value})
    except OSError as error:
        raise cannot_write(path.parent, error) from error
