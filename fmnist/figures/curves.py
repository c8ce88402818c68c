"""How accuracy and loss go over the epochs, of several runs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from fmnist.figures.chart import axis, chart, legend
from fmnist.figures.live import Metric, spread
from fmnist.figures.palette import RUN_COLOURS
from fmnist.plain_text import plotly as plain

if TYPE_CHECKING:
    import pandas as pd


def plot_comparison(histories: Mapping[str, pd.DataFrame], metric: Metric) -> go.Figure:
    """Several runs in one chart: {label: history}. Solid validation curves; where a run has no
    validation images, its training curve, dotted.
    """
    traces = []
    for number, (title, history) in enumerate(histories.items()):
        label = plain(title)
        colour = RUN_COLOURS[number % len(RUN_COLOURS)]
        trace = _epoch_trace(history, f"val_{metric}", label, colour) or _epoch_trace(
            history, metric, f"{label} (training)", colour, dash="dot"
        )
        if trace:
            traces.append(trace)
    last_epoch = max((trace["x"][-1] for trace in traces), default=1)
    return _curves(traces, metric, last_epoch, traces)


def _epoch_trace(
    history: pd.DataFrame, column: str, name: str, colour: str, dash: str = "solid"
) -> dict[str, Any] | None:
    values = np.asarray(history[column], float) if column in history else np.zeros(0)
    known = np.isfinite(values)
    if not known.any():
        return None
    x = np.asarray(history["epoch"], float)[known] + 1
    keep = spread(len(x))
    return {
        "type": "scatter",
        "mode": "lines+markers" if len(x) <= 40 else "lines",
        "name": name,
        "x": x[keep].tolist(),
        "y": values[known][keep].tolist(),
        "line": {"color": colour, "width": 2.5, "dash": dash},
        "marker": {"size": 6},
        "hovertemplate": f"%{{fullData.name}}, epoch %{{x:.0f}}: {_hover_value(column)}"
        "<extra></extra>",
    }


def _hover_value(column: str) -> str:
    return "%{y:.1%}" if column.endswith("accuracy") else "%{y:.3f}"


def _curves(
    traces: list[dict[str, Any]],
    metric: Metric,
    epochs: float,
    framing: Sequence[dict[str, Any] | None],
) -> go.Figure:
    seen = [value for trace in framing if trace for value in trace["y"]]
    if not seen:  # before the first epoch ends, the running curve is all there is
        seen = [value for trace in traces for value in trace["y"] if np.isfinite(value)]
    if metric == "accuracy":
        y = axis("Accuracy (%)", range=[_accuracy_floor(seen), 1.005], tickformat=".0%")
    else:
        y = axis("Loss (cross-entropy)", range=[0, _loss_ceiling(seen)])
    x = axis("Epoch", range=[0, epochs * 1.02], rangemode="tozero", tickformat="d")
    if epochs <= 10:
        x["dtick"] = 1
    layout = {"xaxis": x, "yaxis": y, "showlegend": True, "legend": legend(), "hovermode": "x"}
    return chart(traces, 320, layout)


def _accuracy_floor(values: list[float]) -> float:
    """The axis' lower end: moves by whole tenths only, so that a live chart seldom jumps."""
    return float(np.floor(min([*values, 0.8]) * 10 + 1e-9) / 10)


def _loss_ceiling(values: list[float]) -> float:
    """The axis' upper end, in steps of 0.25."""
    return float(np.ceil(max([*values, 0.25]) * 4 - 1e-9) / 4)
