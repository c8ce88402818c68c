"""A window that slides over an image: point at a number of the output to see what it is made of.

All of it happens in the browser, so that moving the window waits for nobody. Mouse, touch and the
arrow keys move it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from fmnist.explain.by_hand import Convolved, Result, find_strongest
from pages._shared.style import read_beside

_component = st.components.v2.component(
    "fmnist_sliding_window",
    html='<div class="sheet"></div>',
    css=read_beside(__file__, "stage.css") + read_beside(__file__, "sliding_window.css"),
    js=read_beside(__file__, "sliding_window.js"),
)


def render_convolution(result: Convolved, shown: np.ndarray, bias: float, relu: bool) -> None:
    """`shown`: the output (rows, columns) after bias and ReLU."""
    _render(
        result,
        shown,
        window=len(result.kernel),
        kind="convolution",
        kernel=np.round(result.kernel, 6).tolist(),
        bias=bias,
        relu=relu,
    )


def render_pooling(result: Result, size: int, kind: str) -> None:
    """kind: "max" or "average"."""
    _render(result, result.output, window=size, kind=kind)


def _render(result: Result, shown: np.ndarray, **how: Any) -> None:
    _component(
        key="sliding_window",
        # In a list, because Streamlit looks through a dict for tables and imports pandas for that.
        data=[
            {
                "image": result.image.tolist(),
                "output": np.round(shown, 4).tolist(),
                "stride": result.stride,
                "before": result.before,
                "after": result.after,
                "start": find_strongest(shown),
                **how,
            }
        ],
    )
