"""Several runs in one chart, and two confusion matrices in one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import plotly.graph_objects as go

from fmnist.data.dataset import CLASS_NAMES
from fmnist.figures.chart import axis, chart, legend
from fmnist.figures.palette import RIGHT_RGB, STRONGEST_CELL, WRONG_RGB
from fmnist.plain_text import plotly as plain
from fmnist.plain_text import shorten

if TYPE_CHECKING:
    import pandas as pd

RunMetric = Literal["accuracy", "loss", "learning_rate"]
Split = Literal["val", "train", "both"]
Along = Literal["epochs", "seconds"]

_DASHES = ("solid", "dash", "dashdot", "longdash", "longdashdot")  # of curves that are the same
_TITLES = {
    "accuracy": "Accuracy (%)",
    "loss": "Loss (cross-entropy)",
    "learning_rate": "Learning rate",
}
_MAX_POINTS = 200  # of one curve: an epoch each
_MOST_IN_LEGEND = 6  # runs; the table's rows have the colours of all of them
_PALE, _FADED = 0.3, 0.25  # opacities: of values before smoothing, of runs beside those selected


@dataclass(frozen=True, eq=False)
class RunCurve:
    """A run's `history.csv` and how it is drawn; `is_faded` puts it behind the others.

    group: what the runs of one config over seeds are called together; "" for a run by itself.
    """

    title: str
    history: pd.DataFrame
    colour: str
    is_faded: bool = False
    group: str = ""


def plot_runs(
    curves: Sequence[RunCurve],
    metric: RunMetric = "accuracy",
    split: Split = "val",
    along: Along = "epochs",
    smoothing: float = 0.0,
) -> go.Figure:
    """One metric of several runs, over epochs or seconds of training.

    split: the validation curve, the training curve (dotted), or both; where a run has only one of
    them, that one. smoothing: the fraction, 0 to below 1, of the smoothed value before that an
    exponential moving average keeps at each epoch; the values themselves lie behind it, pale.
    Curves with the same values are dashed differently, so that each is seen through the other.
    Of the runs of a group, a bold curve is their mean, with each of them thin behind it.
    """
    groups: dict[str, list[RunCurve]] = {}
    for curve in curves:
        if curve.group:
            groups.setdefault(curve.group, []).append(curve)
    traces: list[dict[str, Any]] = []
    for members in groups.values():
        traces += _group_traces(members, metric, split, along, smoothing)
    seen: dict[tuple[float, ...], int] = {}
    single = [curve for curve in curves if not curve.group]
    for curve in single:
        is_first = True
        for column in _columns(curve.history, metric, split):
            x, y = _points(curve.history, column, along)
            smoothed = smooth(y, smoothing)
            is_training = not column.startswith("val_") and metric != "learning_rate"
            dash = "dot" if is_training else "solid"
            if not curve.is_faded:
                number = seen[tuple(y)] = seen.get(tuple(y), -1) + 1
                dash = _DASHES[number % len(_DASHES)] if number else dash
            if smoothing and len(y) > 1:
                traces.append(_trace(curve, column, x, y, dash, along) | _BEHIND)
            traces.append(
                _trace(curve, column, x, smoothed, dash, along, y if smoothing else None)
                | {"showlegend": is_first}
            )
            is_first = False
    values = [value for trace in traces for value in trace["y"]]
    layout = {
        "xaxis": _x_axis(along, max((trace["x"][-1] for trace in traces), default=1)),
        "yaxis": _y_axis(metric, values),
        "showlegend": len(single) + len(groups) <= _MOST_IN_LEGEND,
        "legend": legend(),
        "hovermode": "closest",
    }
    return chart(traces, 300, layout)


def _group_traces(
    members: list[RunCurve], metric: RunMetric, split: Split, along: Along, smoothing: float
) -> list[dict[str, Any]]:
    """Each run, thin, then their mean over the epochs that all of them have reached."""
    first = members[0]
    shortest = min(len(member.history) for member in members)
    faded = _FADED if all(member.is_faded for member in members) else 1
    thin: list[dict[str, Any]] = []
    bold: list[dict[str, Any]] = []
    for place, column in enumerate(_columns(first.history, metric, split)):
        dash = "dot" if column in ("loss", "accuracy") else "solid"
        for member in members:
            x, y = _points(member.history, column, along)
            if x:
                trace = _trace(member, column, x, smooth(y, smoothing), dash, along)
                thin.append(trace | _THIN | {"opacity": _PALE * faded})
        cut = [_points(member.history[:shortest], column, along) for member in members]
        count = min(len(y) for _, y in cut)
        if not count:
            continue
        x = np.mean([x[:count] for x, _ in cut], axis=0).round(3).tolist()
        values = np.array([y[:count] for _, y in cut])
        mean = smooth(values.mean(axis=0).tolist(), smoothing)
        whole = replace(first, title=first.group, is_faded=faded < 1)
        deviations = values.std(axis=0, ddof=1).tolist() if len(values) > 1 else None
        trace = _trace(whole, column, x, mean, dash, along, deviations)
        hover = trace["hovertemplate"].replace(_BEFORE, _SPREAD)
        line = trace["line"] | {"width": 4}
        bold.append(trace | {"line": line, "hovertemplate": hover, "showlegend": place == 0})
    return thin + bold


_THIN = {"mode": "lines", "showlegend": False}
_BEFORE, _SPREAD = "before smoothing ", "mean; standard deviation "
_BEHIND = {"opacity": _PALE, "showlegend": False, "hoverinfo": "skip", "hovertemplate": None}


def name_same_curves(
    curves: Sequence[RunCurve], metric: RunMetric, split: Split
) -> list[list[str]]:
    """Titles of runs whose curves are exactly the same, in groups of two or more."""
    groups: dict[tuple[tuple[float, ...], ...], list[str]] = {}
    for curve in curves:
        columns = _columns(curve.history, metric, split)
        key = tuple(tuple(_points(curve.history, column, "epochs")[1]) for column in columns)
        if key:
            groups.setdefault(key, []).append(curve.title)
    return [titles for titles in groups.values() if len(titles) > 1]


def smooth(values: Sequence[float], factor: float) -> list[float]:
    """The exponential moving average, weighted so that the first values count in full: at each step
    `factor` of what was there before.
    """
    smoothed, total, weight = [], 0.0, 0.0
    for value in values:
        total, weight = factor * total + value, factor * weight + 1
        smoothed.append(total / weight)
    return smoothed


def _columns(history: pd.DataFrame, metric: RunMetric, split: Split) -> list[str]:
    if metric == "learning_rate":
        return ["learning_rate"] if history["learning_rate"].notna().any() else []
    wanted = {"val": ["val_"], "train": [""], "both": ["val_", ""]}[split]
    there = [f"{p}{metric}" for p in ("val_", "") if history[f"{p}{metric}"].notna().any()]
    return [column for p in wanted if (column := f"{p}{metric}") in there] or there[:1]


def _points(history: pd.DataFrame, column: str, along: Along) -> tuple[list[float], list[float]]:
    values = history[column].to_numpy(float)
    seconds = np.cumsum(history["seconds"].fillna(0).to_numpy(float))
    places = seconds if along == "seconds" else history["epoch"].to_numpy(float) + 1
    known = np.isfinite(values)
    positions = np.flatnonzero(known)
    if len(positions) > _MAX_POINTS:
        few = np.linspace(0, len(positions) - 1, _MAX_POINTS).round().astype(int)
        positions = positions[few]
    return places[positions].round(3).tolist(), values[positions].tolist()


def _trace(
    curve: RunCurve,
    column: str,
    x: list[float],
    y: list[float],
    dash: str,
    along: Along,
    raw: list[float] | None = None,
) -> dict[str, Any]:
    which = "validation" if column.startswith("val_") else "training"
    which = "learning rate" if column == "learning_rate" else which
    form = {"accuracy": ".1%", "loss": ".3f", "learning_rate": ".2g"}[column.removeprefix("val_")]
    also = f" ({_BEFORE}%{{customdata:{form}}})" if raw else ""
    title = plain(curve.title)
    where = "after %{x:.0f} s" if along == "seconds" else "epoch %{x:.0f}"
    return {
        "type": "scatter",
        "mode": "lines+markers" if len(x) <= 40 else "lines",
        "name": plain(shorten(curve.title, 28)),
        "legendgroup": title,
        "x": x,
        "y": y,
        "customdata": raw,
        "line": {"color": curve.colour, "width": 2.5, "dash": dash},
        "marker": {"size": 5},
        "opacity": _FADED if curve.is_faded else 1,
        "hovertemplate": f"{title}<br>{which} %{{y:{form}}}{also}<br>{where}<extra></extra>",
    }


def _x_axis(along: Along, last: float) -> dict[str, Any]:
    if along == "seconds":
        return axis("Seconds of training", range=[0, last * 1.02], rangemode="tozero")
    more = {"dtick": 1} if last <= 12 else {}
    return axis("Epoch", range=[0, last + 0.02 * last], tickformat="d", **more)


def _y_axis(metric: RunMetric, values: list[float]) -> dict[str, Any]:
    """All that is drawn is seen, with a little room."""
    known = [value for value in values if math.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    room = 0.05 * (high - low) or 0.02 * abs(high) or 0.1
    more = {"tickformat": ".0%" if high - low > 0.04 else ".1%"} if metric == "accuracy" else {}
    if metric == "learning_rate":
        more = {"exponentformat": "power"}
    return axis(_TITLES[metric], range=[low - room, high + room], **more)


def plot_matrix_difference(
    difference: np.ndarray,
    class_names: tuple[str, ...] = CLASS_NAMES,
    text_colour: str | None = None,
) -> go.Figure:
    """A confusion matrix less another, int (10, 10), rows true.

    More right predictions and fewer wrong ones are blue, the reverse is orange.
    """
    names, size = [plain(name) for name in class_names], len(class_names)
    gains = np.where(np.eye(size, dtype=bool), difference, -difference)
    largest = max(int(np.abs(difference).max()), 1)
    depth = np.sign(gains) * np.sqrt(np.abs(gains) / largest)
    ticks = {"tickvals": list(range(size)), "ticktext": names, "showgrid": False}
    cells = {
        "type": "heatmap",
        "z": depth.tolist(),
        "x": list(range(size)),
        "y": list(range(size)),
        "xgap": 2,
        "ygap": 2,
        "zmin": -1,
        "zmax": 1,
        "colorscale": [
            [0, _rgba(WRONG_RGB, STRONGEST_CELL)],
            [0.5, _rgba(WRONG_RGB, 0)],
            [0.5, _rgba(RIGHT_RGB, 0)],
            [1, _rgba(RIGHT_RGB, STRONGEST_CELL)],
        ],
        "showscale": False,
        "text": [[f"{value:+d}" if value else "" for value in row] for row in difference.tolist()],
        "texttemplate": "%{text}",
        "textfont": {"size": 12, "color": text_colour},
        "hovertext": [
            [
                f"{names[true]} called {names[guess]}: {difference[true, guess]:+d}"
                for guess in range(size)
            ]
            for true in range(size)
        ],
        "hoverinfo": "text",
    }
    layout = {
        "xaxis": axis("Predicted label", range=[-0.5, size - 0.5], tickangle=-40, **ticks),
        "yaxis": axis("True label", range=[size - 0.5, -0.5], **ticks),
    }
    return chart([cells], 460, layout)


def plot_recall_differences(
    differences: Sequence[tuple[float, float, float] | None],
    class_names: tuple[str, ...] = CLASS_NAMES,
) -> go.Figure:
    """Of each class, how much higher the second model's recall is, -1 to 1, and the ends of its
    interval; None where no image is of that class.
    """
    rows = [
        (plain(name), *(100 * value for value in difference))
        for name, difference in zip(class_names, differences, strict=True)
        if difference
    ]
    names, points, lows, highs = zip(*rows, strict=True)
    colours = [
        _rgba(RIGHT_RGB if low > 0 else WRONG_RGB, 1) if low > 0 or high < 0 else "gray"
        for low, high in zip(lows, highs, strict=True)
    ]
    dots = {
        "type": "scatter",
        "mode": "markers",
        "x": list(points),
        "y": list(names),
        "marker": {"size": 10, "color": colours},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [high - point for high, point in zip(highs, points, strict=True)],
            "arrayminus": [point - low for low, point in zip(lows, points, strict=True)],
            "color": "gray",
            "thickness": 1.5,
            "width": 0,
        },
        "hovertext": [
            f"{name}: {point:+.1f} points (95 % interval {low:+.1f} to {high:+.1f})"
            for name, point, low, high in rows
        ],
        "hoverinfo": "text",
    }
    furthest = max(1.0, *(-low for low in lows), *highs)
    layout = {
        "xaxis": axis(
            "Difference of recall (percentage points)",
            range=[-1.08 * furthest, 1.08 * furthest],
            zeroline=True,
            zerolinecolor="gray",
        ),
        "yaxis": axis("True label", autorange="reversed"),
    }
    return chart([dots], 340, layout)


def _rgba(rgb: tuple[int, int, int], opacity: float) -> str:
    return f"rgba({rgb[0]},{rgb[1]},{rgb[2]},{opacity})"
