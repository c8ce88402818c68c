"""How accuracy and loss go over the epochs: of one run, live, and of several side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import plotly.graph_objects as go

from fmnist.figures.chart import axis, chart, legend
from fmnist.figures.palette import RUN_COLOURS, SPLIT_COLOURS
from fmnist.plain_text import plotly as plain

if TYPE_CHECKING:
    import pandas as pd

Metric = Literal["accuracy", "loss"]


MAX_POINTS = 400


def plot_history(
    history: pd.DataFrame,
    batches: pd.DataFrame | None = None,
    metric: Metric = "accuracy",
    *,
    epochs: int | None = None,
    steps_per_epoch: int | None = None,
) -> go.Figure:
    """One run's curve: training and validation per epoch, and the running value between epochs.

    history, batches: as in `history.csv` and `batches.csv` (epoch counted from 0); either may be
    empty. epochs: how many are planned, the x axis' end. steps_per_epoch: optimiser steps in an
    epoch, which places the batches (their step counts the whole run); without it, guessed.
    """
    running = _running_trace(batches, metric, steps_per_epoch)
    train = _epoch_trace(history, metric, "Training", SPLIT_COLOURS["train"], dash="dot")
    val = _epoch_trace(history, f"val_{metric}", "Validation", SPLIT_COLOURS["val"])
    traces = [trace for trace in (running, train, val) if trace]
    last_epoch = max((trace["x"][-1] for trace in traces), default=1)
    return _curves(traces, metric, max(epochs or 1, last_epoch), (train, val))


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
    keep = _spread(len(x))
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


def _running_trace(
    batches: pd.DataFrame | None, metric: Metric, steps_per_epoch: int | None
) -> dict[str, Any] | None:
    if batches is None or batches.empty:
        return None
    step, epoch, values = (np.asarray(batches[c], float) for c in ("step", "epoch", metric))
    length = steps_per_epoch or max((step / (epoch + 1)).max(), 1)
    x = step / length
    keep = _spread(len(x))
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "Training, running",
        "x": x[keep].round(4).tolist(),
        "y": values[keep].tolist(),
        "line": {"color": SPLIT_COLOURS["train"], "width": 1},
        "opacity": 0.55,
        "hovertemplate": f"After %{{x:.2f}} epochs: {_hover_value(metric)}<extra></extra>",
    }


def _hover_value(column: str) -> str:
    return "%{y:.1%}" if column.endswith("accuracy") else "%{y:.3f}"


def _spread(count: int) -> np.ndarray:
    """At most MAX_POINTS positions of `count`, evenly spread, always with the last one."""
    if count <= MAX_POINTS:
        return np.arange(count)
    return np.linspace(0, count - 1, MAX_POINTS).round().astype(int)


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
