"""Test accuracy against what the training took, one dot per run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from fmnist import formats
from fmnist.evaluation.evaluate import wilson_interval
from fmnist.figures.chart import axis, chart, legend
from fmnist.plain_text import plotly as plain
from fmnist.plain_text import shorten

_SYMBOLS = ("circle", "diamond", "square", "cross", "triangle-up", "x")  # of datasets
_MOST_BARS = 150  # runs of which each has its interval drawn; above, where it is pointed at
_QUIET = "#7d8ea3"


@dataclass(frozen=True)
class RunDot:
    """A scored run. `macs` are the multiply-adds of its whole training; `colour` may be ""."""

    run_id: str
    title: str
    macs: int
    accuracy: float
    test_images: int
    dataset: str
    colour: str = ""


def plot_compute(dots: Sequence[RunDot]) -> go.Figure:
    """Accuracy over multiply-adds, on an axis of powers of ten; a symbol for each dataset.

    Of one dataset, a stepped line goes along the best accuracy that so much compute or less has
    reached. `customdata` of a dot begins with its run's id.
    """
    datasets = list(dict.fromkeys(dot.dataset for dot in dots))
    traces = [
        _trace([dot for dot in dots if dot.dataset == name], name, number, len(dots))
        for number, name in enumerate(datasets)
    ]
    if len(datasets) == 1:
        traces = [_frontier(dots), *traces]
    layout = {
        "xaxis": axis(
            "Compute of the training (multiply-adds)",
            type="log",
            exponentformat="SI",
            **_ticks(dots),
        ),
        "yaxis": axis("Test accuracy (%)", tickformat=".3~%"),
        "showlegend": len(datasets) > 1,
        "legend": legend(),
        "hovermode": "closest",
    }
    return chart(traces, 340, layout)


def _ticks(dots: Sequence[RunDot]) -> dict[str, Any]:
    """One for each power of ten, where there are some; else as Plotly sees fit."""
    macs = [dot.macs for dot in dots]
    return {"dtick": 1} if max(macs) > 30 * min(macs) else {}


def _trace(dots: list[RunDot], dataset: str, number: int, count: int) -> dict[str, Any]:
    # those with a colour last: they lie on top
    dots = sorted(dots, key=lambda dot: bool(dot.colour))
    pairs = [
        (dot, wilson_interval(round(dot.accuracy * dot.test_images), dot.test_images))
        for dot in dots
    ]
    trace = {
        "type": "scatter",
        "mode": "markers",
        "name": plain(shorten(dataset, 28)),
        "x": [dot.macs for dot in dots],
        "y": [dot.accuracy for dot in dots],
        "customdata": [
            [dot.run_id, f"{formats.percent(low)} to {formats.percent(high)}"]
            for dot, (low, high) in pairs
        ],
        "text": [plain(dot.title) for dot in dots],
        "marker": {
            "color": [dot.colour or _QUIET for dot in dots],
            "size": 10,
            "opacity": 0.9 if count <= _MOST_BARS else 0.6,
            "symbol": _SYMBOLS[number % len(_SYMBOLS)],
        },
        "hovertemplate": "%{text}<br>test %{y:.1%} (95 % interval %{customdata[1]})<br>"
        "%{x:.3s} multiply-adds<extra></extra>",
    }
    if count > _MOST_BARS:
        return trace
    bars = {
        "type": "data",
        "array": [round(high - dot.accuracy, 6) for dot, (_, high) in pairs],
        "arrayminus": [round(dot.accuracy - low, 6) for dot, (low, _) in pairs],
        "thickness": 1,
        "width": 3,
        "color": _QUIET,
    }
    return trace | {"error_y": bars}


def _frontier(dots: Sequence[RunDot]) -> dict[str, Any]:
    """The best accuracy with so much compute or less, as steps to the largest compute."""
    places: list[int] = []
    best: list[float] = []
    for dot in sorted(dots, key=lambda dot: (dot.macs, -dot.accuracy)):
        if not best or dot.accuracy > best[-1]:
            places.append(dot.macs)
            best.append(dot.accuracy)
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [*places, max(dot.macs for dot in dots)],
        "y": [*best, best[-1]],
        "line": {"shape": "hv", "color": _QUIET, "width": 1.5, "dash": "dot"},
        "hoverinfo": "skip",
        "showlegend": False,
    }
