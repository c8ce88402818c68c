"""The same drawing for a model for photographs, and the photographs that look most like it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from fmnist.drawing.preprocess import Sketch, to_model_image
from fmnist.engine.client import EngineError
from fmnist.evaluation.prediction import describe_prediction
from fmnist.evaluation.uncertainty import read_threshold
from fmnist.runs import store
from pages._draw.models import Models
from pages._draw.prediction import describe, render_card
from pages._shared import engine, url
from pages._shared.data import dataset_if_here
from pages._shared.neighbours import render_neighbours_of

_GAP = (
    "It is given the drawing as it is, only cropped and centred. It never saw a line drawing, yet "
    "may be just as sure of itself: on pictures unlike those it was trained on, confidence means "
    "little. This is called the domain gap."
)
_CLOSED = (
    "It is given the drawing as prepared in “Step by step”, and was trained on drawings made from "
    "the same photos, with wobbly, broken, thick and thin lines. That closes the gap from both "
    "sides."
)


def render_comparison(models: Models, sketch: Sketch, class_names: Sequence[str]) -> None:
    """What both models say to a drawing."""
    plain = to_model_image(sketch.stages["bright on black"])
    left, right = st.columns(2, gap="large")
    try:
        with left:
            _render_prediction_of(
                models.photographs, plain, "The photo-trained model", _GAP, class_names
            )
        with right:
            fine_tuned = store.read_run(models.drawings.parent).fine_tuned
            name = fine_tuned.summary.capitalize() if fine_tuned else "The model for drawings"
            _render_prediction_of(models.drawings, sketch.image, name, _CLOSED, class_names)
    except (EngineError, ValueError):
        return  # the prediction above says why


def render_nearest(sketch: Sketch, class_names: Sequence[str]) -> None:
    """The training images most like what the model sees."""
    data = dataset_if_here()
    if data is None:
        st.caption("The photos are not here yet: open Browse, which downloads them.")
    elif data.class_names != tuple(class_names):
        st.caption("The dataset chosen has other classes than this model.")
    else:
        render_neighbours_of(sketch.image, data, _open_on_browse)


def _render_prediction_of(
    model: Path, image: np.ndarray, name: str, lesson: str, class_names: Sequence[str]
) -> None:
    probabilities = engine.get().predict(model, image[np.newaxis]).probabilities[0]
    title, detail = describe(describe_prediction(probabilities, class_names, read_threshold(model)))
    render_card(title, detail, probabilities, image, name, class_names, role="note")
    st.caption(lesson)


def _open_on_browse(index: int) -> None:
    st.switch_page("pages/browse.py", query_params=url.link(split="train", index=index))
