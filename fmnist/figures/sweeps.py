"""A sweep in three figures: its trials, the importance of its settings, parallel coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from fmnist.figures.chart import axis, chart, legend
from fmnist.figures.palette import RUN_COLOURS, SPLIT_COLOURS

_QUIET = "#7d8ea3"
_BAR, _LINE = RUN_COLOURS[0], SPLIT_COLOURS["val"]
# From quiet to striking, seen on white and on near-black alike.
_SCALE = [[0.0, "#8a94a6"], [0.5, "#4a90d0"], [1.0, "#e07b28"]]


@dataclass(frozen=True)
class TrialDot:
    """A trial. `value`: mean validation accuracy, 0 to 1; `deviation`: over its seeds, or None."""

    number: int  # from 1
    state: str
    value: float
    deviation: float | None
    text: str  # its settings


def plot_trials(dots: Sequence[TrialDot], best: Sequence[tuple[int, float]]) -> go.Figure:
    """Validation accuracy in the order that trials began, with the highest so far as a line.

    best: number of a trial, and the highest validation accuracy of those completed by then.
    """
    line = {
        "type": "scatter",
        "mode": "lines",
        "name": "best so far",
        "x": [number for number, _ in best],
        "y": [value for _, value in best],
        "line": {"color": _LINE, "shape": "hv", "width": 2},
        "hoverinfo": "skip",
    }
    groups = [
        ("completed", "trial", {"color": _BAR, "size": 9}),
        ("pruned", "pruned", {"color": _QUIET, "size": 8, "symbol": "x"}),
        ("running", "training", {"color": _BAR, "size": 9, "symbol": "circle-open"}),
    ]
    traces = [line] if best else []
    for state, name, marker in groups:
        some = [dot for dot in dots if dot.state == state]
        if some:
            traces.append(_dots(some, name, marker))
    last = max((dot.number for dot in dots), default=1)
    layout = {
        "xaxis": axis("Trial", tick0=1, dtick=max(1, round(last / 10)), range=[0.5, last + 0.5]),
        "yaxis": axis("Validation accuracy (%)", tickformat=".3~%", range=_range_of(dots)),
        "showlegend": True,
        "legend": legend(),
        "hovermode": "closest",
    }
    return chart(traces, 320, layout)


def _range_of(dots: Sequence[TrialDot]) -> list[float] | None:
    """Of accuracies, with their bars and some room; of a single dot too, where Plotly's own goes
    from -50 to 150 %.
    """
    ends = [dot.value + sign * (dot.deviation or 0.0) for dot in dots for sign in (-1, 1)]
    if not ends:
        return None
    room = max(0.1 * (max(ends) - min(ends)), 0.01)
    return [max(min(ends) - room, -0.01), min(max(ends) + room, 1.01)]


def _dots(dots: Sequence[TrialDot], name: str, marker: dict[str, Any]) -> dict[str, Any]:
    trace = {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [dot.number for dot in dots],
        "y": [dot.value for dot in dots],
        "text": [dot.text for dot in dots],
        "marker": marker,
        "hovertemplate": "Trial %{x}: %{y:.2%}<br>%{text}<extra></extra>",
    }
    if any(dot.deviation is not None for dot in dots):
        trace["error_y"] = {
            "type": "data",
            "array": [dot.deviation or 0.0 for dot in dots],
            "thickness": 1.5,
            "width": 4,
        }
    return trace


def plot_importance(shares: Sequence[tuple[str, float]]) -> go.Figure:
    """A bar for each setting, the largest on top. shares: label, 0 to 1."""
    ordered = sorted(shares, key=lambda pair: pair[1])
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": [share for _, share in ordered],
        "y": [label for label, _ in ordered],
        "marker": {"color": _BAR},
        "text": [f"{share:.0%}" for _, share in ordered],
        "textposition": "outside",
        "textangle": 0,
        "cliponaxis": False,
        "hoverinfo": "skip",
    }
    layout = {
        "xaxis": axis("Part of the differences explained", tickformat=".0%", range=[0, 1.12]),
        "yaxis": axis(""),
    }
    return chart([bars], 90 + 40 * len(ordered), layout)


def plot_parallel(
    scales: Sequence[tuple[str, Sequence[float], Sequence[float], Sequence[str]]],
    accuracies: Sequence[float],
) -> go.Figure:
    """A line for each trial, through its place on every scale, coloured by validation accuracy.

    scales: label, a place for each trial, and where which text stands. accuracies: 0 to 1.
    """
    dimensions: list[dict[str, Any]] = [
        {
            "label": label,
            "values": list(positions),
            "range": [min(ticks), max(ticks)]
            if len(set(ticks)) > 1
            else [ticks[0] - 1, ticks[0] + 1],
            "tickvals": list(ticks),
            "ticktext": list(texts),
        }
        for label, positions, ticks, texts in scales
    ]
    dimensions.append({"label": "Validation", "values": list(accuracies), "tickformat": ".1%"})
    lines = {
        "type": "parcoords",
        "dimensions": dimensions,
        "line": {
            "color": list(accuracies),
            "colorscale": _SCALE,
            "showscale": False,
        },
        "labelfont": {"size": 13},
        "tickfont": {"size": 12},
    }
    return chart([lines], 340, {"margin": {"l": 70, "r": 50, "t": 50, "b": 20}})
