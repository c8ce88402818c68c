"""Start a training, from the form or again from a run that has ended; the page then watches it."""

from __future__ import annotations

import time

import streamlit as st

from fmnist.config import ConfigError, TrainConfig
from fmnist.plain_text import markdown
from fmnist.runs import jobs, store
from pages._shared import url

_DOUBLE_CLICK = 2.0  # seconds within which a second press of Start is the same wish


def start(config: TrainConfig) -> None:
    """Queue a run and go to it, or say why that is impossible."""
    now = time.monotonic()
    if now - st.session_state.get("train_started_at", -_DOUBLE_CLICK) < _DOUBLE_CLICK:
        st.rerun()
    st.session_state["train_started_at"] = now
    try:
        run_id = jobs.start_run(config)
    except (ConfigError, store.RunsFolderError) as error:
        st.error(markdown(error), icon=":material/error:")
        return
    url.write(run=run_id)
    st.rerun()
