"""Correcting a wrong prediction, beside it: a click on the right class saves, another undoes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from fmnist.data.dataset import CLASS_NAMES
from fmnist.drawing import corrections, drawing_model
from fmnist.drawing.corrections import Correction, CorrectionError
from fmnist.plain_text import markdown
from pages._draw import canvas

_LABEL = "correct_label"


def render_question(model: Path, source: str, on_change: Callable[[], None]) -> None:
    """What is it really? About the drawing or picture just classified by `model`.

    source: where that comes from, "draw" or another. on_change: called when a correction was saved
    or taken back.
    """
    sketch = st.session_state["sketch"]
    if sketch.is_photo:
        st.caption("Photos cannot be corrected: corrections teach the model for drawings.")
        return
    if model != drawing_model.find_drawing_model()[0]:
        return
    this = _correct(0, source)
    saved = next((one for one in _read() if one.key == this.key), None)
    st.session_state[_LABEL] = saved.label if saved else None
    with st.container(key="draw_correction", gap="small"):
        st.pills(
            "Wrong? Choose what it is:",
            range(len(CLASS_NAMES)),
            format_func=CLASS_NAMES.__getitem__,
            key=_LABEL,
            on_change=_save,
            args=(source, on_change),
        )
        if saved:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f":material/check: Saved: {CLASS_NAMES[saved.label]}", width="content")
                st.button(
                    "Undo correction",
                    icon=":material/undo:",
                    key="correct_undo",
                    on_click=_take_back,
                    args=(saved.key, on_change),
                )
        if problem := st.session_state.pop("correct_refused", ""):
            st.error(markdown(problem), icon=":material/error:")


def _correct(label: int, source: str) -> Correction:
    is_drawn = source == "draw"
    image = None if is_drawn else st.session_state["sketch"].image
    predicted = st.session_state["predicted"]
    return corrections.correct(label, predicted, canvas.drawing() if is_drawn else (), image)


def _read() -> tuple[Correction, ...]:
    try:
        return corrections.read_corrections().corrections
    except CorrectionError:
        return ()  # said below, where they are listed


def _save(source: str, on_change: Callable[[], None]) -> None:
    label = st.session_state[_LABEL]
    if st.session_state.get("predicted") is None:  # another prediction is on its way
        return
    if label is None:  # the chosen one was clicked again
        _try(lambda: corrections.remove(_correct(0, source).key))
    else:
        _try(lambda: corrections.add(_correct(label, source)))
    on_change()


def _take_back(key: str, on_change: Callable[[], None]) -> None:
    _try(lambda: corrections.remove(key))
    on_change()


def _try(change: Callable[[], None]) -> None:
    try:
        change()
    except CorrectionError as error:
        st.session_state["correct_refused"] = str(error)
