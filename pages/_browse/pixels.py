"""The 28×28 numbers of one image, each on its own grey; pointing at one names it, a click picks it.

A component and not a chart: 784 readable numbers, real text, quick to draw, scrollable on a phone.
"""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist.data.idx import SIDE
from pages._shared.style import read_beside

_component = st.components.v2.component(
    "fmnist_pixels",
    html='<div class="scroll"><div class="sheet"><table tabindex="0"></table></div></div><p></p>',
    css=read_beside(__file__, "pixels.css"),
    js=read_beside(__file__, "pixels.js"),
)


def render_pixels(
    image: np.ndarray, picked: tuple[int, int], *, key: str
) -> tuple[int, int] | None:
    """Draw `image` (uint8 (28, 28)) with the pixel `picked` (row, column) framed.

    Returns (row, column) in the one rerun that a pick causes, else None.
    """
    result = _component(
        key=key,
        # A list, because Streamlit looks through a dict for tables and imports pandas for that.
        data=[image.tolist(), list(picked)],
        on_picked_change=lambda: None,
    )
    match result.picked:
        case [int(row), int(column)] if 0 <= row < SIDE and 0 <= column < SIDE:
            return row, column
    return None
