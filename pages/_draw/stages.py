"""From a drawing or photo to what the model is given: each stage, and its prediction."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st

from fmnist import formats
from fmnist.drawing.preprocess import Sketch, to_model_images
from fmnist.engine.client import EngineError
from fmnist.figures.palette import CLASS_COLOURS
from fmnist.images import image_png, png_address
from pages._draw.models import Models
from pages._shared import engine
from pages._shared.style import style_beside

# Stage → what to call it, and what it is for.
_WORDS = {
    "grey": ("In grey", "Colours and transparency are gone."),
    "bright on black": (
        "Bright on black",
        "Like the dataset's garments, without the background.",
    ),
    "clean": ("Cleaned", "Marks beside the drawing are dropped."),
    "lines": ("Lines of one width", "So that the pen does not matter."),
    "closed": ("Loose ends joined", "An open outline holds no area."),
    "filled": ("Filled", "A photograph shows cloth, not an outline."),
    "shaded": ("Shaded", "Inner lines show on the cloth."),
    "image": ("28 × 28 pixels", "Cropped, scaled and centred: what the model sees."),
}
_LIKELIEST = 2
_STYLE = style_beside(__file__, "stages.css")


def render_stages(models: Models, sketch: Sketch, class_names: Sequence[str]) -> None:
    """The stages of what was last classified, each with its model's prediction."""
    images, places = to_model_images(sketch)
    try:
        predictions = engine.get().predict(models.choose(sketch), images).probabilities[places]
    except EngineError:
        return  # the prediction above says why
    items = [
        _item(number, name, stage, probabilities, class_names)
        for number, ((name, stage), probabilities) in enumerate(
            zip(sketch.stages.items(), predictions, strict=True), start=1
        )
    ]
    kind = "photo" if sketch.is_photo else "drawing"
    st.caption(
        f"From the {kind} to the prediction. Below each step: what the model would say if the "
        "preparation ended there."
    )
    st.html(f'{_STYLE}<ol class="stages" aria-label="Stages">{"".join(items)}</ol>')


def _item(
    number: int, name: str, stage: np.ndarray, probabilities: np.ndarray, class_names: Sequence[str]
) -> str:
    title, purpose = _WORDS.get(name, (name.capitalize(), ""))
    source = png_address(image_png(stage))
    guesses = "".join(
        _guess(label, class_names[label], float(probabilities[label]))
        for label in np.argsort(-probabilities, kind="stable")[:_LIKELIEST]
    )
    return (
        f'<li><img src="{source}" alt="{escape(title)}">'
        f"<strong>{number}. {escape(title)}</strong><p>{escape(purpose)}</p>{guesses}</li>"
    )


def _guess(label: int, name: str, fraction: float) -> str:
    bar = f"width: {100 * fraction:.1f}%; background: {CLASS_COLOURS[label]}"
    return (
        f'<div class="guess"><span>{escape(name)}</span><span>{formats.percent(fraction)}</span>'
        f'<span class="bar" style="{bar}"></span></div>'
    )
