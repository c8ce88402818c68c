"""Images with their predictions, a page at a time; a click opens one of them on Evaluate."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from fmnist import formats
from fmnist.evaluation.evaluate import Evaluation
from pages._shared import url
from pages._shared.image_grid import render_grid

PER_PAGE = 100
_LABEL = "Test images: true class, predicted class, confidence"


def format_prediction(evaluation: Evaluation, index: int) -> str:
    """ "Shirt → T-shirt/top" of one image: the true class and the prediction."""
    true, predicted = evaluation.labels[index], evaluation.predictions[index]
    return f"{evaluation.class_names[true]} → {evaluation.class_names[predicted]}"


def open_on_evaluate(index: int) -> None:
    """The image's own page."""
    st.switch_page("pages/evaluate.py", query_params=url.link(index=index))


def render_pages(
    evaluation: Evaluation,
    images: np.ndarray,
    indices: np.ndarray,
    on_click: Callable[[int], None] = open_on_evaluate,
    label: str = _LABEL,
) -> None:
    """The page that the address names (`page`) of the images at `indices`, as a grid.

    on_click: is given the index of the image that was just clicked.
    """
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
        label=label,
    )
    if position is not None:
        on_click(int(shown[position]))
    if pages > 1:
        # A widget of its own for each page: one that stays would keep its number when the filters
        # change, and st.pagination's default rules out `url.bind`.
        key = f"page_{page}_of_{pages}"
        st.pagination(pages, default=page, key=key, on_change=_keep_page, args=(key,))


def _keep_page(key: str) -> None:
    url.write(page=st.session_state[key])
