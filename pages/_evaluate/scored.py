"""The model in hand with its scores: how every page that asks about them begins."""

from __future__ import annotations

import streamlit as st

from fmnist.data.dataset import Dataset
from fmnist.evaluation.evaluate import Evaluation
from fmnist.plain_text import markdown
from fmnist.runs.store import Run
from pages._evaluate import metrics, not_scored, questions
from pages._shared import model_in_hand, standin
from pages._shared.data import can_evaluate, evaluate_run, switch_to_dataset_of


def open_page(heading: str, question: str = "") -> tuple[Run, Dataset, Evaluation]:
    """The page's title, links to its neighbours, and what it is about.

    Where there is nothing to look at, why and what to do instead, and the script ends.
    """
    st.title(heading)
    questions.render_links()
    if question:
        st.markdown(question)
    run = model_in_hand.read()
    if run is None:
        not_scored.render_no_run()
        st.stop()
    if not run.has_scores:
        not_scored.render_reason(run)
        st.stop()
    data = switch_to_dataset_of(run)
    if not can_evaluate(run, data):
        not_scored.render_another_dataset(run, data)
        st.stop()
    standin.render_banner()
    metrics.render_data_note(run, data)
    try:
        return run, data, evaluate_run(run, data)
    except ValueError as error:
        said = f"This run's scores cannot be used: {markdown(error)}"
        st.error(said, icon=":material/broken_image:")
        not_scored.render_link("runs", "See all runs", ":material/list_alt:")
        st.stop()
