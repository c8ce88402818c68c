"""The run's figures in a line, and which test images they are about."""

from __future__ import annotations

import streamlit as st

from fmnist import formats
from fmnist.data import catalogue
from fmnist.data.dataset import STAND_IN, Dataset
from fmnist.evaluation.evaluate import Evaluation
from fmnist.plain_text import markdown
from fmnist.runs import outputs
from fmnist.runs.store import Run
from pages._shared import dataset_choice
from pages._shared.data import was_scored_on


def render_data_note(run: Run, data: Dataset) -> None:
    """Say which data the predictions are about, where that is not a matter of course."""
    if run.fine_tuned:
        st.caption(f":material/school: {run.fine_tuned.explanation}")
    data_name = markdown(dataset_choice.mend_choice().name)
    if not was_scored_on(run, data):
        then = formats.percent(outputs.read_results(run).get("test_accuracy"))
        seen = markdown(outputs.read_environment(run).get("dataset", "other data"))
        st.caption(
            f":material/dataset: Scored here on the {formats.count(len(data.test_labels))} test "
            f"images of **{data_name}**. The data it was trained on, {seen}, is not here; there it "
            f"scored {then}."
        )
    elif len(catalogue.list_choices()) > 1:
        st.caption(f":material/dataset: Predictions for {data_name}, which it was trained on.")


def render_metrics(evaluation: Evaluation, data: Dataset) -> None:
    """Four numbers about all test images, called what they are."""
    which = "Stand-in" if data.slug == STAND_IN else "Test"
    low, high = evaluation.accuracy_interval
    count = formats.count(len(evaluation.labels))
    metrics = (
        (
            f"{which} accuracy",
            formats.percent(evaluation.accuracy),
            f"95\N{NO-BREAK SPACE}% interval {100 * low:.1f}–{formats.percent(high)}",
        ),
        ("Errors", formats.count(evaluation.errors), f"of {count} test images"),
        ("Top-2 accuracy", formats.percent(evaluation.top2_accuracy), "right in two guesses"),
        (f"{which} loss", formats.loss(evaluation.loss), "cross-entropy"),
    )
    with st.container(horizontal=True, gap="small"):
        for label, value, remark in metrics:  # narrow enough for two side by side on a phone
            st.metric(label, value, remark, delta_color="off", delta_arrow="off", width=168)
