"""The confusion matrix, and the images of the cell that was chosen in it."""

from __future__ import annotations

import contextlib

import numpy as np
import streamlit as st

from fmnist.evaluation.evaluate import Evaluation, describe_confusion
from fmnist.plain_text import markdown
from pages._evaluate.images import render_selection, selected_indices
from pages._shared import url

TOP_CONFUSIONS = 10
MATRIX_MODES = {
    "counts": "Counts",
    "rows": "Row %",
    "share": "% of all",
    "errors": "Errors only",
}
MATRIX_HELP = {
    "counts": "Number of images.",
    "rows": "Percentage of the true class: each row adds up to 100.",
    "share": "Percentage of all test images: the whole matrix adds up to 100.",
    "errors": "Number of images, mistakes only.",
}


def render_matrix(evaluation: Evaluation, images: np.ndarray) -> None:
    from fmnist.figures.evaluation import plot_confusion_matrix

    cell = url.read("true"), url.read("predicted")
    selected = cell if None not in cell else None
    left, right = st.columns([3, 2], gap="medium")
    with left:
        mode = st.segmented_control(
            "Cells show",
            MATRIX_MODES,
            format_func=MATRIX_MODES.get,
            required=True,
            label_visibility="collapsed",
            **url.bind("matrix"),
        )
        st.caption(f"{MATRIX_HELP[mode]} Click a cell to see its images.")
        figure = plot_confusion_matrix(
            evaluation.confusion_matrix,
            mode,
            evaluation.class_names,
            selected=selected,
        )
        st.plotly_chart(
            figure,
            key="confusion_matrix",
            on_select=_choose_cell,
            selection_mode="points",
            config={"displayModeBar": False},
            alt="Confusion matrix: true classes in rows, predicted classes in columns",
        )
    with right:
        if selected:
            _render_cell(evaluation, images, *selected)
        else:
            _render_top_confusions(evaluation)


def _choose_cell() -> None:
    points = st.session_state["confusion_matrix"]["selection"]["points"]
    # What a browser sends may be anything.
    with contextlib.suppress(LookupError, TypeError, ValueError, OverflowError):
        true, predicted = (int(place) for place in points[0]["customdata"])
        url.write(true=true, predicted=predicted, page=None)


def _render_top_confusions(evaluation: Evaluation) -> None:
    st.subheader("Most common confusions")
    if not evaluation.top_confusions:
        st.markdown("None: every prediction is correct.")
    with st.container(gap="xxsmall"):
        for true, predicted, count in evaluation.top_confusions[:TOP_CONFUSIONS]:
            st.button(
                markdown(describe_confusion(true, predicted, count, evaluation.class_names)),
                key=f"confusion_{true}_{predicted}",
                type="tertiary",
                icon=":material/arrow_forward:",
                on_click=url.write,
                kwargs={"true": true, "predicted": predicted, "page": None},
            )


def _render_cell(evaluation: Evaluation, images: np.ndarray, true: int, predicted: int) -> None:
    indices = selected_indices(evaluation)
    names = evaluation.class_names
    st.subheader(markdown(describe_confusion(true, predicted, len(indices), names)))
    with st.container(horizontal=True):
        st.button(
            "All confusions",
            icon=":material/arrow_back:",
            on_click=url.write,
            kwargs={"true": None, "predicted": None, "page": None},
        )
    if not len(indices):
        st.caption(markdown(f"No {names[true]} was called {names[predicted]}."))
        return
    with st.container(height=560, border=False):
        render_selection(evaluation, images, indices)
