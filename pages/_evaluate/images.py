"""Images with their predictions: which ones the address asks for, their filters, and their grid."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist import formats
from fmnist.data.dataset import CLASS_NAMES
from fmnist.evaluation.evaluate import Evaluation, select
from pages._evaluate import class_filters
from pages._evaluate.linked_grid import render_pages
from pages._shared import url

SHOW = {"wrong": "Wrong", "right": "Right", "all": "All"}
SORT = {
    "mistake": "Most confident first",
    "uncertain": "Least confident first",
    "index": "Dataset order",
}
FILTERS = ("true", "predicted", "show", "sort", "min_confidence", "max_confidence", "page", "index")


def reset_filters(**values) -> None:
    """Every filter back to its default, but for `values`."""
    url.write(**{**dict.fromkeys(FILTERS), **values})


def show_misclassified_shirts() -> None:
    reset_filters(view="images", true=CLASS_NAMES.index("Shirt"), show="wrong", sort="mistake")


def selected_indices(evaluation: Evaluation) -> np.ndarray:
    """The images that the address asks for, in its order."""
    is_matrix = url.read("view") not in ("images", "report")
    low, high = sorted((url.read("min_confidence"), url.read("max_confidence")))
    return select(
        evaluation,
        show="all" if is_matrix else url.read("show"),  # a cell says itself whether it is right
        true=url.read("true"),
        predicted=url.read("predicted"),
        min_confidence=0.0 if is_matrix else low / 100,
        max_confidence=1.0 if is_matrix else high / 100,
        sort=url.read("sort"),
    )


def render_selection(evaluation: Evaluation, images: np.ndarray, indices: np.ndarray) -> None:
    """One page of images as a grid; a click opens one."""
    render_pages(evaluation, images, indices, _open)


def _open(index: int) -> None:
    url.write(index=index)
    st.rerun()


def render_images(evaluation: Evaluation, images: np.ndarray) -> None:
    _render_filters(evaluation.class_names)
    indices = selected_indices(evaluation)
    total = formats.count(len(evaluation.labels))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.selectbox(
            "Order",
            SORT,
            format_func=SORT.get,
            label_visibility="collapsed",
            width=240,
            **url.bind("sort", "page"),
        )
        st.markdown(f"**{formats.count(len(indices))}** of {total} test images", width="content")
        st.button(
            "Reset filters",
            type="tertiary",
            icon=":material/filter_alt_off:",
            on_click=reset_filters,
        )
    if len(indices):
        render_selection(evaluation, images, indices)
    else:
        st.info("No images match these filters.", icon=":material/filter_alt_off:")


def _render_filters(class_names: tuple[str, ...]) -> None:
    with st.container(horizontal=True, vertical_alignment="top"):
        st.segmented_control(
            "Predictions", SHOW, format_func=SHOW.get, required=True, **url.bind("show", "page")
        )
        class_filters.render(class_names, 170)
        low, high = sorted((url.read("min_confidence"), url.read("max_confidence")))
        st.session_state["confidence_range"] = (low, high)
        st.slider(
            "Confidence (%)",
            0,
            100,
            key="confidence_range",
            on_change=_keep_confidence_range,
            width=240,
        )


def _keep_confidence_range() -> None:
    low, high = st.session_state["confidence_range"]
    url.write(min_confidence=low, max_confidence=high, page=None)
