"""Start a training, from the form or again from a run that has ended; the page then watches it.

A run with the same settings, seed and data is shown instead, unless a second one is wanted.
"""

from __future__ import annotations

import time

import streamlit as st

from fmnist.config import ConfigError, TrainConfig
from fmnist.plain_text import markdown
from fmnist.runs import jobs, store
from pages._shared import role, url
from pages._train.same_run import list_recent

_DOUBLE_CLICK = 2.0  # seconds within which a second press of Start is the same wish


_SHARED = "train_shared"  # in the session: the id of a run that was there when it was asked for


def start(config: TrainConfig, fingerprint: str = "", *, again: bool = False) -> None:
    """Queue a run, or find the same one, and go to it; or say why that is impossible.

    fingerprint: of its data, where it is known. again: also where there is the same one.
    """
    now = time.monotonic()
    if now - st.session_state.get("train_started_at", -_DOUBLE_CLICK) < _DOUBLE_CLICK:
        st.rerun()
    st.session_state["train_started_at"] = now
    try:
        person = role.session_id(), role.most_waiting()
        if again:
            run_id = jobs.start_run(config, *person)
        else:
            run_id, is_new = jobs.find_or_start_run(config, *person, fingerprint)
            st.session_state[_SHARED] = None if is_new else run_id
    except (ConfigError, jobs.TooManyWaiting, store.RunsFolderError) as error:
        st.error(markdown(error), icon=":material/error:")
        return
    list_recent.clear()  # the form looks at what there is now
    url.write(run=run_id)
    st.rerun()


def render_shared(run_id: str) -> None:
    """That this run was there already when it was asked for, once."""
    if st.session_state.get(_SHARED) == run_id:
        del st.session_state[_SHARED]
        st.toast(
            "This run has the settings and seed you asked for, so nothing was trained again.",
            icon=":material/content_copy:",
        )
