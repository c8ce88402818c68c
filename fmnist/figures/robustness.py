"""Accuracy against the strength of each corruption, of one run or of two."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from fmnist.evaluation.corruptions import CORRUPTIONS, STRENGTHS, Robustness
from fmnist.figures.chart import axis, chart, legend
from fmnist.figures.palette import RUN_COLOURS
from fmnist.plain_text import plotly as plain

_FADED = 0.3  # opacity of the corruptions that are not looked at


def plot_robustness(
    found: Robustness,
    clean: float,
    looked_at: str,
    other: tuple[str, Robustness, float] | None = None,
) -> go.Figure:
    """A curve per corruption; that of `looked_at` is bold, with its 95 % intervals.

    clean: accuracy (0 to 1) on the images as they are, the point at strength 0. other: another
    run's title, results and accuracy, dashed in the same colours.
    """
    traces = _curves(found, clean, looked_at, "", "solid")
    if other:
        title, results, accuracy = other
        traces += _curves(results, accuracy, looked_at, plain(title), "dot")
    strengths = list(range(STRENGTHS + 1))
    layout = {
        "xaxis": axis("Strength", tickvals=strengths, ticktext=["none", *map(str, strengths[1:])]),
        "yaxis": axis("Accuracy (%)", tickformat=".0%", rangemode="tozero") | {"range": [0, 1]},
        "showlegend": True,
        "legend": legend(),
        "hovermode": "closest",
        "margin": {"l": 8, "r": 8, "t": 70, "b": 8},
    }
    return chart(traces, 420, layout)


def _curves(
    found: Robustness, clean: float, looked_at: str, title: str, dash: str
) -> list[dict[str, Any]]:
    traces = []
    for colour, (name, corruption) in zip(RUN_COLOURS, CORRUPTIONS.items(), strict=False):
        accuracies, is_bold = found.accuracies(name), name == looked_at
        said = [f"{value:g} {corruption.unit}" for value in corruption.values]
        trace: dict[str, Any] = {
            "type": "scatter",
            "mode": "lines+markers",
            "name": corruption.name,
            "showlegend": not title,
            "legendgroup": name,
            "x": list(range(STRENGTHS + 1)),
            "y": [clean, *accuracies],
            "customdata": ["as it is", *said],
            "opacity": 1 if is_bold else _FADED,
            "line": {"color": colour, "dash": dash, "width": 3 if is_bold else 2},
            "marker": {"color": colour, "size": 7 if is_bold else 4},
            "hovertemplate": (f"<b>{title}</b><br>" if title else "")
            + f"{corruption.name}, %{{customdata}}: %{{y:.1%}}<extra></extra>",
        }
        if is_bold:
            edges = found.intervals(name)
            pairs = list(zip(accuracies, edges, strict=True))
            trace["error_y"] = {
                "type": "data",
                "symmetric": False,
                "array": [0, *(high - value for value, (_, high) in pairs)],
                "arrayminus": [0, *(value - low for value, (low, _) in pairs)],
                "thickness": 1.5,
            }
        traces.append(trace)
    return traces
