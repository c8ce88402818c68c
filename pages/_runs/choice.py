"""What is looked at among the runs: those in the chart, those selected, and the one opened.

The address holds all of it, of a selection the first ten; this tab remembers the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import streamlit as st

from fmnist.figures.palette import RUN_COLOURS
from fmnist.plain_text import markdown
from fmnist.runs.folder import BUNDLED_ID, RUN_ID
from fmnist.runs.listing import Group
from fmnist.runs.tables import Summary
from pages._shared import url

MOST_SHOWN = len(RUN_COLOURS)  # curves in the chart: a colour each
MOST_IN_ADDRESS = 10
_SELECTED, _COLOURS, _LAST_CHANGE = "runs_selected", "runs_colours", "runs_last_change"


@dataclass(frozen=True)
class View:
    """Run ids, all of runs that are there; `colours` has one for each in the chart."""

    shown: list[str]
    selected: list[str]
    opened: str | None
    colours: dict[str, str]
    last_change: int  # number of the last change that the table has told


def read_view(everything: list[Summary], listed: list[Summary]) -> View:
    """What the address asks for. Runs that are gone are a warning; without a choice of curves, the
    selected runs have one, then the newest listed.
    """
    there = {summary.run_id: summary for summary in everything}
    selected, opened = _read_selected(), url.read("run")
    for run_id in dict.fromkeys([*selected, *([opened] if opened else [])]):
        if run_id not in there:
            st.warning(
                f"There is no run “{markdown(run_id)}”: it may have been deleted.",
                icon=":material/link_off:",
            )
    selected = [run_id for run_id in selected if run_id in there]
    shown = url.read("shown")
    if shown is None:
        first = [run_id for run_id in [*selected, opened] if run_id in there]
        shown = [*first, *(summary.run_id for summary in listed)]
    shown = [run_id for run_id in dict.fromkeys(shown) if run_id in there]
    shown = [run_id for run_id in shown if there[run_id].epochs_done][:MOST_SHOWN]
    last_change = st.session_state.get(_LAST_CHANGE, 0)
    return View(shown, selected, opened if opened in there else None, _colour(shown), last_change)


def draw_as_one(view: View, groups: Iterable[Group]) -> tuple[View, dict[str, str]]:
    """The runs of a group, where several are in the chart, in one colour; by id, their name."""
    colours = dict(view.colours)
    names: dict[str, str] = {}
    count: Counter[str] = Counter()
    for group in groups:
        if group.sweep_id:  # many settings: a curve each
            continue
        shown = [member for member in group.members if member.run_id in colours]
        if len(shown) > 1:
            first = shown[0]
            count[group.name] += 1  # the same name may be that of other settings
            same = count[group.name]
            name = f"{group.name} ({same})" if same > 1 else group.name
            for member in shown:
                names[member.run_id] = name
                colours[member.run_id] = view.colours[first.run_id]
    return replace(view, colours=colours), names


def _read_selected() -> list[str]:
    """The address's selection, or the whole of it where that is its beginning."""
    remembered, asked = st.session_state.get(_SELECTED, []), url.read("runs")
    return remembered if remembered[:MOST_IN_ADDRESS] == asked else asked


def _colour(shown: list[str]) -> dict[str, str]:
    """A colour for each run in the chart, which it keeps for as long as it is there."""
    kept = st.session_state.get(_COLOURS, {})
    colours = {run_id: kept[run_id] for run_id in shown if run_id in kept}
    free = [colour for colour in RUN_COLOURS if colour not in colours.values()]
    fresh = [run_id for run_id in shown if run_id not in colours]
    colours |= dict(zip(fresh, free, strict=False))
    st.session_state[_COLOURS] = colours
    return colours


def keep_view(told: object) -> None:
    """Put what the table says of a click into the address; what makes no sense is left out."""
    match told:
        case {"seq": int(number), "shown": list(shown), "selected": list(selected)}:
            opened = told.get("opened")
            before = url.read("shown")
            shown = _only_ids(shown)[:MOST_SHOWN]
            is_chosen = before is not None or set(shown) != set(st.session_state.get(_COLOURS, {}))
            st.session_state[_LAST_CHANGE] = number
            st.session_state[_SELECTED] = selected = _only_ids(selected)
            url.write(
                shown=shown if is_chosen else None,
                run=next(_ids([opened]), None),
                runs=selected[:MOST_IN_ADDRESS],
            )


def select(run_ids: list[str]) -> None:
    """Select these runs and no others."""
    st.session_state[_SELECTED] = run_ids
    url.write(runs=run_ids[:MOST_IN_ADDRESS])


def forget(run_ids: Iterable[str]) -> None:
    """Take runs that are gone out of all that is looked at."""
    gone = set(run_ids)
    shown, opened = url.read("shown"), url.read("run")
    selected = [run_id for run_id in _read_selected() if run_id not in gone]
    st.session_state[_SELECTED] = selected
    url.write(
        shown=shown and [run_id for run_id in shown if run_id not in gone],
        run=None if opened in gone else opened,
        runs=selected[:MOST_IN_ADDRESS],
    )


def _only_ids(values: list) -> list[str]:
    return list(dict.fromkeys(_ids(values)))


def _ids(values: list):
    for value in values:
        if isinstance(value, str) and (value == BUNDLED_ID or RUN_ID.fullmatch(value)):
            yield value
