"""Evaluate: how good is the model in hand, and what exactly does it get wrong?"""

import streamlit as st

from fmnist.data.dataset import CLASS_NAMES
from pages._evaluate import (
    confusion_matrix,
    honest_score,
    image_detail,
    metrics,
    model_card,
    report,
    scored,
)
from pages._evaluate.images import render_images, show_misclassified_shirts
from pages._shared import url, view_switch
from pages._shared.data import was_scored_on
from pages._shared.pager import render_no_such_image

VIEWS = {
    "matrix": (":material/grid_on: Confusions", confusion_matrix.render_matrix),
    "images": (":material/grid_view: Images", render_images),
    "report": (":material/table_chart: Report", report.render_report),
}


def render_view(evaluation, images) -> None:
    """One of the three views; only the chosen one is computed."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        view = view_switch.render({name: label for name, (label, _) in VIEWS.items()})
        if evaluation.class_names == CLASS_NAMES:
            st.button(
                "Misclassified shirts",
                icon=":material/apparel:",
                help="Every shirt it mistakes for something else, most confident first.",
                on_click=show_misclassified_shirts,
            )
    VIEWS[view][1](evaluation, images)


run, data, evaluation = scored.open_page("Evaluate")
index = url.read("index")
if index is not None and index < len(data.test_images):
    image_detail.render(data, evaluation, index)
else:
    if index is not None:
        render_no_such_image(index, len(data.test_images), "them all")
    metrics.render_metrics(evaluation, data)
    honest_score.render(run, data, evaluation)
    render_view(evaluation, data.test_images)
    if run.status.status == "completed" and was_scored_on(run, data):
        model_card.render(run)
