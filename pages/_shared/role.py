"""Who looks at this page: which person, and whether the teacher.

A person is a browser: a random id in a cookie of it, of which only a digest goes into run folders.
Another browser, or one that has cleared its cookies, is another person. Where no teacher's key is
set, everybody may do everything.
"""

from __future__ import annotations

import hashlib
import re
import secrets

import streamlit as st

from fmnist import teacher_key
from fmnist.runs.reader import Run
from fmnist.runs.status import Status

MOST_WAITING = 3  # trainings of one person in the queue, where there is a teacher
PERSON_COOKIE, TEACHER_COOKIE = "fmnist_person", "fmnist_teacher"
_PERSON = "person"  # in the session: the id of this browser
_TOKEN = "teacher_token"  # in the session: what the key was exchanged for
_ID = re.compile(r"[\w-]{22}", re.ASCII)


class NotAllowed(ValueError):
    """Only the teacher may do that, or whose it is; the message says so."""


def session_id() -> str:
    """The person that this browser stands for, as run folders name them."""
    return hashlib.sha256(_person().encode()).hexdigest()[:16]


def is_teacher() -> bool:
    """Whether the key was entered here; everybody is, where none is set."""
    return not teacher_key.is_set() or _door().knows(_token())


def may_stop(run: Run) -> bool:
    """Whether this person may stop a run, or change what is said about it."""
    return may_stop_process(run.status)


def may_stop_process(status: Status | None) -> bool:
    """`may_stop` of a run or an analysis with this status."""
    return is_teacher() or (status is not None and status.owner == session_id())


def may_delete(_run: Run) -> bool:
    """Whether this person may delete a run."""
    return is_teacher()


def most_waiting() -> int | None:
    """How many of this person's trainings may wait in the queue; None where it does not matter."""
    return None if is_teacher() else MOST_WAITING


def require_teacher(what: str) -> None:
    """Raises NotAllowed for anybody else. what: "delete runs"."""
    if not is_teacher():
        raise NotAllowed(f"Only the teacher may {what}.")


def enter(key: str) -> None:
    """Be the teacher from now on. Raises teacher_key.WrongKey."""
    st.session_state[_TOKEN] = _door().enter(key, session_id())


def leave() -> None:
    """Be the teacher no more, in every tab of this browser."""
    _door().forget(_token())
    st.session_state[_TOKEN] = ""


def cookies() -> list[tuple[str, str]]:
    """What this browser is to remember, by name; "" where nothing."""
    teacher = [(TEACHER_COOKIE, _token())] if teacher_key.is_set() else []
    return [(PERSON_COOKIE, _person()), *teacher]


def _person() -> str:
    if _PERSON not in st.session_state:
        st.session_state[_PERSON] = _read_cookie(PERSON_COOKIE) or secrets.token_urlsafe(16)
    return st.session_state[_PERSON]


def _token() -> str:
    if _TOKEN not in st.session_state:
        st.session_state[_TOKEN] = _read_cookie(TEACHER_COOKIE)
    return st.session_state[_TOKEN]


def _read_cookie(name: str) -> str:
    found = str(st.context.cookies.get(name, ""))
    return found if _ID.fullmatch(found) else ""


@st.cache_resource(show_spinner=False)
def _door() -> teacher_key.Door:
    return teacher_key.Door()
