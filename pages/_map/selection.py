"""The points that the address chooses, and the images of those."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist.data.dataset import Dataset
from fmnist.evaluation.evaluate import Evaluation, select
from fmnist.plain_text import markdown
from pages._evaluate.linked_grid import render_pages
from pages._map.scatter import Dots
from pages._shared import url


def choose_dots(points: np.ndarray, evaluation: Evaluation) -> Dots:
    """points: float32 (N, 2) on the plane of `projection`, of the first N images."""
    from fmnist.evaluation.projection import UNITS
    from fmnist.figures.palette import CLASS_COLOURS, RESULT_COLOURS

    by, names = url.read("colour"), evaluation.class_names
    if by == "result":
        colours, said = list(RESULT_COLOURS), ("Right", "Wrong")
    else:
        colours, said = list(CLASS_COLOURS), names
    shown = _fits_filters(evaluation)[: len(points)]
    return Dots(
        points,
        None if shown.all() else shown,
        by,
        colours,
        list(zip(said, colours, strict=True)),
        url.read("outline"),
        UNITS,
    )


def _fits_filters(evaluation: Evaluation) -> np.ndarray:
    """bool (N,)"""
    fits = np.zeros(len(evaluation.labels), bool)
    fits[_select(evaluation)] = True
    return fits


def _select(evaluation: Evaluation) -> np.ndarray:
    return select(
        evaluation,
        show=url.read("points"),
        true=url.read("true"),
        predicted=url.read("predicted"),
    )


def render_images(dots: Dots, evaluation: Evaluation, data: Dataset) -> None:
    """Those that stand out and lie inside the outline, the errors first."""
    from fmnist.evaluation.projection import describe_images, find_inside

    if dots.shown is None and not dots.outline:
        st.info(
            "Drag around points to see their images here (with Shift, a rectangle), or choose "
            "above. Click a point to open its image.",
            icon=":material/lasso_select:",
        )
        return
    inside = find_inside(dots.points, dots.outline)
    chosen = _select(evaluation)
    chosen = chosen[chosen < len(inside)]
    indices = chosen[inside[chosen]]
    indices = np.concatenate(
        [indices[~evaluation.is_correct[indices]], indices[evaluation.is_correct[indices]]]
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        said = describe_images(evaluation, indices) if len(indices) else "No image."
        st.markdown(f"**{markdown(said)}**", width="content")
        if dots.outline:
            st.button(
                "Remove the outline",
                icon=":material/close:",
                type="tertiary",
                on_click=url.write,
                kwargs={"outline": None, "page": None},
            )
    if len(indices):
        with st.container(height=520, border=False):
            render_pages(evaluation, data.test_images, indices)
