"""The columns of the table of runs: what each says of a run, and what it is sorted by."""

from __future__ import annotations

from typing import Any

import streamlit as st

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


def choose_columns(listed: list[Summary]) -> dict[str, tuple]:
    """Label, kind, explanation, and the function that makes of a summary its text and the value
    that it is sorted by.
    """
    zone = st.context.timezone
    columns: dict[str, tuple] = {
        "name": ("Run", "name-column", "", lambda s: (s.name, s.name.casefold())),
        "status": ("Status", "text", "", _status),
        "val": (
            "Validation",
            "number",
            "Best accuracy on the validation images",
            lambda s: (formats.percent(s.best_val_accuracy), s.best_val_accuracy),
        ),
        "test": (
            "Test",
            "number",
            "Accuracy on the test images",
            lambda s: (formats.percent(s.test_accuracy), s.test_accuracy),
        ),
    }
    for name in differing_settings(listed):
        if name == "epochs":  # a column of its own says how many are done, too
            continue
        is_number = all(
            isinstance(getattr(s.config, name), int | float) for s in listed if s.config
        )
        kind = "number" if is_number else "text"
        columns[name] = (name_setting(name), kind, "", lambda s, n=name: _setting(s, n))
    if {*(s.dataset for s in listed), dataset_choice.mend_choice().slug} != {STANDARD}:
        columns["dataset"] = ("Dataset", "text", "", lambda s: (s.dataset, s.dataset))
    columns |= {
        "epochs": ("Epochs", "number", "Epochs done, of those planned", _epochs),
        "time": ("Time", "number", "", lambda s: (formats.duration(s.seconds), s.seconds)),
        "parameters": (
            "Parameters",
            "number",
            "",
            lambda s: (formats.count(s.parameters), s.parameters),
        ),
        "started": ("Started", "text", "In your time zone", lambda s: _started(s, zone)),
        "note": ("Note", "text", "", _note),
    }
    if any(s.tags for s in listed):
        columns["tags"] = ("Tags", "tags", "", lambda s: (" ".join(s.tags), " ".join(s.tags)))
    if not any(s.note or s.message for s in listed):
        del columns["note"]
    return columns


def describe_mean(spread: Spread) -> tuple[str, float | None]:
    text = formats.percent(spread.mean)
    if spread.deviation is not None:
        text += f" ± {100 * spread.deviation:.1f}"
    return text, spread.mean


def _status(summary: Summary) -> tuple[str, str]:
    return (STATUS_NAMES[summary.status],) * 2


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
