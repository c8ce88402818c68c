"""Take a person out of a challenge, such as one with an offensive nickname: the teacher may."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import streamlit as st

from fmnist.classroom.challenges import Key
from fmnist.plain_text import markdown
from pages._shared import allowed, role

NO_NAME = "No name"
_CHOSEN = "challenge_remove_who"


def render(key: Key, people: Mapping[str, str]) -> None:
    """people: the nickname of each who may be removed, by token; "" of one who gave none."""
    if not (people and role.is_teacher()):
        return
    labels = _tell_apart(people)
    with st.popover("Remove a person", icon=":material/person_remove:", type="tertiary"):
        chosen = st.selectbox(
            "Who",
            list(labels),
            format_func=lambda token: labels.get(token, token),
            index=None,
            placeholder="Choose a person",
            key=_CHOSEN,
        )
        st.caption("Deletes the nickname and all answers. They can start again.")
        st.button(
            f"Remove {markdown(labels[chosen])}" if chosen else "Remove",
            type="primary",
            icon=":material/delete_forever:",
            key="challenge_remove",
            disabled=chosen is None,
            on_click=_remove,
            args=(key, chosen),
        )


def _tell_apart(people: Mapping[str, str]) -> dict[str, str]:
    """Labels by token, no two the same: a browser sends the label of what was chosen."""
    labels: dict[str, str] = {}
    for token, name in sorted(people.items()):
        name = name or NO_NAME
        label = next(
            label
            for number in itertools.count(1)
            if (label := f"{name} ({number})" if number > 1 else name) not in labels.values()
        )
        labels[token] = label
    return labels


def _remove(key: Key, token: str) -> None:
    st.session_state[_CHOSEN] = None
    try:
        allowed.remove_person(key, token)
    except ValueError as error:
        st.toast(markdown(error), icon=":material/error:", duration="long")
