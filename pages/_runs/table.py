"""The table of runs: an eye in the colour of its curve, a box to select it, a click that opens it.

A component of its own: rows of Streamlit's dataframe can be selected, but neither toggled nor
opened, and a screen reader finds no table in its canvas.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import streamlit as st

from fmnist.config import FIELDS
from fmnist.runs.listing import Group, find_best
from fmnist.runs.tables import Summary
from pages._runs.choice import MOST_SHOWN, View, keep_view
from pages._runs.columns import choose_columns, describe_cells, describe_mean
from pages._shared.style import read_beside

KEY = "runs_table"
_OWN = ("name", "seed", "epochs")  # what each run of a group has for itself
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
    columns = choose_columns(listed)
    names, zone = tuple(columns), st.context.timezone
    best = find_best(listed)
    rows: list[dict[str, Any]] = []
    for group in groups:
        is_group = len(group.members) > 1
        if is_group:
            rows.append(_group_row(group, names, zone, best))
        for member in group.members:
            cells = describe_cells(member, names, zone)
            rows.append(_row(member, cells, best) | {"inGroup": is_group})
    _component(
        key=KEY,
        # In a list: given a dictionary, Streamlit imports pandas to look for tables in it.
        data=[
            {
                "columns": [asdict(column) for column in columns.values()],
                "rows": rows,
                "shown": view.shown,
                "selected": view.selected,
                "opened": view.opened,
                "colours": view.colours,
                "most": MOST_SHOWN,
                "seq": view.last_change,
            }
        ],
        on_view_change=lambda: keep_view(st.session_state.get(KEY, {}).get("view")),
    )


def _row(summary: Summary, cells: list[tuple[str, Any]], best: set[str]) -> dict[str, Any]:
    return {
        "id": summary.run_id,
        "name": summary.name,
        "tags": list(summary.tags),
        "best": _BEST if summary.run_id in best else "",
        "hasCurves": bool(summary.epochs_done),
        "cells": [text for text, _ in cells],
        "sort": [value for _, value in cells],
    }


def _group_row(
    group: Group, names: tuple[str, ...], zone: str | None, best: set[str]
) -> dict[str, Any]:
    """A line about runs of one config: how many, their means, and the settings that they share.

    That of a sweep is folded until it is clicked, and tells of its best run by validation accuracy.
    """
    first = group.members[0]
    if group.sweep_id:
        cells = describe_cells(group.best, names, zone)
        own = dict(zip(names, cells, strict=True)) | {
            "name": (group.name, group.name.casefold()),
            "status": ("Best of them", "Best of them"),
        }
        return {
            "id": f"sweep-{group.sweep_id}",
            "name": group.name,
            "tags": [],
            "best": _BEST if group.best.run_id in best else "",
            "members": [member.run_id for member in group.members],
            "folds": True,
            "hasCurves": True,
            "cells": [text for text, _ in own.values()],
            "sort": [value for _, value in own.values()],
        }
    own = {
        "name": (group.name, first.name.casefold()),
        "val": describe_mean(group.best_val_accuracy),
        "test": describe_mean(group.test_accuracy),
    }
    blank = ("", None)
    shared = {
        name: own.get(name, cell if name in FIELDS and name not in _OWN else blank)
        for name, cell in zip(names, describe_cells(first, names, zone), strict=True)
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
