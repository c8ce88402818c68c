"""The one setting of the queue, kept for everybody who uses the Lab."""

from __future__ import annotations

import streamlit as st

from fmnist.plain_text import markdown
from fmnist.runs import settings, store
from pages._shared import allowed, role


def render_queue_setting() -> None:
    """How many trainings share the processor; it holds for everybody who uses this Lab."""
    with st.expander("Queue", icon=":material/low_priority:"):
        st.slider(
            "Parallel trainings",
            1,
            settings.MAX_PARALLEL_TRAININGS,
            settings.read_parallel_trainings(),
            key="train_parallel",
            on_change=_set_parallel,
            disabled=not role.is_teacher(),
            help="They share the processor; all others wait in the queue."
            + ("" if role.is_teacher() else " Only the teacher may change it."),
        )
        if "train_problem" in st.session_state:
            st.error(markdown(st.session_state.pop("train_problem")), icon=":material/error:")


def _set_parallel() -> None:
    try:
        allowed.set_parallel_trainings(st.session_state["train_parallel"])
    except (role.NotAllowed, store.RunsFolderError) as error:
        st.session_state["train_problem"] = str(error)
