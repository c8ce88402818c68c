"""How well a model recognised each class after every epoch."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from fmnist.evaluation.dynamics import Dynamics
from fmnist.figures.chart import axis, chart, legend
from fmnist.figures.palette import CLASS_COLOURS, SPLIT_COLOURS
from fmnist.plain_text import plotly as plain


def plot_epochs(dynamics: Dynamics, chosen: int, class_names: tuple[str, ...]) -> go.Figure:
    """Test accuracy, bold, and the recall of each class; a line at the epoch chosen (from 0)."""
    epochs = [epoch + 1 for epoch in dynamics.epochs]
    traces: list[dict[str, Any]] = [
        _line(epochs, dynamics.class_recall[:, label].tolist(), plain(name), CLASS_COLOURS[label])
        for label, name in enumerate(class_names)
    ]
    traces.append(
        _line(epochs, dynamics.accuracy.tolist(), "All test images", SPLIT_COLOURS["test"], 4)
    )
    layout = {
        "xaxis": axis("Epoch", tickformat="d"),
        "yaxis": axis("Recall (%)", tickformat=".0%"),
        "showlegend": True,
        "legend": legend(),
        "hovermode": "closest",
        "margin": {"l": 8, "r": 8, "t": 100, "b": 8},
        "shapes": [
            {
                "type": "line",
                "yref": "paper",
                "x0": chosen + 1,
                "x1": chosen + 1,
                "y0": 0,
                "y1": 1,
                "line": {"width": 1.5, "dash": "dot", "color": SPLIT_COLOURS["train"]},
            }
        ],
    }
    return chart(traces, 460, layout)


def _line(
    epochs: list[int], values: list[float], name: str, colour: str, width: float = 1.5
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers" if len(epochs) < 30 else "lines",
        "name": name,
        "x": epochs,
        "y": values,
        "line": {"color": colour, "width": width},
        "marker": {"color": colour, "size": width + 3},
        "hovertemplate": f"{name}, epoch %{{x}}: %{{y:.1%}}<extra></extra>",
    }
