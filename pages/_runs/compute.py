"""Does more compute buy accuracy? One dot for each run that is listed."""

from __future__ import annotations

import streamlit as st

from fmnist.runs.tables import Summary
from pages._runs.choice import View
from pages._shared import url

_KEY = "compute_chart"


def render_chart(listed: list[Summary], view: View) -> None:
    """Runs in the chart of curves have their colour here too; a click on a dot opens its run."""
    from fmnist.figures.compute import RunDot, plot_compute

    dots = [
        RunDot(
            summary.run_id,
            summary.name,
            summary.training_macs,
            summary.test_accuracy,
            summary.test_images,
            summary.dataset,
            view.colours.get(summary.run_id, ""),
        )
        for summary in listed
        if summary.training_macs and summary.test_images and summary.test_accuracy is not None
    ]
    if not dots:
        st.info(
            "No run listed here has been trained and scored by the Lab.", icon=":material/info:"
        )
        return
    st.plotly_chart(
        plot_compute(dots),
        key=_KEY,
        on_select=_open,
        selection_mode="points",
        config={"displayModeBar": False},
        alt=f"Test accuracy of {len(dots)} runs against the multiply-adds of their trainings",
    )
    left_out = len(listed) - len(dots)
    st.caption(
        "Multiply-adds of the network for one image × images shown in training. Bars: 95 % "
        "interval. The line: the best accuracy so far. Click a dot to open its run."
        + (f" {left_out:,} left out: not scored, or not trained here." if left_out else "")
    )


def _open() -> None:
    points = st.session_state[_KEY]["selection"]["points"]
    if points:
        url.write(run=points[0]["customdata"][0])
