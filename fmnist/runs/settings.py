"""What a Lab is set to, for everybody who uses it: `settings.json` beside its runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import filelock
import msgspec

from fmnist import json_files
from fmnist.runs.folder import cannot_write, runs_dir

MAX_PARALLEL_TRAININGS = 4
MOST_SERVED = 200  # owners
_LOCK_TIMEOUT = 10.0  # seconds


class _Settings(msgspec.Struct, frozen=True):
    """What is missing or senseless in the file has its default."""

    parallel_trainings: Annotated[int, msgspec.Meta(ge=1, le=MAX_PARALLEL_TRAININGS)] = 1
    drawing_run: str = ""
    queue_order: tuple[str, ...] = ()
    queue_served: tuple[str, ...] = ()


def read_parallel_trainings() -> int:
    """How many trainings may run at once; the rest wait in order."""
    return _read().parallel_trainings


def write_parallel_trainings(count: int) -> None:
    """Set how many trainings may run at once; waiting ones see it within a second.

    Raises:
        ValueError: fewer than 1 or more than `MAX_PARALLEL_TRAININGS`.
        RunsFolderError: the folder cannot be written.
    """
    if not 1 <= count <= MAX_PARALLEL_TRAININGS:
        raise ValueError(f"1 to {MAX_PARALLEL_TRAININGS} trainings may run at once, not {count}.")
    _write_setting("parallel_trainings", count)


def read_queue_order() -> tuple[str, ...]:
    """Ids of runs in the order in which somebody has put them; some may long have begun."""
    return _read().queue_order


def write_queue_order(run_ids: Iterable[str]) -> None:
    """Have these runs wait in this order, and before all others.

    Raises:
        RunsFolderError: the folder cannot be written.
    """
    _write_setting("queue_order", list(run_ids))


def read_queue_served() -> tuple[str, ...]:
    """The owners of the trainings that have begun, whoever's began last is last."""
    return _read().queue_served


def write_queue_served(owner: str) -> None:
    """Remember that a training of this owner begins now; little of the past is kept.

    Raises:
        RunsFolderError: the folder cannot be written.
    """
    served = read_queue_served()
    if served[-1:] != (owner,):
        others = [other for other in served if other != owner]
        _write_setting("queue_served", [*others, owner][-MOST_SERVED:])


def read_drawing_run() -> str:
    """The id of the fine-tuned run that is used for drawings; "" for the model of the Lab."""
    return _read().drawing_run


def write_drawing_run(run_id: str) -> None:
    """Use a fine-tuned run for drawings from now on, or with "" the model of the Lab again.

    Raises:
        RunsFolderError: the folder cannot be written.
    """
    _write_setting("drawing_run", run_id)


def _read() -> _Settings:
    return json_files.read_sound_fields(runs_dir() / "settings.json", _Settings)


def _write_setting(name: str, value: Any) -> None:
    """Change one setting. Two at once wait for each other, so that neither is lost."""
    path = runs_dir() / "settings.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(path.with_name(".settings.lock"), timeout=_LOCK_TIMEOUT):
            json_files.write_json(path, {**json_files.read_json_or_empty(path), name: value})
    except OSError as error:  # filelock.Timeout is one
        raise cannot_write(path.parent, error) from error
