"""The queue: what trains, what is next, and in which order the rest follows, with its buttons."""

from __future__ import annotations

import streamlit as st

from fmnist.plain_text import markdown
from fmnist.runs import store
from fmnist.runs.queue import Queue, Waiting
from fmnist.runs.store import Run
from pages._shared import allowed, looks, role, url
from pages._train.stop import note_problem, render_stop

_TRAINING_ICON = ":material/model_training:"
_MOST = 8  # rows; the Runs page has them all


def look_at_queue() -> Waiting:
    """What trains and what waits now, read with little work."""
    try:
        return looks.look_at_queue(_queue(str(store.runs_dir())))
    except OSError:  # no run was ever made here
        return Waiting([], [])


@st.cache_resource(show_spinner=False, max_entries=4, ttl=60)
def _queue(folder: str) -> Queue:
    return Queue(store.runs_dir())


def render_queue(watched: Run, found: Waiting) -> None:
    """The list, open while the run watched is in it; nothing while nothing waits."""
    if not found.waiting:
        return
    count = len(found.waiting)
    first = found.up_next or found.waiting[0]
    label = f"Queue: {count} waiting · next: {markdown(first.title)}"
    is_waiting = watched.status.status == "queued"
    opened = st.expander(
        label, icon=":material/format_list_numbered:", expanded=is_waiting, key="live_queue"
    )
    with opened, st.container(gap="xxsmall"):
        rows = [(run, "training") for run in found.running]
        rows += [(run, "next" if run is first else "") for run in found.waiting]
        for place, (run, word) in enumerate(rows[:_MOST], start=1 - len(found.running)):
            words = [f"{place}" if place > 0 else "", markdown(run.title), word]
            label = " · ".join(filter(None, words))
            _render_row(run, label, run.run_id == watched.run_id, can_move_up=place > 1)
        if len(rows) > _MOST:
            st.caption(f"… and {len(rows) - _MOST} more; the Runs page lists them all.")


def _render_row(run: Run, label: str, is_watched: bool, *, can_move_up: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"queue_{run.run_id}"):
        st.page_link(
            "pages/train.py",
            label=f"{label} · shown here" if is_watched else label,
            icon=":material/hourglass_top:" if run.status.status == "queued" else _TRAINING_ICON,
            query_params=url.link(run=run.run_id),
            width="stretch",
        )
        if can_move_up and role.is_teacher():
            st.button(
                "Move up",
                icon=":material/arrow_upward:",
                key=f"queue_up_{run.run_id}",
                type="tertiary",
                on_click=_move_up,
                args=(run.run_id,),
            )
        # That of the run shown is above.
        if run.status.status == "queued" and not is_watched and role.may_stop(run):
            render_stop(run, "queue", type="tertiary")


def _move_up(run_id: str) -> None:
    try:
        allowed.move_up(_queue(str(store.runs_dir())), run_id)
    except (role.NotAllowed, store.RunsFolderError) as error:
        note_problem(error)
