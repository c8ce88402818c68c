"""What an experiment came to: each run, the means with their intervals, and the person's guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from fmnist.figures.chart import axis, chart, legend
from fmnist.figures.palette import RUN_COLOURS, SPLIT_COLOURS
from fmnist.plain_text import plotly as plain

_ROW = 46  # pixels
_FRAME = 96  # pixels above and below the rows


@dataclass(frozen=True)
class ArmPoints:
    """All fractions 0 to 1. guess: where the person expected the mean, if that is a number."""

    label: str
    accuracies: Sequence[float]
    mean: float
    interval: tuple[float, float]
    guess: float | None = None


def plot_arms(arms: Sequence[ArmPoints], title: str = "Test accuracy (%)") -> go.Figure:
    """One row for each arm, the first on top."""
    labels = [plain(arm.label) for arm in arms]
    guesses = [(label, arm.guess) for label, arm in zip(labels, arms, strict=True)]
    data = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "mean, 95\N{NO-BREAK SPACE}% interval",
            "x": [100 * arm.mean for arm in arms],
            "y": labels,
            "error_x": {
                "type": "data",
                "symmetric": False,
                "array": [100 * (arm.interval[1] - arm.mean) for arm in arms],
                "arrayminus": [100 * (arm.mean - arm.interval[0]) for arm in arms],
                "thickness": 2,
                "width": 7,
                "color": RUN_COLOURS[0],
            },
            "marker": {"size": 11, "color": RUN_COLOURS[0]},
            "hovertemplate": "%{y}: %{x:.2f} %<extra>mean</extra>",
        },
        {
            "type": "scatter",
            "mode": "markers",
            "name": "one run",
            "x": [100 * accuracy for arm in arms for accuracy in arm.accuracies],
            "y": [label for label, arm in zip(labels, arms, strict=True) for _ in arm.accuracies],
            "marker": {"size": 7, "color": SPLIT_COLOURS["train"], "symbol": "line-ns-open"},
            "hovertemplate": "%{y}: %{x:.2f} %<extra>one run</extra>",
        },
        {
            "type": "scatter",
            "mode": "markers",
            "name": "your guess",
            "x": [100 * guess for _, guess in guesses if guess is not None],
            "y": [label for label, guess in guesses if guess is not None],
            "marker": {"size": 12, "color": RUN_COLOURS[5], "symbol": "diamond-open"},
            "hovertemplate": "%{y}: %{x:.1f} %<extra>your guess</extra>",
        },
    ]
    return chart(
        [trace for trace in data if trace["x"]],
        _FRAME + _ROW * len(arms),
        {
            "xaxis": axis(title),
            "yaxis": axis("", autorange="reversed", type="category"),
            "showlegend": True,
            "legend": legend(),
        },
    )
