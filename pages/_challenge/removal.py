"""Take somebody out of a challenge, such as one with an offensive nickname: the teacher may."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from fmnist.classroom.challenges import Key
from fmnist.plain_text import markdown
from pages._shared import allowed, role

NO_NAME = "No name"
_CHOSEN = "challenge_remove_who"


def render(key: Key, people: Mapping[str, str]) -> None:
    """people: who may be removed and how each is called here, by token."""
    if not (people and role.is_teacher()):
        return
    with st.popover("Remove somebody", icon=":material/person_remove:", type="tertiary"):
        chosen = st.selectbox(
            "Who",
            list(people),
            format_func=lambda token: people.get(token, token),
            index=None,
            placeholder="Choose a person",
            key=_CHOSEN,
        )
        st.caption("Deletes the nickname and all answers. Whoever it was can begin anew.")
        st.button(
            f"Remove {markdown(people[chosen])}" if chosen else "Remove",
            type="primary",
            icon=":material/delete_forever:",
            key="challenge_remove",
            disabled=chosen is None,
            on_click=_remove,
            args=(key, chosen),
        )


def _remove(key: Key, token: str) -> None:
    st.session_state[_CHOSEN] = None
    try:
        allowed.remove_person(key, token)
    except ValueError as error:
        st.toast(markdown(error), icon=":material/error:", duration="long")
