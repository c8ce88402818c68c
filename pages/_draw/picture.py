"""Where a drawing comes from: the canvas, or a picture instead: a file, or a photo taken now.

A picture shows a drawing, whose outline is filled and shaded, or the thing itself, whose grey
values are kept; which of them is found out, and can be corrected.
"""

from __future__ import annotations

import streamlit as st

from fmnist.drawing.photo import is_line_drawing, photo_to_image
from fmnist.drawing.preprocess import Sketch, reduce, sketch_to_image
from fmnist.images import read_image

SOURCES = {"draw": "Draw", "upload": "Upload", "camera": "Camera"}
ICONS = {"draw": "draw", "upload": "upload", "camera": "photo_camera"}
KINDS = {"photo": "The item itself", "drawing": "A drawing of it"}
MAX_FILE = 10  # MB, as `fmnist.images` allows


def render_sources() -> str:
    """Where the drawing comes from; the last choice, also after another page was looked at."""
    st.session_state["draw_source"] = st.session_state.get("draw_source_chosen", "draw")
    return st.segmented_control(
        "Source",
        SOURCES,
        format_func=lambda name: f":material/{ICONS[name]}: {SOURCES[name]}",
        required=True,
        label_visibility="collapsed",
        key="draw_source",
        on_change=_choose_source,
    )


def _choose_source() -> None:
    st.session_state["draw_source_chosen"] = st.session_state["draw_source"]


def read_picture(source: str, width: int, trained_on_photos: bool) -> Sketch | None:
    """Ask for a picture (source: "upload" or "camera"), prepare it; None while there is none.

    width: of an uploaded picture on the page, CSS pixels.
    trained_on_photos: whether there is a model for photographs; without, all count as drawings.

    Raises ImageError when the file cannot be used.
    """
    kept = st.session_state.setdefault("draw_pictures", {})  # source → file, past its widget

    def forget() -> None:
        kept.pop(source, None)

    if source == "camera":
        label = "One item on a plain background, in even light"
        file = st.camera_input(label, key="draw_camera", on_change=forget)
    else:  # of any type, so that what is wrong with a file is said in our words
        label = "One item on a plain background"
        file = st.file_uploader(
            label, key="draw_upload", max_upload_size=MAX_FILE, on_change=forget
        )
    if file is not None:
        kept[source] = file
    if source not in kept:
        return None
    if file is None:  # its widget was lost while another page was looked at
        st.button("Remove picture", icon=":material/close:", key="draw_remove", on_click=forget)
    picture = read_image(kept[source].getvalue())
    is_drawing = not trained_on_photos or is_line_drawing(picture)
    kind = st.segmented_control(
        "The picture shows",
        KINDS,
        format_func=KINDS.__getitem__,
        default="drawing" if is_drawing else "photo",
        required=True,
        key=f"draw_kind_{kept[source].file_id}",
    )
    if source == "upload" or file is None:
        st.image(reduce(picture, 2 * width), "Your picture", width=width)
    return sketch_to_image(picture) if kind == "drawing" else photo_to_image(picture)
