"""The selected runs side by side: their curves, and where their settings differ."""

from __future__ import annotations

import streamlit as st

from fmnist.figures import curves
from fmnist.plain_text import markdown
from fmnist.runs import outputs
from fmnist.runs.store import Run
from fmnist.runs.tables import compare_settings, describe_datasets, used_different_data
from pages._runs import actions


def render(chosen: list[Run]) -> None:
    """Charts and a table of the runs trained here: an imported model has neither curves nor
    settings.

    A warning stands above them where runs were trained on different data.
    """
    readable = [run for run in chosen if not run.damaged]
    if used_different_data(readable):
        names = ", ".join(dict.fromkeys(describe_datasets(readable)))
        st.warning(
            f"These runs were trained on different data ({markdown(names)}): neither their "
            "accuracies nor their losses say which network is better.",
            icon=":material/difference:",
        )
    trained = [run for run in readable if not run.imported_model]
    labels = actions.tell_apart(trained)
    histories = {
        label: outputs.read_history(run) for label, run in zip(labels, trained, strict=True)
    }
    histories = {label: history for label, history in histories.items() if len(history)}
    if histories:
        for column, metric in zip(st.columns(2), ("accuracy", "loss"), strict=True):
            chart = curves.plot_comparison(histories, metric)
            column.plotly_chart(chart, key=f"runs_{metric}", config={"displayModeBar": False})
    if len(trained) > 1:
        st.markdown("**Where their settings differ**")
        st.dataframe(compare_settings(trained, labels))
