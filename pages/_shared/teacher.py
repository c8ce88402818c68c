"""The teacher's key, in the sidebar: entered there and given back; nothing where none is set."""

from __future__ import annotations

import streamlit as st

from fmnist import teacher_key
from fmnist.plain_text import markdown
from pages._shared import role

_KEY = "teacher_key"  # of the field; emptied as soon as it was sent
_PROBLEM = "teacher_problem"


def render() -> None:
    """A field for the key, or that it was entered."""
    if not teacher_key.is_set():
        return
    with st.sidebar, st.container(key="teacher"):
        if role.is_teacher():
            with st.container(horizontal=True, vertical_alignment="center"):
                st.badge("Teacher", icon=":material/school:", color="green")
                st.button("Leave", type="tertiary", key="teacher_leave", on_click=role.leave)
            return
        problem = st.session_state.get(_PROBLEM)  # said once; "" from then on
        has_tried = problem is not None
        if problem:
            st.session_state[_PROBLEM] = ""
        with st.expander("Teacher", icon=":material/school:", expanded=has_tried):
            if problem:  # above the field: below, it would be out of sight
                st.error(markdown(problem), icon=":material/key_off:")
            with st.form("teacher_form", clear_on_submit=True, border=False):
                st.text_input(
                    "Teacher's key",
                    type="password",
                    max_chars=200,
                    key=_KEY,
                    autocomplete="off",
                    help="Whoever has it may delete, stop other people's runs, reorder the queue "
                    "and change settings.",
                )
                st.form_submit_button("Enter", icon=":material/key:", on_click=_enter)


def _enter() -> None:
    try:
        role.enter(st.session_state[_KEY])
    except teacher_key.WrongKey as error:
        st.session_state[_PROBLEM] = str(error)
