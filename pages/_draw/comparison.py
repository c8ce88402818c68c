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

KEY = "draw_comparison"  # for `st.rerun` in a widget's callback

_GAP = (
    "It is given the drawing as it is, only cropped and centred. It was never trained on a line on "
    "an empty ground, yet may be just as sure of itself: outside the kind of picture it was "
    "trained on, its confidence means little. This is the domain gap."
)
_CLOSED = (
    "It is given the drawing as prepared above, and was trained on drawings made from the "
    "same photographs, with wobbly, broken, wide and thin lines. So the gap is closed from both "
    "sides."
)


@st.fragment(key=KEY)
def render_comparison(models: Models, class_names: Sequence[str]) -> None:
    """About what was last classified, which is kept in the session."""
    model, photograph_model, _ = models
    sketch: Sketch | None = st.session_state.get("sketch")
    if sketch is None or sketch.is_empty:
        return
    if photograph_model is not None and not sketch.is_photo:
        plain = to_model_image(sketch.stages["bright on black"])
        st.subheader("What a photo-trained model says")
        left, right = st.columns(2, gap="large")
        try:
            with left:
                _render_prediction_of(
                    photograph_model, plain, "The model for photographs", _GAP, class_names
                )
            with right:
                fine_tuned = store.read_run(model.parent).fine_tuned
                name = fine_tuned.summary.capitalize() if fine_tuned else "The model for drawings"
                _render_prediction_of(model, sketch.image, name, _CLOSED, class_names)
        except (EngineError, ValueError):
            return  # the prediction above says why
    data = dataset_if_here()
    if data is not None and data.class_names == tuple(class_names):
        st.subheader("The nearest photographs")
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
