"""Accuracies with their intervals, one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from fmnist.figures.chart import axis, chart
from fmnist.figures.palette import SPLIT_COLOURS
from fmnist.plain_text import plotly as plain

_MARGIN = 0.015  # of an accuracy, on either side of what is drawn
_ROW = 34  # pixels


@dataclass(frozen=True)
class Row:
    """One accuracy, 0 to 1; without an interval where none is known."""

    label: str
    accuracy: float
    interval: tuple[float, float] | None = None
    is_baseline: bool = False  # not this model's


def plot_scores(rows: Sequence[Row]) -> go.Figure:
    """Each accuracy as a dot with its 95 % interval; baselines are grey.

    The axis begins a little below the smallest one.
    """
    intervals = [row.interval or (row.accuracy, row.accuracy) for row in rows]
    grey, colour = SPLIT_COLOURS["train"], SPLIT_COLOURS["test"]
    dots = {
        "type": "scatter",
        "mode": "markers+text",
        "x": [row.accuracy for row in rows],
        "y": [plain(row.label) for row in rows],
        "text": [f"  {100 * row.accuracy:.1f}\N{NO-BREAK SPACE}%" for row in rows],
        "textposition": "top center",
        "cliponaxis": False,
        "marker": {
            "size": 10,
            "color": [grey if row.is_baseline else colour for row in rows],
        },
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [high - row.accuracy for row, (_, high) in zip(rows, intervals, strict=True)],
            "arrayminus": [
                row.accuracy - low for row, (low, _) in zip(rows, intervals, strict=True)
            ],
            "thickness": 2,
            "width": 4,
            "color": grey,
        },
        "hoverinfo": "skip",
    }
    low = min(low for low, _ in intervals) - _MARGIN
    high = max(high for _, high in intervals) + _MARGIN
    layout = {
        "xaxis": axis("Accuracy (%)", range=[max(0.0, low), min(1.02, high)], tickformat=".0%"),
        "yaxis": axis("", type="category", autorange="reversed", showgrid=False),
        "margin": {"l": 8, "r": 24, "t": 16, "b": 8},
    }
    return chart([dots], 70 + _ROW * len(rows), layout)
