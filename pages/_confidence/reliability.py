"""The reliability diagram, and how far confidence and accuracy lie apart."""

from __future__ import annotations

import streamlit as st

from fmnist import formats
from fmnist.evaluation.calibration import Calibration, Reliability
from fmnist.plain_text import markdown


def render_metrics(before: Reliability, calibration: Calibration | None) -> None:
    """How far confidence and accuracy lie apart, in a line."""
    metrics = [
        (
            "Calibration error",
            formats.percent(before.error),
            f"{before.bins} bins, as predicted",
            (
                f"Expected calibration error: |accuracy − confidence|, averaged over "
                f"{before.bins} bins of equal width, each weighted by its images."
            ),
        )
    ]
    if calibration:
        metrics += [
            (
                "After scaling",
                formats.percent(calibration.after.error),
                "calibration error",
                (
                    "The same error once every logit is divided by the temperature. No prediction "
                    "changes, only how sure the model says it is."
                ),
            ),
            (
                "Temperature",
                f"{calibration.temperature:.2f}",
                "fitted on validation",
                (
                    "Above 1 the model was too sure of itself, below 1 not sure enough. It is the "
                    "one with the smallest cross-entropy on the "
                    f"{formats.count(calibration.validation_images)} validation images; no test "
                    "image has a say."
                ),
            ),
            (
                "Test loss",
                formats.loss(calibration.loss_after),
                f"was {formats.loss(calibration.loss_before)}",
                "Mean cross-entropy after scaling, and before.",
            ),
        ]
    with st.container(horizontal=True, gap="small"):
        for label, value, remark, help_text in metrics:
            st.metric(
                label,
                value,
                remark,
                help=help_text,
                delta_color="off",
                delta_arrow="off",
                width=168,
            )


def render(before: Reliability, calibration: Calibration | None, why_not: str) -> None:
    from fmnist.figures.calibration import plot_reliability

    st.subheader("Reliability")
    st.plotly_chart(
        plot_reliability(before, calibration.after if calibration else None),
        key="reliability",
        config={"displayModeBar": False},
        alt="Accuracy over confidence, in bins; the diagonal is perfect calibration",
    )
    st.caption(
        f"{describe_gap(before)} {before.bins} bins of equal width; a larger dot stands for more "
        "images. Vertical lines are 95\N{NO-BREAK SPACE}% intervals."
    )
    if why_not:
        st.caption(f":material/thermostat: No temperature scaling. {markdown(why_not)}")


def describe_gap(reliability: Reliability) -> str:
    """Whether the model is too sure, in a sentence."""
    points = f"{100 * abs(reliability.gap):.1f} points"
    if abs(reliability.gap) < 0.005:
        return "Over all images its confidence and its accuracy agree within half a point."
    if reliability.gap > 0:
        return f"Over all images it is surer than it is right, by {points}."
    return f"Over all images it is right more often than it says, by {points}."
