"""Images with their predictions: which ones the address asks for, their filters, and their grid."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist import formats
from fmnist.data.dataset import CLASS_NAMES
from fmnist.evaluation.evaluate import Evaluation, select
from pages._shared import url
from pages._shared.image_grid import render_grid

PER_PAGE = 100
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


def format_prediction(evaluation: Evaluation, index: int) -> str:
    """ "Shirt → T-shirt/top" of one image: the true class and the prediction."""
    true, predicted = evaluation.labels[index], evaluation.predictions[index]
    return f"{evaluation.class_names[true]} → {evaluation.class_names[predicted]}"


def render_selection(evaluation: Evaluation, images: np.ndarray, indices: np.ndarray) -> None:
    """One page of images as a grid; a click opens one."""
    pages = max(1, -(-len(indices) // PER_PAGE))
    page = min(url.read("page"), pages)
    shown = indices[(page - 1) * PER_PAGE : page * PER_PAGE]
    confidences = [formats.percent(evaluation.confidence[index]) for index in shown]
    predictions = [format_prediction(evaluation, index) for index in shown]
    position = render_grid(
        images[shown],
        [
            "\n".join((prediction.replace("→ ", "→\n"), confidence))
            for prediction, confidence in zip(predictions, confidences, strict=True)
        ],
        alts=[
            f"Test image {index}: {prediction}, {confidence} confident"
            for index, prediction, confidence in zip(shown, predictions, confidences, strict=True)
        ],
        tones=["right" if evaluation.is_correct[index] else "wrong" for index in shown],
        key="grid",
        size=84,
        label="Test images: true class, predicted class, confidence",
    )
    if position is not None:
        url.write(index=int(shown[position]))
        st.rerun()
    if pages > 1:
        # A widget of its own for each page: one that stays would keep its number when the filters
        # change, and st.pagination's default rules out `url.bind`.
        key = f"page_{page}_of_{pages}"
        st.pagination(pages, default=page, key=key, on_change=_keep_page, args=(key,))


def _keep_page(key: str) -> None:
    url.write(page=st.session_state[key])


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
        for name, label in (("true", "True class"), ("predicted", "Predicted class")):
            st.selectbox(
                label,
                range(len(class_names)),
                index=None,
                format_func=class_names.__getitem__,
                placeholder="Any",
                width=170,
                **url.bind(name, "page"),
            )
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
