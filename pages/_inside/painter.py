"""An image to paint on, pixel by pixel, with mouse, finger or keys.

A stroke shows at once, in the browser; when it ends, all paint comes to Python.
"""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages._shared.style import read_beside

_component = st.components.v2.component(
    "fmnist_painter",
    html=read_beside(__file__, "painter.html"),
    css=read_beside(__file__, "stage.css") + read_beside(__file__, "painter.css"),
    js=read_beside(__file__, "painter.js"),
)


def render(image: np.ndarray, paint: str, content: str) -> str | None:
    """The paint after a stroke, in the one rerun that it causes, as `edits.read_paint` reads it.

    image: uint8 (28, 28), without the paint. paint: what lies on it to begin with. content: names
    the two; where it changes, the browser begins anew with `paint`.
    """
    result = _component(
        key="painter",
        # In a list, because Streamlit looks through a dict for tables and imports pandas for that.
        data=[{"image": image.ravel().tolist(), "paint": paint, "content": content}],
        on_painted_change=lambda: None,
    )
    match result.painted:
        case {"paint": str(painted), "content": str(seen)} if seen == content:
            return painted
    return None
