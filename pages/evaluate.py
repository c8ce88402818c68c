"""Evaluate: how good is the model in hand, and what exactly does it get wrong?"""

import streamlit as st

from fmnist.data.dataset import CLASS_NAMES
from fmnist.plain_text import markdown
from pages._evaluate import confusion_matrix, image_detail, metrics, model_card, not_scored, report
from pages._evaluate.images import render_images, show_misclassified_shirts
from pages._shared import model_in_hand, standin, url, view_switch
from pages._shared.data import can_evaluate, evaluate_run, switch_to_dataset_of, was_scored_on
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


st.title("Evaluate")
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
    evaluation = evaluate_run(run, data)
except ValueError as error:
    st.error(f"This run's scores cannot be used: {markdown(error)}", icon=":material/broken_image:")
    not_scored.render_link("runs", "See all runs", ":material/list_alt:")
    st.stop()
index = url.read("index")
if index is not None and index < len(data.test_images):
    image_detail.render(data, evaluation, index)
else:
    if index is not None:
        render_no_such_image(index, len(data.test_images), "them all")
    metrics.render_metrics(evaluation, data)
    render_view(evaluation, data.test_images)
    if run.status.status == "completed" and was_scored_on(run, data):
        model_card.render(run)
