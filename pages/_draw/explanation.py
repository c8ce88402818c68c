"""How the prediction came about, in tabs, of which only the open one is computed."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from fmnist.drawing.preprocess import Sketch
from pages._draw.comparison import render_comparison, render_nearest
from pages._draw.models import Models
from pages._draw.stages import render_stages


@st.fragment
def render_explanation(models: Models, class_names: Sequence[str]) -> None:
    """About what was last classified, which is kept in the session."""
    sketch: Sketch | None = st.session_state.get("sketch")
    if sketch is None or sketch.is_empty:
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
