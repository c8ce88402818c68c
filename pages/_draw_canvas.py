"""The canvas of the Draw page: white on black, with brush width, eraser, undo, redo and clear.

A component of our own: the published canvas waits 200 ms after each stroke before it sends, which
is most of the time a person should wait for an answer, and shows its tools only under a mouse.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

import numpy as np
import streamlit as st

from fmnist.images import ImageError, read_image

PAPER = 0  # grey level of the canvas: black, as the dataset's images are

_MAX_URL_CHARACTERS = 1_000_000  # a drawing has a few thousand
_PREFIX = "data:image/png;base64,"
_HERE = Path(__file__).parent

_TOOLS = {
    "eraser": (
        "Eraser",
        "m7 21-4-4a2 2 0 0 1 0-3L13 4a2 2 0 0 1 3 0l5 5a2 2 0 0 1 0 3l-9 9M22 21H7M5 11l9 9",
    ),
    "undo": ("Undo", "M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-2"),
    "redo": ("Redo", "m15 14 5-5-5-5M20 9H10a6 6 0 0 0 0 12h2"),
    "clear": ("Clear", "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13"),
}


def _button(name: str, label: str, path: str) -> str:
    state = 'aria-pressed="false"' if name == "eraser" else "disabled"
    icon = f'<svg viewBox="0 0 24 24" aria-hidden="true"><path d="{path}"/></svg>'
    return f'<button type="button" name="{name}" {state}>{icon}{label}</button>'


_component = st.components.v2.component(
    "fmnist_draw_canvas",
    html=f"""
<div class="draw" role="group" aria-label="Drawing">
  <canvas width="336" height="336" aria-label="Canvas: draw one garment, white on black"></canvas>
  <div class="tools">
    {"".join(_button(name, *tool) for name, tool in _TOOLS.items())}
    <label>Brush <input type="range" min="2" max="60" value="18" aria-label="Brush width"></label>
  </div>
</div>
""",
    css=(_HERE / "_draw_canvas.css").read_text(encoding="utf-8"),
    js=(_HERE / "_draw_canvas.js").read_text(encoding="utf-8"),
)


def render_canvas(key: str) -> np.ndarray | None:
    """Show the canvas; returns the drawing after the last stroke, or None while it is empty.

    The drawing is uint8 (336, 336) grey or (336, 336, 4) RGBA on PAPER.

    Raises ImageError when the browser sent something else than a picture.
    """
    result = _component(key=key, on_drawing_change=lambda: None)
    return _read_drawing(result.drawing)


def _read_drawing(message: object) -> np.ndarray | None:
    match message:
        case None | {"image": None}:
            return None
        case {"image": str(url)} if url.startswith(_PREFIX) and len(url) <= _MAX_URL_CHARACTERS:
            try:
                return read_image(base64.b64decode(url.removeprefix(_PREFIX), validate=True))
            except binascii.Error as error:
                raise ImageError("The drawing did not arrive whole; draw on.") from error
    raise ImageError("The drawing did not arrive as a picture; clear the canvas and try again.")
