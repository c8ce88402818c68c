"""A first drawing and its prediction; both go on in Draw."""

from __future__ import annotations

import streamlit as st

from fmnist.data.dataset import CLASS_NAMES
from fmnist.drawing import drawing_model
from fmnist.drawing.strokes import Drawing, DrawingError
from fmnist.plain_text import markdown
from pages._draw import canvas
from pages._draw.prediction import predict_and_render, render_hint
from pages._shared import url

_CANVAS_WIDTH = 336  # CSS pixels, as in Draw; a phone's width holds it


@st.fragment
def render() -> None:
    """A stroke runs only this again."""
    with st.container(horizontal=True, gap="medium"):
        left = st.container(width=_CANVAS_WIDTH, gap="xsmall")
        right = st.container(width="stretch")
    left.markdown("##### Draw a T-shirt")
    try:
        with left:
            drawn = canvas.render_canvas(lambda: None)
        with right:
            _render_prediction(drawn)
    except DrawingError as error:
        right.error(markdown(error), icon=":material/broken_image:")


def _render_prediction(drawn: Drawing) -> None:
    model, _ = drawing_model.find_drawing_model()
    if not drawn:
        render_hint(
            "What is it?",
            "The prediction appears after each stroke. Any garment will do.",
            CLASS_NAMES,
            model,
        )
        return
    # Only now: the preparation brings SciPy, which nobody waits for who looks at the page.
    from fmnist.drawing.preprocess import sketch_to_image
    from fmnist.drawing.strokes import render as draw

    sketch = sketch_to_image(draw(drawn), background=canvas.PAPER)
    if predict_and_render(model, sketch.image, CLASS_NAMES) is None:
        return
    st.page_link(
        "pages/draw.py",
        label="Continue in Draw",
        icon=":material/draw:",
        query_params=url.link(),
    )
