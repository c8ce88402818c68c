"""Confidence against accuracy, and what it costs to answer only when surer."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from fmnist.evaluation.calibration import Answers, Reliability, RiskCoverage
from fmnist.figures.chart import axis, chart, legend
from fmnist.figures.palette import SPLIT_COLOURS

_BEFORE, _AFTER = SPLIT_COLOURS["train"], SPLIT_COLOURS["test"]
_SMALLEST, _LARGEST = 5, 16  # pixels across: of a bin with few images, and with most of them
_POINT = "%{x:.1%} of images, %{y:.2f}\N{NO-BREAK SPACE}% of them wrong<extra></extra>"
_TICKS = {"tickvals": [0, 0.25, 0.5, 0.75, 1], "ticktext": ["0", "25", "50", "75", "100"]}


def plot_reliability(before: Reliability, after: Reliability | None = None) -> go.Figure:
    """Each bin's accuracy over its mean confidence, with 95 % intervals; on the diagonal the two
    agree, above it the model is right more often than it says.

    after: the same model with its temperature scaled.
    """
    diagonal = {
        "type": "scatter",
        "mode": "lines",
        "x": [0, 1],
        "y": [0, 1],
        "line": {"width": 1.5, "dash": "dot", "color": SPLIT_COLOURS["val"]},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    data = [diagonal, _bins(before, "As predicted", _BEFORE)]
    if after:
        data.append(_bins(after, "After temperature scaling", _AFTER))
    layout = {
        "xaxis": axis("Confidence (%)", range=[0, 1.02], **_TICKS),
        "yaxis": axis("Accuracy (%)", range=[0, 1.04], **_TICKS),
        "showlegend": True,
        "legend": legend(),
        "hovermode": "closest",
        "margin": {"l": 8, "r": 8, "t": 36, "b": 8},
    }
    return chart(data, 380, layout)


def _bins(reliability: Reliability, name: str, colour: str) -> dict[str, Any]:
    accuracy, intervals = reliability.accuracy, reliability.intervals
    weight = np.sqrt(reliability.counts / reliability.counts.max())
    upper = reliability.lower + 1 / reliability.bins
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": reliability.confidence.tolist(),
        "y": accuracy.tolist(),
        "marker": {
            "size": (_SMALLEST + (_LARGEST - _SMALLEST) * weight).tolist(),
            "color": colour,
        },
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": (intervals[:, 1] - accuracy).tolist(),
            "arrayminus": (accuracy - intervals[:, 0]).tolist(),
            "color": colour,
            "thickness": 1,
            "width": 3,
        },
        "hovertext": [
            f"{100 * low:.0f}–{100 * high:.0f}\N{NO-BREAK SPACE}% sure: {count:,} images<br>"
            f"{said:.1%} sure on average, {right:.1%} right"
            for low, high, count, said, right in zip(
                reliability.lower,
                upper,
                reliability.counts,
                reliability.confidence,
                accuracy,
                strict=True,
            )
        ],
        "hoverinfo": "text",
    }


def plot_risk_coverage(curve: RiskCoverage, chosen: Answers) -> go.Figure:
    """The error rate among the surest predictions, over how many of all images they are.

    chosen: where a threshold puts the model, marked where it leaves any answer.
    """
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": curve.coverage.tolist(),
        "y": (100 * curve.risk).tolist(),
        "line": {"width": 2.5, "color": _AFTER},
        "hovertemplate": _POINT,
    }
    data = [line]
    if chosen.accuracy is not None:
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [chosen.coverage],
                "y": [100 * (1 - chosen.accuracy)],
                "marker": {
                    "size": 13,
                    "color": SPLIT_COLOURS["val"],
                    "line": {"width": 2, "color": "white"},
                },
                "hovertemplate": f"Surer than {100 * chosen.threshold:.0f}\N{NO-BREAK SPACE}%: "
                + _POINT,
            }
        )
    top = 100 * max(float(curve.risk.max()), 0.001)
    layout = {
        "xaxis": axis("Coverage (% of images answered)", range=[0, 1.02], **_TICKS),
        "yaxis": axis("Wrong answers (%)", range=[0, 1.08 * top]),
        "hovermode": "closest",
    }
    return chart(data, 300, layout)
