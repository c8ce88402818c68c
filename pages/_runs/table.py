"""The table of runs: an eye in the colour of its curve, a box to select it, a click that opens it.

A component of its own: rows of Streamlit's dataframe can be selected, but neither toggled nor
opened, and a screen reader finds no table in its canvas.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from fmnist import formats
from fmnist.config import FIELDS
from fmnist.data.dataset import STANDARD
from fmnist.plain_text import shorten
from fmnist.runs.listing import Group, Spread, find_best
from fmnist.runs.tables import Summary, differing_settings
from pages._runs.choice import MOST_SHOWN, View, keep_view
from pages._runs.words import name_setting, name_value
from pages._shared import dataset_choice
from pages._shared.style import read_beside

KEY = "runs_table"
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
_OWN = ("name", "seed", "epochs")  # what each run of a group has for itself
_LONGEST_NOTE = 60  # characters of a note or a message in the table
_BEST = "The best accuracy on validation images"

_component = st.components.v2.component(
    "fmnist_runs_table",
    html='<div class="frame"></div>',
    css=read_beside(__file__, "table.css"),
    js=read_beside(__file__, "table.js"),
)


def render_table(groups: list[Group], view: View) -> None:
    """Draw the runs listed; a line with mean and deviation stands above each group of several."""
    listed = [member for group in groups for member in group.members]
    columns = _choose_columns(listed)
    best = find_best(listed)
    rows: list[dict[str, Any]] = []
    for group in groups:
        is_group = len(group.members) > 1
        if is_group:
            rows.append(_group_row(group, columns))
        rows += [_row(member, columns, best) | {"inGroup": is_group} for member in group.members]
    _component(
        key=KEY,
        # In a list: given a dictionary, Streamlit imports pandas to look for tables in it.
        data=[
            {
                "columns": [
                    {"label": label, "kind": kind, "help": text}
                    for label, kind, text, _ in columns.values()
                ],
                "rows": rows,
                "shown": view.shown,
                "selected": view.selected,
                "opened": view.opened,
                "colours": view.colours,
                "most": MOST_SHOWN,
                "seq": view.last_change,
            }
        ],
        on_view_change=lambda: keep_view(st.session_state[KEY].view),
    )


def _choose_columns(listed: list[Summary]) -> dict[str, tuple]:
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


def _row(summary: Summary, columns: dict[str, tuple], best: set[str]) -> dict[str, Any]:
    told = [tell(summary) for *_, tell in columns.values()]
    return {
        "id": summary.run_id,
        "name": summary.name,
        "tags": list(summary.tags),
        "best": _BEST if summary.run_id in best else "",
        "hasCurves": bool(summary.epochs_done),
        "cells": [text for text, _ in told],
        "sort": [value for _, value in told],
    }


def _group_row(group: Group, columns: dict[str, tuple]) -> dict[str, Any]:
    """A line about runs of one config: how many, their means, and the settings that they share."""
    first = group.members[0]
    own = {
        "name": (f"{len(group.members)} seeds: {first.name}", first.name.casefold()),
        "val": _mean(group.best_val_accuracy),
        "test": _mean(group.test_accuracy),
    }
    blank = ("", None)
    shared = {
        name: own.get(name, tell(first) if name in FIELDS and name not in _OWN else blank)
        for name, (*_, tell) in columns.items()
    }
    return {
        "id": f"group-{first.run_id}",
        "name": own["name"][0],
        "tags": [],
        "best": "",
        "members": [member.run_id for member in group.members],
        "hasCurves": True,
        "cells": [text for text, _ in shared.values()],
        "sort": [value for _, value in shared.values()],
    }


def _mean(spread: Spread) -> tuple[str, float | None]:
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
