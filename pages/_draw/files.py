"""Drawings to begin with, and how one's own is kept: as a link, a picture or a file of strokes."""

from __future__ import annotations

from urllib.parse import urlencode

import numpy as np
import streamlit as st
from PIL import Image

from fmnist.drawing.strokes import Drawing, DrawingError, from_json, load_examples, render, to_json
from fmnist.images import image_png
from fmnist.plain_text import markdown
from pages._draw import canvas
from pages._shared import url
from pages._shared.image_grid import render_grid

THUMBNAIL = 56  # pixels


@st.fragment
def render_files() -> None:
    """The examples, and a button that opens what can be done with a drawing."""
    examples = load_examples()
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.markdown("**Or start from one of these**", width="content")
        if st.button("Save, share or open", icon=":material/ios_share:", key="draw_files"):
            _render_dialog()
    position = render_grid(
        _thumbnails(),
        [""] * len(examples),
        alts=list(examples),
        key="examples",
        size=THUMBNAIL,
        label="Example drawings",
    )
    if position is not None:
        _open([*examples.values()][position])


@st.cache_data(show_spinner=False, max_entries=1)
def _thumbnails() -> np.ndarray:
    """uint8 (N, THUMBNAIL, THUMBNAIL)."""
    size = (THUMBNAIL, THUMBNAIL)
    drawings = (Image.fromarray(render(drawing)) for drawing in load_examples().values())
    return np.stack([np.asarray(drawing.resize(size)) for drawing in drawings])


@st.dialog("Save, share or open a drawing")
def _render_dialog() -> None:
    drawing = canvas.drawing()
    if drawing:
        _render_ways_out(drawing)
    else:
        st.caption("Draw something first: then you can share a link to it or save it here.")
    done = st.session_state.setdefault("drawings_opened", 0)  # a new uploader after each
    file = st.file_uploader(
        "Open a drawing saved as strokes", "json", key=f"drawing_{done}", max_upload_size=1
    )
    if file is None:
        return
    try:
        drawing = from_json(file.getvalue())
    except DrawingError as error:
        st.error(markdown(error), icon=":material/broken_image:")
        return
    st.session_state["drawings_opened"] += 1
    _open(drawing)


def _render_ways_out(drawing: Drawing) -> None:
    link = f"{st.context.url or ''}?{urlencode(url.link(drawing=drawing))}"
    st.caption("The link holds the whole drawing; nothing is stored on the server.")
    st.code(link, language=None)
    with st.container(horizontal=True):
        picture = image_png(render(drawing))
        st.download_button(
            "Picture (PNG)", picture, "drawing.png", "image/png", icon=":material/image:"
        )
        st.download_button(
            "Strokes (JSON)",
            to_json(drawing),
            "drawing.json",
            "application/json",
            icon=":material/gesture:",
        )


def _open(drawing: Drawing) -> None:
    canvas.replace(drawing)
    url.write(drawing=None)
    st.rerun()
