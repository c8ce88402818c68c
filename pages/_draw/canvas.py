"""The canvas of the Draw page: white on black, with brush width, eraser, undo, redo and clear.

A component of our own: the published canvas waits 200 ms after each stroke before it sends, which
is most of the time a person should wait for a prediction, and shows its tools only under a mouse.

The drawing is kept in the session, for the way back from another page, and by the browser, for when
the page is loaded again. Python may replace it, with an example or a file, which is a new version;
what the browser sent about an older version no longer counts.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from fmnist.drawing.strokes import MAX_WIDTH, SIDE, Drawing, DrawingError, parse, to_values
from pages._shared import url
from pages._shared.style import read_beside

PAPER = 0  # grey level of the canvas: black, as the dataset's images are


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
  <canvas width="{2 * SIDE}" height="{2 * SIDE}" tabindex="-1"
    aria-label="Canvas: draw one garment, white on black"></canvas>
  <p class="note" role="alert" hidden>The canvas is full: undo a stroke, or clear it.</p>
  <div class="tools">
    {"".join(_button(name, *tool) for name, tool in _TOOLS.items())}
    <label>Brush
      <input type="range" min="2" max="{MAX_WIDTH}" value="10" aria-label="Brush width"></label>
  </div>
</div>
""",
    css=read_beside(__file__, "canvas.css"),
    js=read_beside(__file__, "canvas.js"),
)


def drawing() -> Drawing:
    """The drawing on this tab's canvas; empty at first."""
    return st.session_state.setdefault("drawing", ())


def replace(new: Drawing) -> None:
    """Put another drawing on the canvas; the person can undo it."""
    st.session_state["drawing"] = new
    st.session_state["drawing_version"] = st.session_state.get("drawing_version", 0) + 1


def open_shared() -> None:
    """Put the drawing in the address on the canvas, once."""
    shared = url.read("drawing")
    if shared and shared != st.session_state.get("drawing_shared"):
        st.session_state["drawing_shared"] = shared
        replace(shared)


def render_canvas(on_change: Callable[[], None], on_idle: Callable[[], None]) -> Drawing:
    """Show the canvas; returns the drawing after the last stroke.

    on_change: called when the person has changed the drawing. on_idle: called when they have
    then left it alone for half a second.

    Raises DrawingError when the browser sent something else than a drawing.
    """
    version = st.session_state.setdefault("drawing_version", 0)
    result = _component(
        key="canvas",
        # In a list: given a dictionary, Streamlit imports pandas to look for tables in it.
        data=[{"version": version, "strokes": to_values(drawing())}],
        on_drawing_change=on_change,
        on_idle_change=on_idle,
    )
    match result.drawing:
        case None:
            pass
        case {"version": seen, "strokes": strokes}:
            if seen == version:
                st.session_state["drawing"] = parse(strokes)
        case _:
            raise DrawingError("The drawing did not arrive whole: draw on, or load the page anew.")
    return drawing()
