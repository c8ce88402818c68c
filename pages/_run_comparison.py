"""The selected runs side by side: their curves, and where their settings differ."""

from __future__ import annotations

import streamlit as st

from fmnist import figures, runs
from fmnist.run_tables import compare_settings, describe_datasets, saw_different_data
from fmnist.runs import Run
from pages import _run_actions


def render(chosen: list[Run]) -> None:
    """Charts and a table of runs; a warning above them where they saw different data."""
    with_curves = [run for run in chosen if not run.damaged]
    if saw_different_data(with_curves):
        names = ", ".join(dict.fromkeys(describe_datasets(with_curves)))
        st.warning(
            f"These runs saw different data ({names}): neither their accuracies nor their losses "
            "say which network is better.",
            icon=":material/difference:",
        )
    labels = _run_actions.tell_apart(with_curves)
    histories = {
        label: runs.read_history(run) for label, run in zip(labels, with_curves, strict=True)
    }
    histories = {label: history for label, history in histories.items() if len(history)}
    if histories:
        for column, metric in zip(st.columns(2), ("accuracy", "loss"), strict=True):
            chart = figures.plot_comparison(histories, metric)
            column.plotly_chart(chart, key=f"runs_{metric}", config={"displayModeBar": False})
    if len(with_curves) > 1:
        st.markdown("**Where their settings differ**")
        st.dataframe(compare_settings(with_curves, labels))
