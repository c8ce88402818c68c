"""The canvas of the Draw page: white on black, with brush width, eraser, undo, redo and clear.

The canvas is `streamlit-drawable-canvas`. Its own tools show only under a mouse, so ours stand
below it. They work on the strokes, which the session keeps, with the steps back, for the way from
and to another page; the browser keeps them for when the page is loaded again. What Python puts on
the canvas is a new version, and what the browser sends about an older one no longer counts.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import streamlit as st

from fmnist.drawing import fabric
from fmnist.drawing.strokes import MAX_WIDTH, Drawing, DrawingError, from_link, to_link
from pages._draw.memory import keep_in_browser
from pages._shared import url

PAPER = 0  # grey level of the canvas: black, as the dataset's images are
KEY = "canvas"
MAX_STEPS_BACK = 200
_TOOLS = {"pen": ":material/edit: Pen", "eraser": ":material/ink_eraser: Eraser"}


def drawing() -> Drawing:
    """The drawing on this tab's canvas; empty at first."""
    return st.session_state.setdefault("drawing", ())


def replace(new: Drawing) -> None:
    """Put another drawing on the canvas; the person can undo it."""
    _remember()
    st.session_state["drawing_takes_pen"] = True
    _put(new)


def open_shared() -> None:
    """Put the drawing in the address on the canvas, once."""
    shared = url.read("drawing")
    if shared and shared != st.session_state.get("drawing_shared"):
        st.session_state["drawing_shared"] = shared
        replace(shared)


def render_canvas(on_change: Callable[[], None]) -> Drawing:
    """Show the canvas and its tools; returns the drawing after the last stroke.

    on_change: called when the person has changed the drawing.

    Raises DrawingError when the browser sent something else than a drawing, or one too large.
    """
    if KEY not in st.session_state and st.session_state.get("drawing_given", ()) != drawing():
        _put(drawing())  # the canvas is new: the page is, or the person comes back to it
    if st.session_state.pop("drawing_takes_pen", False):
        st.session_state["drawing_tool"] = "pen"
    place = st.container()  # above our tools, which it is told of
    tool, width = _render_tools()
    with place:
        problem = _exchange(tool, width, on_change)
    st.session_state["drawing_refused"] = is_refused = problem is not None
    _render_steps(on_change, is_refused)
    _keep_in_browser(on_change)
    if problem:
        raise problem
    return drawing()


def _exchange(tool: str, width: int, on_change: Callable[[], None]) -> DrawingError | None:
    """Show the canvas and take over what was drawn on it since.

    What cannot be taken over is returned, and the drawing stays.
    """
    from streamlit_drawable_canvas import st_canvas  # works only where Streamlit runs

    version = st.session_state.setdefault("drawing_version", 0)
    given = st.session_state.setdefault("drawing_given", ())
    objects = fabric.to_objects(given, version)
    sent = st_canvas(
        stroke_width=width * fabric.PIXELS,
        stroke_color=fabric.PAPER if tool == "eraser" else fabric.INK,
        background_color=fabric.PAPER,
        width=fabric.CANVAS_SIDE,
        height=fabric.CANVAS_SIDE,
        initial_drawing={"objects": objects},
        key=KEY,
        on_change=on_change,
    ).json_data
    if isinstance(sent, dict) and sent.get("objects") == objects:  # the browser sent nothing yet
        return None
    if fabric.read_version(sent) not in (version, None):  # about an older one
        return None
    try:
        _, drawn = fabric.from_objects(sent)
    except DrawingError as error:
        return error
    if drawn != drawing():
        _remember()
        st.session_state["drawing"] = drawn
    return None


def _render_tools() -> tuple[str, int]:
    """The tool and the brush's width, in places of a drawing."""
    st.session_state.setdefault("drawing_tool", "pen")  # no `default`: Streamlit warns of both
    with st.container(horizontal=True, vertical_alignment="bottom"):
        tool = st.segmented_control(
            "Tool",
            _TOOLS,
            format_func=_TOOLS.__getitem__,
            required=True,
            label_visibility="collapsed",
            key="drawing_tool",
        )
        width = st.slider(
            "Brush width",
            2,
            MAX_WIDTH,
            10,
            format="brush %d",
            key="drawing_width",
            label_visibility="collapsed",
        )
    return tool, width


def _render_steps(on_change: Callable[[], None], is_refused: bool) -> None:
    steps = {
        "Undo": ("undo", _undo, bool(_steps("before") or is_refused)),
        "Redo": ("redo", _redo, bool(_steps("after"))),
        "Clear": ("delete", _clear, bool(drawing() or is_refused)),
    }
    with st.container(horizontal=True):
        for label, (icon, change, is_possible) in steps.items():
            st.button(
                label,
                icon=f":material/{icon}:",
                key=f"drawing_{label.lower()}",
                width="stretch",
                disabled=not is_possible,
                on_click=_change_then,
                args=(change, on_change),
            )


def _change_then(change: Callable[[], None], on_change: Callable[[], None]) -> None:
    change()
    on_change()


def _undo() -> None:
    if st.session_state.pop("drawing_refused", False):  # a stroke that was never one of the steps
        _put(drawing())
    elif before := _steps("before"):  # a fast second click comes while the button still shows
        _steps("after").append(drawing())
        _put(before.pop())


def _redo() -> None:
    if after := _steps("after"):
        _steps("before").append(drawing())
        _put(after.pop())


def _clear() -> None:
    replace(())


def _put(new: Drawing) -> None:
    """On the canvas, as a new version."""
    new = fabric.drop_repeats(new)
    st.session_state["drawing"] = st.session_state["drawing_given"] = new
    st.session_state["drawing_version"] = st.session_state.get("drawing_version", 0) + 1


def _remember() -> None:
    """That the drawing is what Undo brings back."""
    _steps("before").append(drawing())
    del _steps("before")[:-MAX_STEPS_BACK]
    _steps("after").clear()


def _steps(direction: str) -> list[Drawing]:
    """The drawings that Undo ("before") or Redo ("after") brings back, the next one last."""
    return st.session_state.setdefault(f"drawing_{direction}", [])


def _keep_in_browser(on_change: Callable[[], None]) -> None:
    def bring_back(kept: str) -> None:
        if drawing() or _steps("before"):
            return  # what is drawn here is newer
        with contextlib.suppress(DrawingError):  # kept by another version of the Lab
            _put(from_link(kept))
            on_change()

    keep_in_browser(to_link(drawing()) if drawing() else "", bring_back)
