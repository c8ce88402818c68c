"""Evaluate: how good is this run, and what exactly does it get wrong?"""

import streamlit as st

from fmnist import formats
from fmnist.dataset import CLASS_NAMES
from pages import (
    _answers,
    _confusions,
    _data,
    _dataset_choice,
    _model_card,
    _no_scores,
    _one_image,
    _report,
    _url,
)
from pages._run_picker import render_run_picker
from pages._steps import render_no_such_image

VIEWS = {
    "matrix": (":material/grid_on: Confusions", _confusions.render_matrix),
    "images": (":material/grid_view: Images", _answers.render_images),
    "report": (":material/table_chart: Report", _report.render_report),
}


def render_headline(evaluation) -> None:
    """Four numbers about all test images."""
    low, high = evaluation.accuracy_interval
    count = formats.count(len(evaluation.labels))
    metrics = (
        (
            "Test accuracy",
            formats.percent(evaluation.accuracy),
            f"95\N{NO-BREAK SPACE}% interval {100 * low:.1f}–{formats.percent(high)}",
        ),
        ("Errors", formats.count(evaluation.errors), f"of {count} test images"),
        ("Top-2 accuracy", formats.percent(evaluation.top2_accuracy), "right within two guesses"),
        ("Test loss", formats.loss(evaluation.loss), "cross-entropy"),
    )
    with st.container(horizontal=True, gap="small"):
        for label, value, remark in metrics:  # narrow enough for two side by side on a phone
            st.metric(label, value, remark, delta_color="off", delta_arrow="off", width=168)


def render_view(evaluation, images) -> None:
    """One of the three views; only the chosen one is computed."""
    binding = _url.bind("view")
    if st.session_state[binding["key"]] not in VIEWS:
        st.session_state[binding["key"]] = "matrix"
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        view = st.segmented_control(
            "View",
            VIEWS,
            format_func=lambda name: VIEWS[name][0],
            required=True,
            label_visibility="collapsed",
            **binding,
        )
        if evaluation.class_names == CLASS_NAMES:
            st.button(
                "Misclassified shirts",
                icon=":material/apparel:",
                help="Every shirt it takes for something else, the most confident mistakes first.",
                on_click=_answers.show_misclassified_shirts,
            )
    VIEWS[view][1](evaluation, images)


heading, choice = st.columns([1, 2], vertical_alignment="bottom")
heading.title("Evaluate")
with choice:
    run = render_run_picker(lambda candidate: candidate.has_scores)
if run is None:
    _no_scores.render_no_run()
    st.stop()
if not run.has_scores:
    _no_scores.render_reason(run)
    st.stop()
data = _data.dataset_of(run)
if data is None:
    _no_scores.render_another_dataset(run, _data.dataset())
    st.stop()
_dataset_choice.render_whose()
try:
    evaluation = _data.evaluation(run)
except ValueError as error:
    st.error(f"The scores of this run cannot be used: {error}", icon=":material/broken_image:")
    _no_scores.render_link("runs", "See all runs", ":material/list_alt:")
    st.stop()
index = _url.read("index")
if index is not None and index < len(data.test_images):
    _one_image.render(data, evaluation, index)
else:
    if index is not None:
        render_no_such_image(index, len(data.test_images), "them all")
    render_headline(evaluation)
    render_view(evaluation, data.test_images)
    if run.status.status == "completed":
        _model_card.render(run)
