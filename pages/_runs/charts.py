"""The curves of the runs whose eye is on, or the accuracy of all runs against their compute."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from fmnist import formats
from fmnist.plain_text import markdown
from fmnist.runs import outputs
from fmnist.runs.store import Run
from fmnist.runs.tables import Summary
from pages._runs import compute
from pages._runs.choice import View
from pages._shared import url

_CHARTS = {"curves": "Curves", "compute": "Accuracy by compute"}
_METRICS = {"accuracy": "Accuracy", "loss": "Loss", "learning_rate": "Learning rate"}
_CURVES = {"val": "Validation", "train": "Training", "both": "Both"}
_ALONG = {"epochs": "Epochs", "seconds": "Seconds"}


def render_charts(
    runs: list[Run],
    titles: list[str],
    view: View,
    groups: Mapping[str, str],
    listed: list[Summary],
) -> None:
    """One chart of the runs in it, all named by `titles`; nothing while none has curves.

    groups: by run id, what the runs that are drawn as one are called together. listed: the runs
    that the other chart is about.
    """
    if not any(run.run_id in view.colours for run in runs):
        return
    with st.container(horizontal=True, vertical_alignment="center", key="runs_controls"):
        chart = _choose("Chart", "chart", _CHARTS)
        if chart == "curves":
            metric, split, along, smoothing = _render_controls()
    if chart == "compute":
        compute.render_chart(listed, view)
        return
    from fmnist.figures.runs import RunCurve, name_same_curves, plot_runs

    drawn = [
        RunCurve(
            title,
            outputs.read_history(run),
            view.colours[run.run_id],
            is_faded=bool(view.selected) and run.run_id not in view.selected,
            group=groups.get(run.run_id, ""),
        )
        for run, title in zip(runs, titles, strict=True)
        if run.run_id in view.colours
    ]
    count = "1 run" if len(drawn) == 1 else f"{len(drawn)} runs"
    st.plotly_chart(
        plot_runs(drawn, metric, split, along, smoothing),
        key="runs_chart",
        config={"displayModeBar": False},
        alt=f"{_METRICS[metric]} of {count} over {_ALONG[along].lower()}",
    )
    if same := name_same_curves(drawn, metric, split):
        names = "; ".join(formats.join(one) for one in same)
        st.caption(f":material/stacked_line_chart: Exactly the same curves: {markdown(names)}.")


def _render_controls() -> tuple:
    """What the address asks to be drawn: metric, split, x axis and smoothing as a fraction."""
    metric = _choose("Metric", "metric", _METRICS)
    split = "train" if metric == "learning_rate" else _choose("Curves", "curves", _CURVES)
    along = _choose("Along", "along", _ALONG)
    smoothing = st.slider(
        "Smoothing",
        0,
        95,
        step=5,
        format="smoothing %d\N{NO-BREAK SPACE}%%",
        width=180,
        label_visibility="collapsed",
        **url.bind("smoothing"),
    )
    return metric, split, along, smoothing / 100


def _choose(label: str, name: str, choices: dict[str, str]) -> str:
    return st.segmented_control(
        label,
        choices,
        format_func=choices.get,
        required=True,
        label_visibility="collapsed",
        **url.bind(name),
    )
