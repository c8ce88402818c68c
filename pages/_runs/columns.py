"""The columns of the table of runs: what each says of a run, and what it is sorted by."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from fmnist import formats
from fmnist.data.dataset import STANDARD
from fmnist.plain_text import shorten
from fmnist.runs.listing import Spread
from fmnist.runs.tables import Summary, differing_settings
from pages._runs.words import name_setting, name_value
from pages._shared import dataset_choice

STATUS_NAMES = {
    "queued": "Waiting",
    "running": "Training",
    "completed": "Finished",
    "stopped": "Stopped",
    "failed": "Failed",
    "damaged": "Damaged",
    "checking": "Checking",
    "silent": "Not responding",
}
_LONGEST_NOTE = 60  # characters of a note or a message in the table


@dataclass(frozen=True)
class Column:
    """Its heading, what it holds (a number, a text, a name, tags), and an explanation."""

    label: str
    kind: str = "text"
    help: str = ""


def choose_columns(listed: list[Summary]) -> dict[str, Column]:
    """The columns by name, one for each setting that differs among them."""
    columns = {
        "name": Column("Run", "name-column"),
        "status": Column("Status"),
        "val": Column("Validation", "number", "Best accuracy on the validation images"),
        "test": Column("Test", "number", "Accuracy on the test images"),
    }
    for name in differing_settings(listed):
        if name == "epochs":  # a column of its own says how many are done, too
            continue
        is_number = all(
            isinstance(getattr(s.config, name), int | float) for s in listed if s.config
        )
        columns[name] = Column(name_setting(name), "number" if is_number else "text")
    if {*(s.dataset for s in listed), dataset_choice.mend_choice().slug} != {STANDARD}:
        columns["dataset"] = Column("Dataset")
    columns |= {
        "epochs": Column("Epochs", "number", "Epochs done, of those planned"),
        "time": Column("Time", "number"),
        "parameters": Column("Parameters", "number"),
        "started": Column("Started", help="In your time zone"),
    }
    if any(s.note or s.message for s in listed):
        columns["note"] = Column("Note")
    if any(s.tags for s in listed):
        columns["tags"] = Column("Tags", "tags")
    return columns


@functools.lru_cache(maxsize=3000)
def describe_cells(
    summary: Summary, names: tuple[str, ...], zone: str | None
) -> list[tuple[str, Any]]:
    """What these columns say of a run: each text, and the value that it is sorted by.

    The same list for the same run again: while one looks at a thousand runs, few of them change.
    """
    return [_tell(summary, name, zone) for name in names]


def _tell(summary: Summary, name: str, zone: str | None) -> tuple[str, Any]:
    match name:
        case "name":
            return summary.name, summary.name.casefold()
        case "status":
            return (STATUS_NAMES[summary.status],) * 2
        case "val":
            return formats.percent(summary.best_val_accuracy), summary.best_val_accuracy
        case "test":
            return formats.percent(summary.test_accuracy), summary.test_accuracy
        case "dataset":
            return (summary.dataset,) * 2
        case "epochs":
            return _epochs(summary)
        case "time":
            return formats.duration(summary.seconds), summary.seconds
        case "parameters":
            return formats.count(summary.parameters), summary.parameters
        case "started":
            return _started(summary, zone)
        case "note":
            return _note(summary)
        case "tags":
            return (" ".join(summary.tags),) * 2
    return _setting(summary, name)


def describe_mean(spread: Spread) -> tuple[str, float | None]:
    text = formats.percent(spread.mean)
    if spread.deviation is not None:
        text += f" ± {100 * spread.deviation:.1f}"
    return text, spread.mean


def _setting(summary: Summary, name: str) -> tuple[str, Any]:
    if summary.config is None:
        return "–", None
    value = getattr(summary.config, name)
    text = name_value(value)
    return text, value if isinstance(value, int | float) else text


def _epochs(summary: Summary) -> tuple[str, int | None]:
    if summary.epochs is None:
        return "–", None
    return f"{summary.epochs_done} of {summary.epochs}", summary.epochs_done


def _started(summary: Summary, zone: str | None) -> tuple[str, float | None]:
    if summary.started_at is None:
        return summary.origin, None
    return formats.local_time(summary.started_at, zone), summary.started_at


def _note(summary: Summary) -> tuple[str, str]:
    text = " · ".join(filter(None, (summary.note, summary.message)))
    return shorten(text, _LONGEST_NOTE), text
