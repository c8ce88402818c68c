"""Cancel, resume and delete a sweep: for whose it is and the teacher."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from fmnist.config import ConfigError
from fmnist.plain_text import markdown
from fmnist.runs.folder import RunsFolderError
from fmnist.sweeps.sweep import Sweep, SweepNotFound, SweepState
from pages._shared import allowed, role, url

_PROBLEM = "sweep_problem"  # in the session: why the last press did nothing
_MISTAKES = (role.NotAllowed, SweepNotFound, RunsFolderError, ConfigError)


def render_problem() -> None:
    """Why the last press did nothing, once."""
    if _PROBLEM in st.session_state:
        st.error(markdown(st.session_state.pop(_PROBLEM)), icon=":material/error:")


def start(sweep: Sweep) -> None:
    """Start it and go to it, or say why that is impossible."""
    try:
        state = allowed.start_sweep(sweep)
    except _MISTAKES as error:
        st.session_state[_PROBLEM] = str(error)
    else:
        url.write(sweep=state.sweep_id)


def render(state: SweepState) -> None:
    """The buttons that fit a sweep's state."""
    is_mine = role.may_stop_process(state.status)
    if state.is_live:
        _button(
            "Cancelling …" if state.is_stopping else "Cancel all",
            ":material/stop:",
            allowed.cancel_sweep,
            state,
            "Stops its trainings and begins no more; what is finished is kept."
            if is_mine
            else allowed.WHOSE.format("cancel it"),
            disabled=state.is_stopping or not is_mine,
        )
        return
    if state.status.status in ("stopped", "failed") and not state.damaged:
        _button(
            "Resume",
            ":material/play_arrow:",
            allowed.resume_sweep,
            state,
            "Goes on where it ended; trials that were cut short begin again."
            if is_mine
            else allowed.WHOSE.format("resume it"),
            disabled=not is_mine,
        )
    may = role.is_teacher()
    why_not = None if may else "Only the teacher may delete sweeps."
    with st.popover("Delete", icon=":material/delete:", disabled=not may, help=why_not):
        st.markdown("Delete this sweep? Its runs stay in Runs.")
        st.button(
            "Delete",
            type="primary",
            key="sweep_delete",
            on_click=_delete,
            args=(state.sweep_id,),
        )


def _button(
    label: str,
    icon: str,
    action: Callable[[str], None],
    state: SweepState,
    about: str,
    *,
    disabled: bool,
) -> None:
    st.button(
        label,
        icon=icon,
        key=f"sweep_action_{state.sweep_id}",
        help=about,
        disabled=disabled,
        on_click=_do,
        args=(action, state.sweep_id),
    )


def _do(action: Callable[[str], None], sweep_id: str) -> None:
    try:
        action(sweep_id)
    except (*_MISTAKES, ValueError) as error:
        st.session_state[_PROBLEM] = str(error)


def _delete(sweep_id: str) -> None:
    _do(allowed.delete_sweep, sweep_id)
    if _PROBLEM not in st.session_state:
        url.write(sweep=None)
