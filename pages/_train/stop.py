"""Stop and Cancel: each button bears the id of its run, so that a late click reaches no other."""

from __future__ import annotations

import streamlit as st

from fmnist.plain_text import markdown
from fmnist.runs import store
from fmnist.runs.store import Run
from pages._shared import allowed, role

_HELP = {
    "queued": "Removes it from the queue",
    "running": "Ends the training; the model so far is saved and scored",
    "fine-tuned": "Ends it without a model",
    "silent": "Ends its process within seconds, without a model",
}
_NOT_MINE = allowed.WHOSE.format("stop it")
_PROBLEM = "live_problem"  # in the session: why the last press did nothing


def render_stop(run: Run, place: str = "live", **looks: str) -> None:
    """The button of a live run; `place` is where on the page it stands, `looks` a button's."""
    is_stopping = store.is_stop_requested(run.run_dir) and not run.is_silent
    is_queued = run.status.status == "queued"
    is_mine = role.may_stop(run)
    kind = "silent" if run.is_silent else "queued" if is_queued else "running"
    st.button(
        "Stopping …" if is_stopping else "Cancel" if is_queued else "Stop",
        icon=":material/close:" if is_queued else ":material/stop:",
        key=f"{place}_stop_{run.run_id}",
        help=_HELP["fine-tuned" if run.fine_tuned else kind] if is_mine else _NOT_MINE,
        disabled=is_stopping or not is_mine,
        on_click=_stop,
        args=(run.run_id,),
        **looks,
    )


def note_problem(error: Exception) -> None:
    """For `render_problem` to say when the run is drawn next."""
    st.session_state[_PROBLEM] = str(error)


def render_problem() -> None:
    """Why the last press did nothing, once."""
    if _PROBLEM in st.session_state:
        st.error(markdown(st.session_state.pop(_PROBLEM)), icon=":material/error:")


def _stop(run_id: str) -> None:
    try:
        allowed.stop_run(run_id)
    except (role.NotAllowed, store.RunNotFound, store.RunsFolderError) as error:
        note_problem(error)
