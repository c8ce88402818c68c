"""Precision, recall and F1 of each class, as a table and as bars; all predictions as a file."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist.evaluation.evaluate import Evaluation, predictions_table
from fmnist.plain_text import to_csv
from pages._shared import url


def render_report(evaluation: Evaluation, _images: np.ndarray) -> None:
    from fmnist.figures.evaluation import plot_report

    left, right = st.columns([5, 6], gap="medium")
    with left:
        st.dataframe(
            evaluation.report,
            hide_index=True,
            height="content",
            column_config={
                "class": "Class",
                "precision": st.column_config.NumberColumn(
                    "Precision",
                    format="%.3f",
                    help="Of the images predicted as this class, the fraction that are.",
                ),
                "recall": st.column_config.NumberColumn(
                    "Recall",
                    format="%.3f",
                    help="Of the images of this class, the fraction recognised.",
                ),
                "f1": st.column_config.NumberColumn(
                    "F1", format="%.3f", help="The harmonic mean of precision and recall."
                ),
                "support": st.column_config.NumberColumn("Support", help="Images of this class."),
            },
        )
        st.download_button(
            "Download predictions",
            lambda: to_csv(predictions_table(evaluation)),
            file_name=f"predictions-{url.read('run')}.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "Download this table",
            lambda: to_csv(evaluation.report),
            file_name=f"report-{url.read('run')}.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
    right.plotly_chart(
        plot_report(evaluation.report),
        key="report",
        config={"displayModeBar": False},
        alt="Precision, recall and F1 of each class as bars",
    )
