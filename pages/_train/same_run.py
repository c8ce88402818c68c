"""What is about to be trained may have been trained before: Start then leads to that run."""

from __future__ import annotations

import streamlit as st

from fmnist import formats
from fmnist.config import TrainConfig
from fmnist.plain_text import markdown
from fmnist.runs import outputs, store
from fmnist.runs.related import find_same
from fmnist.runs.store import Run
from pages._shared import url


def render_same_run(config: TrainConfig, fingerprint: str) -> bool:
    """The run that has these settings and this seed already; nothing where there is none.

    Returns whether it is to be trained again. fingerprint: of the data.
    """
    run = find_same(config, list_recent(str(store.runs_dir())), fingerprint)
    if run is None:
        return False
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.page_link(
            "pages/train.py",
            label=f"Same settings and seed: {markdown(run.title)} · {describe(run)}",
            icon=":material/content_copy:",
            query_params=url.link(run=run.run_id),
            help="**Start training** shows this run instead of training it twice.",
        )
        return st.button(
            "Train again anyway",
            icon=":material/replay:",
            type="tertiary",
            key="train_again_anyway",
            help="Gives much the same model. Change the seed to see how much chance decides.",
        )


def describe(run: Run) -> str:
    """How far it is: "91.8 % on the test set", or in a word."""
    if run.is_live:
        return "waiting" if run.status.status == "queued" else "training now"
    accuracy = formats.percent(outputs.read_results(run).get("test_accuracy"))
    return f"{accuracy} on the {'stand-in' if run.trained_on_standin else 'test set'}"


@st.cache_resource(show_spinner=False, max_entries=2, ttl=5)
def list_recent(folder: str, _just_read: list[Run] | None = None) -> list[Run]:
    """All runs, as they were a few seconds ago: the form asks at every move of a slider.

    just_read: all of them, for whoever has them anyway.
    """
    return store.list_runs() if _just_read is None else _just_read
