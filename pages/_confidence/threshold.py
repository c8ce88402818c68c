"""Answering only when surer than a threshold: how many images that leaves, and how many right."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist import formats
from fmnist.evaluation.calibration import Answers, answer_when_surer, compute_risk_coverage
from fmnist.evaluation.evaluate import Evaluation
from pages._shared import url

SCALES = {"predicted": "As predicted", "scaled": "After temperature scaling"}


def render(evaluation: Evaluation, scaled: np.ndarray | None) -> None:
    """The threshold, what it does, and the curve of all thresholds.

    scaled: float32 (N,), the confidence after temperature scaling, where that is known.
    """
    from fmnist.figures.calibration import plot_risk_coverage

    st.subheader("Coverage against accuracy")
    confidence = evaluation.confidence
    if scaled is not None:
        name = st.segmented_control(
            "Confidence",
            SCALES,
            format_func=SCALES.get,
            required=True,
            label_visibility="collapsed",
            **url.bind("confidence"),
        )
        confidence = scaled if name == "scaled" else confidence
    percent = st.slider("Answer only when surer than (%)", 0, 99, **url.bind("surer"))
    answers = answer_when_surer(confidence, evaluation.is_correct, percent / 100)
    st.markdown(f"**{describe(answers)}**")
    if answers.interval:
        low, high = answers.interval
        st.caption(
            f"{formats.count(answers.answered)} of {formats.count(answers.images)} test images are "
            f"answered, {formats.count(answers.answered - answers.right)} of them wrongly "
            f"(accuracy, 95\N{NO-BREAK SPACE}% interval: {100 * low:.1f}–{formats.percent(high)})."
        )
    st.plotly_chart(
        plot_risk_coverage(compute_risk_coverage(confidence, evaluation.is_correct), answers),
        key="risk_coverage",
        config={"displayModeBar": False},
        alt="Fraction of wrong answers over the fraction of images answered",
    )
    st.caption(
        "Risk and coverage: the more images it answers, surest first, the more answers are wrong. "
        "The curve of a model that knows when it is wrong stays low for long."
    )
    if confidence is evaluation.confidence:
        _render_links(percent)


def describe(answers: Answers) -> str:
    """ "Answer only when surer than 90 %: 78.0 % of images, 98.6 % right."""
    start = f"Answer only when surer than {100 * answers.threshold:.0f}\N{NO-BREAK SPACE}%"
    if answers.accuracy is None:
        return f"{start}: no image is left."
    return (
        f"{start}: {formats.percent(answers.coverage)} of images, "
        f"{formats.percent(answers.accuracy)} right."
    )


def _render_links(percent: int) -> None:
    """To the images on either side of the threshold, on Evaluate."""
    with st.container(horizontal=True):
        for label, icon, filters in (
            ("See the wrong answers", "error", {"show": "wrong", "min_confidence": percent}),
            ("See those not answered", "help", {"show": "all", "max_confidence": percent}),
        ):
            st.page_link(
                "pages/evaluate.py",
                label=label,
                icon=f":material/{icon}:",
                query_params=url.link(view="images", **filters),
                width="content",
            )
