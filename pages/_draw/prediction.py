"""The prediction on the Draw page: the class in words, ten bars, and what the model was shown.

One piece of HTML of fixed size, so that a stroke changes it at once and nothing else moves.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fmnist import formats
from fmnist.engine.client import EngineError, Prediction
from fmnist.evaluation.prediction import UNSURE_BELOW, describe_prediction
from fmnist.evaluation.uncertainty import compute_perplexity, read_threshold
from fmnist.figures.palette import CLASS_COLOURS
from fmnist.images import image_png, png_address
from fmnist.plain_text import markdown
from pages._shared import engine
from pages._shared.style import style_beside

_STYLE = style_beside(__file__, "prediction.css")
_UNKNOWN = np.full(10, np.nan)  # probabilities


_WAKING = "The model is waking up …"
_LOOK_EVERY = 0.5  # seconds between two looks at whether it is awake


def render_hint(title: str, detail: str, class_names: Sequence[str], model: Path) -> None:
    """The prediction's place while there is nothing to classify.

    A model that is not awake yet says so before anything is drawn: the first stroke would be too
    late. The page runs again when it is.
    """
    blank = np.zeros((28, 28), np.uint8)
    if engine.get().is_awake(model):
        render_card(title, detail, _UNKNOWN, blank, "", class_names)
        return

    def look() -> None:
        render_card(title, detail, _UNKNOWN, blank, _WAKING, class_names)
        if engine.get().is_awake(model):
            st.rerun()

    st.fragment(look, run_every=_LOOK_EVERY)()


def render_waking(image: np.ndarray, class_names: Sequence[str]) -> DeltaGenerator:
    """Say at once that the first prediction takes a while; returns the place that it will take."""
    place = st.empty()
    with place:
        detail = "The first prediction takes a few seconds; the next ones are instant."
        render_card(_WAKING, detail, _UNKNOWN, image, "", class_names)
    return place


def predict_and_render(model: Path, image: np.ndarray, class_names: Sequence[str]) -> int | None:
    """Have a model classify an image, uint8 (28, 28); returns the class, or None after an error."""
    is_awake = engine.get().is_awake(model)
    with contextlib.nullcontext() if is_awake else render_waking(image, class_names):
        try:
            threshold = read_threshold(model)
            prediction = engine.get().predict(model, image[np.newaxis])
        except (EngineError, ValueError) as error:
            st.error(markdown(error), icon=":material/error:")
            return None
        return render_prediction(prediction, image, class_names, threshold)


def render_prediction(
    prediction: Prediction,
    image: np.ndarray,
    class_names: Sequence[str],
    max_perplexity: float | None,
) -> int:
    """The prediction for one image, uint8 (28, 28); returns the label of the best guess.

    max_perplexity: the threshold of being unsure, from `uncertainty.py`, if the model has one.
    """
    probabilities = prediction.probabilities[0]
    best = describe_prediction(probabilities, class_names, max_perplexity)
    threshold = f"“Not sure” starts below {formats.percent(UNSURE_BELOW)}."
    if max_perplexity is not None:
        torn = compute_perplexity(probabilities)
        threshold = (
            f"Torn between about {torn:.0f} classes; “not sure” starts at {max_perplexity:.1f}."
            if torn >= 1.5
            else f"Clear-cut; “not sure” starts when torn between {max_perplexity:.1f} classes."
        )
    took = prediction.milliseconds
    time = f"{took:.0f} ms" if took < 1000 else formats.duration(took / 1000)
    note = f"{threshold} It took {time}."
    render_card(*describe(best), probabilities, image, note, class_names)
    return best["label"]


def describe(best: dict[str, Any]) -> tuple[str, str]:
    """The title and the detail of a `describe_prediction`: its class, or that it is not sure."""
    confidence = formats.percent(best["confidence"])
    if best["unsure"]:
        return "Not sure", f"Perhaps {best['class']} (confidence {confidence})"
    return best["class"], f"Confidence {confidence}"


def render_card(
    title: str,
    detail: str,
    probabilities: np.ndarray,
    image: np.ndarray,
    note: str,
    class_names: Sequence[str],
    role: str = "status",
) -> None:
    """What was predicted, `image` uint8 (28, 28) that it is about, ten probabilities (10,).

    role: "status" is read aloud when it changes, "note" is not.
    """
    source = png_address(image_png(image))
    best = np.nanmax(probabilities, initial=0)
    bars = "".join(
        _bar(label, name, fraction, fraction == best)
        for label, (name, fraction) in enumerate(zip(class_names, probabilities, strict=True))
    )
    st.html(
        f"""{_STYLE}
<section class="prediction">
<header><img src="{source}" alt="The 28 by 28 image the model sees"
title="The 28 × 28 pixels that the model sees">
<div role="{role}"><strong>{escape(title)}</strong><p>{escape(detail)}</p>
<p class="quiet">{escape(note)}</p></div></header>
<ol aria-label="Probabilities">{bars}</ol>
</section>"""
    )


def _bar(label: int, name: str, fraction: float, is_best: bool) -> str:
    width = f"width: {100 * np.nan_to_num(fraction):.1f}%; background: {CLASS_COLOURS[label]}"
    return (
        f'<li class="{"best" if is_best else ""}"><span>{escape(name)}</span>'
        f'<span class="track"><span class="bar" style="{width}"></span></span>'
        f"<span>{formats.percent(fraction)}</span></li>"
    )
