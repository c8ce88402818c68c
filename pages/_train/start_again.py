"""A run that has ended, once more: as it was, or its settings in the form to be changed."""

from __future__ import annotations

import streamlit as st

from fmnist.plain_text import markdown
from fmnist.runs import store
from fmnist.runs.related import find_same
from fmnist.runs.store import Run
from pages._train.config_form import fill_form
from pages._train.same_run import describe, list_recent
from pages._train.start import start


def render_start_again(run: Run) -> None:
    """Both buttons; of a model that was not trained from these settings alone, nothing."""
    if run.fine_tuned or run.imported_model:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        is_pressed = st.button(
            "Start again with these settings",
            icon=":material/replay:",
            key=f"start_again_{run.run_id}",
            help="A new run with the same settings and seed; it gives much the same model.",
        )
        st.button(
            "Copy settings to the form",
            icon=":material/edit:",
            type="tertiary",
            key=f"copy_settings_{run.run_id}",
            help="Change them there, then press Start training.",
            on_click=fill_form,
            args=(run.config,),
        )
    same = find_same(run.config, list_recent(str(store.runs_dir())))
    if same and same.run_id != run.run_id:
        st.caption(f"“{markdown(same.title)}” has the same settings and seed: {describe(same)}.")
    if is_pressed:
        start(run.config, again=run.status.status == "completed")
