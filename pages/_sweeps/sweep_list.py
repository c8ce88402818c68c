"""The sweeps there are, a line each."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from fmnist import formats
from fmnist.plain_text import markdown
from fmnist.sweeps.results import read_results
from fmnist.sweeps.sweep import SweepState, list_sweeps
from pages._shared import url
from pages._sweeps import words

TICK = 3.0  # seconds
_MOST = 8  # lines; the others are one click away


def render_back() -> None:
    st.page_link(
        "pages/sweeps.py",
        label="All sweeps",
        icon=":material/arrow_back:",
        query_params=url.link(),
    )


def render(states: Sequence[SweepState]) -> None:
    """The newest first; looked at again and again while one runs."""
    is_live = any(state.is_live for state in states)
    st.fragment(_render, run_every=TICK if is_live else None)([states])


def _render(just_read: list[Sequence[SweepState]]) -> None:
    states = just_read.pop() if just_read else list_sweeps()
    with st.container(border=True, gap="xsmall", key="sweep_list"):
        for state in states[:_MOST]:
            _render_line(state)
        if len(states) > _MOST:
            with st.expander(f"{len(states) - _MOST} more"):
                for state in states[_MOST:]:
                    _render_line(state)


def _render_line(state: SweepState) -> None:
    word, icon, colour = words.STATUS[state.status.status]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(
            "pages/sweeps.py",
            label=f"**{markdown(state.title)}**",
            icon=":material/tune:",
            query_params=url.link(sweep=state.sweep_id),
            width="content",
        )
        st.badge(word, icon=icon, color=colour)
        found = read_results(state.folder)
        started = formats.local_time(formats.seconds_of(state.sweep_id), st.context.timezone)
        what = words.describe_progress(state, found) if state.sweep else "damaged"
        st.caption(f"{what} · {started}", width="content")
