"""What all charts have in common.

They name no text colour and no background, so that the page's light or dark theme supplies both;
cell and bar colours carry text in either. They are assembled from plain dictionaries without
Plotly's validation, which is slow enough to matter for charts redrawn while a model trains
(`tests/figures/test_figures.py` validates every one instead).
"""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

CLEAR = "rgba(0,0,0,0)"
_AXIS = {"fixedrange": True, "zeroline": False, "automargin": True}


def chart(data: list[dict[str, Any]], height: int, layout: dict[str, Any]) -> go.Figure:
    frame = {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "showlegend": False,
        "dragmode": False,
        "uirevision": "keep",
    }
    return go.Figure({"data": data, "layout": frame | layout}, _validate=False)


def axis(title: str, **more: Any) -> dict[str, Any]:
    return {**_AXIS, "title": {"text": title}, **more}


def legend() -> dict[str, Any]:
    return {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"}
