"""Correcting a wrong prediction on the Draw page."""

from __future__ import annotations

import streamlit as st

from fmnist.data.dataset import CLASS_NAMES
from fmnist.drawing import corrections
from pages._draw import canvas
from pages._draw.corrections import try_change


def render_question(source: str) -> None:
    """What is it really? About the drawing or picture last classified; nothing without one.

    source: where that comes from, "draw" or another.
    """
    sketch = st.session_state.get("sketch")
    if sketch is not None and sketch.is_photo:
        st.caption(
            "Only drawings can be corrected; this picture was classified by a model for "
            "photographs."
        )
        return
    if st.session_state.get("predicted") is None:
        st.caption("Where a prediction is wrong, say here what it really is.")
        return
    label = st.pills(
        "Is the prediction wrong? Say what it really is:",
        range(len(CLASS_NAMES)),
        format_func=CLASS_NAMES.__getitem__,
        key="correct_label",
    )
    st.button(
        "Keep the correction",
        icon=":material/school:",
        key="correct_keep",
        disabled=label is None,
        on_click=_keep,
        args=(source,),
    )


def _keep(source: str) -> None:
    label, predicted = st.session_state["correct_label"], st.session_state["predicted"]
    if predicted is None:  # another prediction is on its way
        return
    is_drawn = source == "draw"
    drawing = canvas.drawing() if is_drawn else ()
    image = None if is_drawn else st.session_state["sketch"].image
    if try_change(lambda: corrections.add(corrections.correct(label, predicted, drawing, image))):
        st.session_state["correct_label"] = None
