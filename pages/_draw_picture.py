"""Where a drawing comes from: the canvas, or a picture instead: a file, or a photo taken now."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from fmnist.images import read_image
from fmnist.sketch import Sketch, sketch_to_image

SOURCES = {"draw": "Draw", "upload": "Upload", "camera": "Camera"}
ICONS = {"draw": "draw", "upload": "upload", "camera": "photo_camera"}
FILE_TYPES = ["png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff"]
MAX_FILE = 10  # MB, as `fmnist.images` allows


def render_sources() -> str:
    """Where the drawing comes from."""
    return st.segmented_control(
        "Source",
        SOURCES,
        format_func=lambda name: f":material/{ICONS[name]}: {SOURCES[name]}",
        default="draw",
        required=True,
        label_visibility="collapsed",
        key="draw_source",
    )


def read_picture(source: str, width: int, on_change: Callable[[], None]) -> Sketch | None:
    """Ask for a picture (source: "upload" or "camera"), prepare it; None while there is none.

    width: of an uploaded picture on the page, CSS pixels. on_change: called when another one came.

    Raises ImageError when the file cannot be used.
    """
    if source == "camera":
        label = "One thing on a plain background, in even light"
        file = st.camera_input(label, "draw_camera", on_change=on_change)
    else:
        label = "One thing on a plain background"
        file = st.file_uploader(
            label, FILE_TYPES, key="draw_upload", max_upload_size=MAX_FILE, on_change=on_change
        )
    if file is None:
        return None
    sketch = sketch_to_image(read_image(file.getvalue()))
    if source == "upload":
        st.image(sketch.stages["grey"], "As it came, in grey", width=width)
    return sketch
