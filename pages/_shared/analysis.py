"""A long computation in the background: its start, its progress with Stop, and how it ended."""

from __future__ import annotations

import streamlit as st

from fmnist import formats
from fmnist.analysis import GO_ON
from fmnist.plain_text import markdown
from fmnist.runs import analyses
from fmnist.runs.analyses import Analysis
from fmnist.runs.folder import RunsFolderError
from fmnist.runs.status import Status
from pages._shared import allowed, role

TICK = 0.5  # seconds


def render(analysis: Analysis, label: str, usual_seconds: float, *, is_whole: bool = True) -> bool:
    """True, with nothing drawn, once it has been computed. Until then what there is to do or see.

    label: of the button that starts it; one of a page may have it. usual_seconds: how long it takes
    on two cores with nothing else to do. is_whole: whether what it left can be read; where not, it
    can be started again.
    """
    status = analysis.status
    if status and status.status == "completed" and is_whole:
        return True
    key = f"analysis_{analysis.request.what}"
    with st.container(key=key):
        if status and status.is_live:
            st.fragment(_render_progress, run_every=TICK)(analysis)
            return False
        if status and status.status == "failed":
            st.error(
                f"It could not be computed. {markdown(status.message)}", icon=":material/error:"
            )
        stopped = "Go on" if analysis.request.what in GO_ON else "Start again"
        again = {"failed": "Try again", "stopped": stopped}.get(status.status) if status else None
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(again or label, icon=":material/play_arrow:", key=f"{key}_start"):
                _start(analysis)
            usual = formats.rough_duration(usual_seconds)
            st.caption(f"Takes about {usual} in the background, just once.", width="content")
    return False


def _start(analysis: Analysis) -> None:
    try:
        analyses.start(analysis, role.session_id())
    except RunsFolderError as error:
        st.error(markdown(error), icon=":material/error:")
    else:
        st.rerun()


def _render_progress(analysis: Analysis) -> None:
    """The whole page follows when it has ended."""
    status = analysis.status
    if status is None or not status.is_live:
        st.rerun()
    done, total = status.step or 0, status.steps_per_epoch or 0
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(done / total, 1.0) if total else 0.0, markdown(_describe(status)))
        st.button(
            "Stopping …" if analysis.is_stopping else "Stop",
            icon=":material/stop:",
            key=f"analysis_{analysis.request.what}_stop",
            disabled=analysis.is_stopping or not role.may_stop_process(status),
            on_click=_stop,
            args=(analysis,),
        )


def _describe(status: Status) -> str:
    """E.g. "Looking for the nearest training images · 40 % · about 20 s left"."""
    message = status.message or "computing"
    parts = [message[:1].upper() + message[1:]]
    done, total = status.step or 0, status.steps_per_epoch or 0
    if done and total:
        parts.append(formats.percent(done / total))
        if status.images_per_second:
            left = formats.rough_duration((total - done) / status.images_per_second)
            parts.append(f"about {left} left")
    return " · ".join(parts) + ("" if done else " …")


def _stop(analysis: Analysis) -> None:
    try:
        allowed.stop_analysis(analysis)
    except (role.NotAllowed, RunsFolderError) as error:
        st.toast(markdown(error), icon=":material/error:")
