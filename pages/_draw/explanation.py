"""How the prediction came about, in tabs, of which only the open one is computed."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from fmnist.drawing.preprocess import Sketch
from fmnist.pace import Pace
from pages._draw.comparison import render_comparison, render_nearest
from pages._draw.models import Models
from pages._draw.stages import render_stages
from pages._shared.looks import viewer

# Of a person who draws, a stroke every four seconds; with more than a dozen of them, predicting all
# the steps of each stroke would make everybody wait, and so they are there when asked for.
_STROKES = Pace(usual=4.0, most=3.0)
_ASKED = "explanation_asked"


@st.fragment
def render_explanation(models: Models, class_names: Sequence[str]) -> None:
    """About what was last classified, which is kept in the session."""
    sketch: Sketch | None = st.session_state.get("sketch")
    if sketch is None or sketch.is_empty:
        return
    _STROKES.look(viewer())
    if _STROKES.is_crowded() and not st.session_state.get(_ASKED):
        st.button(
            "Show how the prediction came about",
            icon=":material/account_tree:",
            key="explanation_ask",
            help="Many people are drawing here now, so this is worked out on request only.",
            on_click=_ask,
        )
        return
    parts = {"Step by step": lambda: render_stages(models, sketch, class_names)}
    if models.photographs and not sketch.is_photo:
        parts["Photo-trained model"] = lambda: render_comparison(models, sketch, class_names)
    parts["Similar photos"] = lambda: render_nearest(sketch, class_names)
    tabs = st.tabs(list(parts), key=f"draw_tabs_{len(parts)}", on_change="rerun")
    for tab, render in zip(tabs, parts.values(), strict=True):
        if tab.open:
            with tab:
                render()


def _ask() -> None:
    st.session_state[_ASKED] = True
