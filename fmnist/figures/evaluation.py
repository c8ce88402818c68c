"""How good a model is: its confusion matrix, its report, its probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from fmnist.data.dataset import CLASS_NAMES
from fmnist.evaluation.evaluate import MatrixMode, normalised
from fmnist.figures.chart import CLEAR, axis, chart
from fmnist.figures.palette import (
    CLASS_COLOURS,
    RIGHT_RGB,
    SPLIT_COLOURS,
    STRONGEST_CELL,
    WRONG_RGB,
)
from fmnist.plain_text import plotly as plain

if TYPE_CHECKING:
    import pandas as pd


def plot_confusion_matrix(
    matrix: np.ndarray,
    mode: MatrixMode = "counts",
    class_names: tuple[str, ...] = CLASS_NAMES,
    selected: tuple[int, int] | None = None,
    height: int = 560,
    hint: str = "Click to see them",
) -> go.Figure:
    """A confusion matrix of counts, int (N, N), rows true, as `evaluate.normalised` shows it.

    Correct predictions are blue and wrong ones orange, each on its own square-root scale, so that
    the confusions are not drowned by the diagonal. Every cell is a point with `customdata`
    [true, predicted], which a click returns. selected: the outlined cell. hint: the last line that
    pointing at a cell shows.
    """
    values, names = normalised(matrix, mode), [plain(name) for name in class_names]
    size = len(names)
    is_right = np.eye(size, dtype=bool)
    cells = [(true, predicted) for true in range(size) for predicted in range(size)]
    rows = normalised(matrix, "rows")
    colours = {
        "type": "heatmap",
        "z": np.where(is_right, _depth(values, is_right), -_depth(values, ~is_right)).tolist(),
        "x": list(range(size)),
        "y": list(range(size)),
        "xgap": 2,
        "ygap": 2,
        "zmin": -1,
        "zmax": 1,
        "colorscale": _two_hues(),
        "showscale": False,
        "hoverinfo": "skip",
    }
    points = {
        "type": "scatter",
        "mode": "markers+text",
        "x": [predicted for _, predicted in cells],
        "y": [true for true, _ in cells],
        "customdata": [list(cell) for cell in cells],
        "text": [_cell_text(values[cell], mode) for cell in cells],
        "textfont": {"size": 12},
        "marker": {"symbol": "square", "size": 26, "color": CLEAR, "line": {"width": 0}},
        # Plotly would fade all other cells on a click: the outline says enough.
        "unselected": {"marker": {"opacity": 1}},
        "hovertext": [
            f"<b>{names[true]}</b> called <b>{names[predicted]}</b><br>"
            f"{matrix[true, predicted]:,} of {matrix[true].sum():,} "
            f"({rows[true, predicted]:.1%})<br>{hint}"
            for true, predicted in cells
        ],
        "hoverinfo": "text",
    }
    ticks = {"tickvals": list(range(size)), "ticktext": names, "showgrid": False}
    layout = {
        "xaxis": axis(
            "Predicted label", side="top", range=[-0.5, size - 0.5], tickangle=-50, **ticks
        ),
        "yaxis": axis("True label", range=[size - 0.5, -0.5], **ticks),
        "margin": {"l": 8, "r": 40, "t": 8, "b": 8},  # Plotly leaves out a name that sticks out
        "hovermode": "closest",
        "clickmode": "event+select",
        "shapes": [_outline(selected)] if selected else [],
    }
    return chart([colours, points], height, layout)


def _depth(values: np.ndarray, where: np.ndarray) -> np.ndarray:
    """0 to 1 by the square root of the value, against the largest value among `where`."""
    largest = values[where].max()
    return np.sqrt(values / largest) if largest else np.zeros(values.shape)


def _two_hues() -> list[list[float | str]]:
    def colour(rgb: tuple[int, int, int], opacity: float) -> str:
        return f"rgba({rgb[0]},{rgb[1]},{rgb[2]},{opacity})"

    return [
        [0.0, colour(WRONG_RGB, STRONGEST_CELL)],
        [0.5, colour(WRONG_RGB, 0.03)],
        [0.5, colour(RIGHT_RGB, 0.03)],
        [1.0, colour(RIGHT_RGB, STRONGEST_CELL)],
    ]


def _cell_text(value: float, mode: MatrixMode) -> str:
    if not value:
        return ""
    if mode == "rows":
        return f"{100 * value:.1f}"
    return f"{100 * value:.2f}" if mode == "share" else f"{value:,.0f}"


def _outline(cell: tuple[int, int]) -> dict[str, Any]:
    true, predicted = cell
    return {
        "type": "rect",
        "x0": predicted - 0.48,
        "x1": predicted + 0.48,
        "y0": true - 0.48,
        "y1": true + 0.48,
        "line": {"width": 3, "color": SPLIT_COLOURS["test"]},
    }


def plot_report(report: pd.DataFrame) -> go.Figure:
    """Precision, recall and F1 of each class, side by side; dotted lines are the macro averages.

    report: `Evaluation.report` (ten classes, then the averages).
    """
    classes, macro = report.iloc[: len(CLASS_NAMES)], report.iloc[len(CLASS_NAMES)]
    layout: dict[str, Any] = {"shapes": [], "bargap": 0.25}
    data = []
    titles = {"precision": "Precision (%)", "recall": "Recall (%)", "f1": "F1 (%)"}
    for number, (column, title) in enumerate(titles.items()):
        suffix = str(number + 1) if number else ""
        data.append(
            {
                "type": "bar",
                "orientation": "h",
                "x": classes[column].tolist(),
                "y": [plain(name) for name in classes["class"]],
                "xaxis": f"x{suffix}",
                "marker": {"color": list(CLASS_COLOURS)},
                "text": [f"{100 * value:.1f}" for value in classes[column]],
                "textposition": "auto",
                "textangle": 0,
                "hovertemplate": f"%{{y}}: {title[:-4].lower()} %{{x:.1%}}<extra></extra>",
            }
        )
        layout[f"xaxis{suffix}"] = axis(
            title,
            range=[0, 1.03],
            domain=[number * 0.355, number * 0.355 + 0.29],
            tickvals=[0, 0.5, 1],
            ticktext=["0", "50", "100"],
        )
        layout["shapes"].append(
            {
                "type": "line",
                "layer": "below",
                "xref": f"x{suffix}",
                "yref": "paper",
                "x0": macro[column],
                "x1": macro[column],
                "y0": 0,
                "y1": 1,
                "line": {"width": 1.5, "dash": "dot", "color": SPLIT_COLOURS["train"]},
            }
        )
    layout["yaxis"] = axis("", type="category", autorange="reversed", showgrid=False)
    return chart(data, 400, layout)


def plot_probabilities(
    probabilities: np.ndarray,
    label: int | None = None,
    class_names: tuple[str, ...] = CLASS_NAMES,
) -> go.Figure:
    """The ten class probabilities, float (10,), as bars in the dataset's order.

    label: the true class, if known; its name is marked.
    """
    names = [plain(name) for name in class_names]
    ticks = [
        f"<b>{name}</b> (true)" if number == label else name for number, name in enumerate(names)
    ]
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": [float(value) for value in probabilities],
        "y": list(range(len(names))),
        "marker": {"color": list(CLASS_COLOURS)},
        "text": [f"{100 * value:.1f}\N{NO-BREAK SPACE}%" for value in probabilities],
        "textposition": "outside",
        "cliponaxis": False,
        "customdata": names,
        "hovertemplate": "%{customdata}: %{x:.2%}<extra></extra>",
    }
    layout = {
        "xaxis": axis("Probability (%)", range=[0, 1.18], tickvals=[0, 0.25, 0.5, 0.75, 1])
        | {"ticktext": ["0", "25", "50", "75", "100"]},
        "yaxis": axis("", range=[len(names) - 0.5, -0.5], showgrid=False)
        | {"tickvals": list(range(len(names))), "ticktext": ticks},
        "bargap": 0.25,
    }
    return chart([bars], 340, layout)
