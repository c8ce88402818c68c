"""The curves of one run as it trains: a Vega-Lite chart, which the browser redraws in place.

A Plotly chart is made anew by Streamlit whenever its data change, and is not to be seen while it
is: twice a second, with a page that is watched. Here only the rows change from look to look; the
specification stays the same for as long as the run trains.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from fmnist.figures.palette import SPLIT_COLOURS
from fmnist.plain_text import shorten

if TYPE_CHECKING:
    import pandas as pd

Metric = Literal["accuracy", "loss"]
_Curves = dict[str, tuple[np.ndarray, np.ndarray]]  # epochs ended and values, by line

MAX_POINTS = 400  # of a curve
LIVE, TRAINING, VALIDATION = "Training (live)", "Training", "Validation"
_LONGEST_NAME = 24  # characters of a run's name in the legend
_OTHER = ", training"  # what the legend leaves out: the run before has one entry
_GUESSING = float(np.log(10))  # the loss of ten equal probabilities
_PALE, _FAINT = "66", "99"  # opacities, in hexadecimal
_DOTTED = (2, 3)
_MANY = 40  # epochs; their points would run into each other
_TITLES = {"accuracy": "Accuracy (%)", "loss": "Loss"}
_FORMATS = {"accuracy": ".1%", "loss": ".3f"}


@dataclass(frozen=True)
class Before:
    """The curves of an earlier run, to lie behind the others; two are the same by run."""

    run_id: str
    title: str
    history: pd.DataFrame = field(compare=False)

    @property
    def label(self) -> str:
        return f"Before: {shorten(self.title, _LONGEST_NAME)}"


@dataclass(frozen=True)
class LiveChart:
    """A Vega-Lite specification, and its rows: `line`, `epoch` (ended ones, a float), `value`."""

    spec: dict[str, Any]
    rows: pd.DataFrame


@dataclass(frozen=True)
class _Look:
    """How a curve is drawn."""

    line: str
    colour: str
    dash: tuple[int, int] = (1, 0)


def plot_history(
    history: pd.DataFrame,
    batches: pd.DataFrame | None = None,
    metric: Metric = "accuracy",
    *,
    epochs: int | None = None,
    steps_per_epoch: int | None = None,
    before: Before | None = None,
    is_zoomed: bool = False,
) -> LiveChart:
    """One run's curves: training and validation per epoch, and the live value between epochs.

    The axes hold every point, from the first on; zoomed, there is the later half of the epochs.

    history, batches: as in `history.csv` and `batches.csv` (epoch counted from 0); either may be
    empty. epochs: how many are planned, the x axis' end; without it, it ends where the curves do.
    steps_per_epoch: optimiser steps in an epoch, which places the batches (their step counts the
    whole run); without it, guessed. before: cut where the x axis ends.
    """
    curves = {
        LIVE: _read_batches(batches, metric, steps_per_epoch),
        TRAINING: _read_epochs(history, metric),
        VALIDATION: _read_epochs(history, f"val_{metric}"),
    }
    reached = max((x[-1] for x, _ in curves.values() if len(x)), default=0.0)
    end = max(epochs or 0, reached) or 1.0
    looks = [
        _Look(LIVE, SPLIT_COLOURS["train"] + _FAINT),
        _Look(TRAINING, SPLIT_COLOURS["train"], _DOTTED),
        _Look(VALIDATION, SPLIT_COLOURS["val"]),
    ]
    if before:
        ghosts = _ghosts(before, metric, end, curves)
        curves = ghosts | curves
        validation, training = ghosts
        looks = [
            _Look(validation, SPLIT_COLOURS["val"] + _PALE),
            _Look(training, SPLIT_COLOURS["train"] + _PALE, _DOTTED),
            *looks,
        ]
    start = _later_half(reached) if is_zoomed else 0.0
    return LiveChart(_spec(looks, metric, end, is_zoomed), _rows(curves, start, reached, is_zoomed))


def _ghosts(before: Before, metric: Metric, end: float, curves: _Curves) -> _Curves:
    """Of the run before, what does not push this run's curves aside.

    A loss above both this run's and that of ten equal guesses is that of a run gone wrong.
    """
    history = before.history[before.history["epoch"] < end]
    highest = max([_GUESSING, *(values.max() for _, values in curves.values() if len(values))])
    ghosts = {}
    for line, column in ((before.label, f"val_{metric}"), (before.label + _OTHER, metric)):
        x, values = _read_epochs(history, column)
        ghosts[line] = (x[values <= highest], values[values <= highest])
    return ghosts


def _read_epochs(history: pd.DataFrame, column: str) -> tuple[np.ndarray, np.ndarray]:
    """Epochs ended and values, where they are known."""
    values = np.asarray(history[column], float) if column in history else np.zeros(0)
    known = np.isfinite(values)
    x = np.asarray(history["epoch"], float)[known] + 1 if len(known) else np.zeros(0)
    keep = spread(len(x))
    return x[keep], values[known][keep]


def _read_batches(
    batches: pd.DataFrame | None, metric: Metric, steps_per_epoch: int | None
) -> tuple[np.ndarray, np.ndarray]:
    if batches is None or batches.empty:
        return np.zeros(0), np.zeros(0)
    step, epoch, values = (np.asarray(batches[c], float) for c in ("step", "epoch", metric))
    length = steps_per_epoch or max((step / (epoch + 1)).max(), 1)
    keep = spread(len(step))
    return (step / length)[keep].round(4), values[keep]


def spread(count: int) -> np.ndarray:
    """At most MAX_POINTS positions of `count`, evenly spread, always with the last one."""
    if count <= MAX_POINTS:
        return np.arange(count)
    return np.linspace(0, count - 1, MAX_POINTS).round().astype(int)


def _later_half(reached: float) -> float:
    """Where it begins: at a whole epoch once there are some, so that it seldom moves."""
    return float(np.floor(reached / 2)) if reached >= 4 else reached / 2


def _rows(curves: _Curves, start: float, reached: float, is_zoomed: bool) -> pd.DataFrame:
    """In the order in which they are to be drawn: what comes last lies on top."""
    import pandas as pd

    rows = [
        (line, x, value)
        for line, points in curves.items()
        for x, value in zip(*(column.tolist() for column in points), strict=True)
        if start <= x and (x <= reached or not is_zoomed)
    ]
    return pd.DataFrame(rows, columns=["line", "epoch", "value"]).astype(
        {"line": "category", "epoch": float, "value": float}
    )


def _spec(looks: list[_Look], metric: Metric, end: float, is_zoomed: bool) -> dict[str, Any]:
    """The same for as long as a run trains: scales without a domain follow the rows."""
    x_scale: dict[str, Any] = {"nice": False, "zero": False}
    if not is_zoomed:
        x_scale["domain"] = [0, end]
    whole = {"tickMinStep": 1} if end >= 2 else {}
    x = {
        "field": "epoch",
        "type": "quantitative",
        "title": "Epoch",
        "scale": x_scale,
        "axis": {
            "grid": False,
            "format": "~r",
            "tickCount": 10,
            "labelFlush": True,
            "titlePadding": 4,
            **whole,
        },
    }
    y = {
        "field": "value",
        "type": "quantitative",
        "title": _TITLES[metric],
        "scale": {"zero": metric == "loss" and not is_zoomed, "nice": True},
        "axis": {"minExtent": 44, "tickCount": 5} | _axis_format(metric),
    }
    lines = [look.line for look in looks]
    shown = [line for line in lines if not line.endswith(_OTHER)]

    legend: dict[str, Any] | None = None
    if metric == "accuracy":  # above the chart of the loss it would be the same
        legend = {"values": shown, "title": None, "orient": "top", "offset": 8}
        legend["columns"] = 2 if len(shown) > 3 else 3
        legend |= {"symbolType": "stroke", "symbolSize": 300, "symbolStrokeWidth": 2.5}
        legend["padding"] = 0

    def by_line(values: list[Any]) -> dict[str, Any]:
        scale = {"domain": lines, "range": values}
        return {"field": "line", "type": "nominal", "scale": scale, "legend": legend}

    tooltip = [
        {"field": "line", "type": "nominal", "title": "Curve"},
        {"field": "epoch", "type": "quantitative", "title": "Epoch", "format": "~r"},
        {
            "field": "value",
            "type": "quantitative",
            "title": _TITLES[metric].removesuffix(" (%)"),
            "format": _FORMATS[metric],
        },
    ]
    is_live = {"field": "line", "equal": LIVE}
    is_epoch = {"field": "line", "oneOf": [TRAINING, VALIDATION]}
    size = 36 if end <= _MANY else 6
    return {
        "description": f"{_TITLES[metric]} by epoch",
        "encoding": {
            "x": x,
            "y": y,
            "color": by_line([look.colour for look in looks]),
            "tooltip": tooltip,
        },
        "layer": [
            {"transform": [{"filter": is_live}], "mark": {"type": "line", "strokeWidth": 1}},
            {
                "transform": [{"filter": {"not": is_live}}],
                "mark": {"type": "line", "strokeWidth": 2.5},
                "encoding": {"strokeDash": by_line([list(look.dash) for look in looks])},
            },
            {
                "transform": [{"filter": is_epoch}],
                "mark": {"type": "point", "filled": True, "opacity": 1, "size": size},
            },
        ],
    }


def _axis_format(metric: Metric) -> dict[str, Any]:
    return {"format": "~%"} if metric == "accuracy" else {}
