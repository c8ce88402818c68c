"""Convolution by hand: a window slides over the image, and every step of it can be read."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist import formats
from fmnist.explain import by_hand, edits
from fmnist.explain.by_hand import KERNEL_WORDS, KERNELS, LARGEST, OWN
from fmnist.glossary import GLOSSARY
from fmnist.plain_text import markdown
from fmnist.runs.store import Run
from pages._inside.sliding_window import render_convolution, render_pooling
from pages._shared import url

_OPERATIONS = {
    "convolution": "Convolution",
    "max": "Max pooling",
    "average": "Average pooling",
}
_START = "1 0 -1\n1 0 -1\n1 0 -1"
_HELPS = {
    "Stride": GLOSSARY["Stride"],
    "Padding": GLOSSARY["Padding"],
    "Window": GLOSSARY["Pooling"],
}
_SAYS = {
    "Vertical edges": "Left and right are subtracted, so flat areas give 0 and upright edges stand "
    "out: white where it gets brighter to the right, orange where it gets darker.",
    "Horizontal edges": "Above and below are subtracted: white where it gets brighter downwards, "
    "orange where it gets darker.",
    "Outline": "A pixel against its eight neighbours: 0 where all are alike.",
    "Sharpen": "A pixel counts five times, its four neighbours are taken off: differences grow.",
    "Emboss": "Light from one side: slopes towards the lower right turn white, others orange.",
    "Blur": "Nine ninths: each output is the mean of its window.",
    "Smooth blur, 5 × 5": "A mean in which the middle counts most.",
    "Outline, 5 × 5": "A pixel against a wider neighbourhood, so that single pixels matter less.",
    OWN: "The network finds its numbers by training; here they are yours.",
}


def render(run: Run | None, image: np.ndarray) -> None:
    """For `image`, uint8 (28, 28); needs no model."""
    operation = st.segmented_control(
        "Operation",
        _OPERATIONS,
        format_func=_OPERATIONS.__getitem__,
        required=True,
        label_visibility="collapsed",
        **url.bind("operation"),
    )
    if operation == "convolution":
        _render_convolution(image)
    else:
        _render_pooling(image, operation)


def _render_convolution(image: np.ndarray) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        word = st.selectbox(
            "Kernel",
            KERNEL_WORDS,
            format_func=KERNEL_WORDS.get,
            help=GLOSSARY["Filter"],
            width=220,
            **url.bind("kernel"),
        )
        chosen = KERNEL_WORDS[word]
        stride = _choose("Stride", (1, 2, 3), **url.bind("stride"))
        padding = _choose("Padding", ("valid", "same"), **url.bind("padding"))
        bias = st.number_input(
            "Bias", -LARGEST, LARGEST, 0.0, 10.0, "%g", key="inside_bias", width=130
        )
        relu = st.toggle("ReLU", key="inside_relu", help=GLOSSARY["ReLU"])
    kernel = _read_own() if chosen == OWN else KERNELS[chosen]
    if kernel is None:
        return
    st.caption(_SAYS[chosen])
    result = by_hand.convolve(image, kernel, stride, padding)
    render_convolution(result, by_hand.activate(result.output, bias, relu), bias, relu)
    _render_shape(len(image), len(kernel), stride, padding)


def _read_own() -> np.ndarray | None:
    text = st.text_area(
        "Numbers of the kernel, row by row",
        _START,
        key="inside_own",
        height=110,
        width=320,
        help="9 numbers for 3 × 3, 25 for 5 × 5. Fractions such as 1/9 are fine.",
    )
    try:
        return by_hand.parse_kernel(text)
    except ValueError as error:
        st.error(markdown(error), icon=":material/error:")
        return None


def _render_pooling(image: np.ndarray, kind: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        size = _choose("Window", (2, 3), key="inside_size", default=2)
        stride = _choose("Stride", (1, 2, 3), key="inside_pool_stride", default=2)
        moved = _choose("Shift the image right by", (0, 1, 2), key="inside_shift", default=0)
    shifted = edits.shift(image, moved, 0)
    result = by_hand.pool(shifted, size, kind, stride)
    if moved:
        unmoved = by_hand.pool(image, size, kind, stride).output
        pixels = by_hand.fraction_changed(image.astype(float), shifted.astype(float))
        pooled = by_hand.fraction_changed(unmoved, result.output)
        st.caption(
            f"The shift changes the pixels by {formats.percent(pixels)} and the pooled values by "
            f"{formats.percent(pooled)}: the mean change against the mean brightness."
        )
    else:
        st.caption(
            "One number stands for each window: fine detail goes, and where something lies "
            "matters less. Shift the image to see by how much."
        )
    render_pooling(result, size, kind)
    _render_shape(len(image), size, stride, "valid")


def _choose(label: str, options: tuple, **about):
    return st.segmented_control(label, options, required=True, help=_HELPS.get(label), **about)


def _render_shape(side: int, window: int, stride: int, padding: str) -> None:
    places = by_hand.spell_output_side(side, window, stride, padding)
    st.caption(
        f"Rows and columns of the output: {places}. Point at the output, touch it, "
        "or move over it with the arrow keys."
    )
