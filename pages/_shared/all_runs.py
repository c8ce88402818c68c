"""All runs, read once for a page and its sidebar: a thousand folders take time."""

from __future__ import annotations

import streamlit as st

from fmnist.runs import store
from fmnist.runs.store import Run
from pages._shared import looks

_JUST_READ = "runs_just_read"


def read() -> list[Run]:
    """All there are now, the bundled one last; the page that is drawn next finds them."""
    everything = store.list_runs_and_bundled(looks.list_runs())
    st.session_state[_JUST_READ] = everything
    return everything


def take() -> list[Run]:
    """What `read` has just found. Not for fragments: whoever comes later reads again."""
    return st.session_state.pop(_JUST_READ, None) or store.list_runs_and_bundled(looks.list_runs())


def take_own() -> list[Run]:
    """`take` without the bundled run."""
    return [run for run in take() if not run.is_bundled]
