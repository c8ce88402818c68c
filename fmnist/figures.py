"""Data becomes Plotly figures. The product's one palette lives here.

Figures name no text colour and no background, so that the page's light or dark theme supplies
both; cell and bar colours carry text in either. They are assembled from plain dictionaries
without Plotly's validation, which is slow enough to matter for charts redrawn while a model trains
(`tests/test_figures.py` validates every one instead).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import plotly.graph_objects as go

from fmnist.dataset import CLASS_NAMES
from fmnist.evaluate import MatrixMode, normalised
from fmnist.plain_text import plotly as plain

if TYPE_CHECKING:
    import pandas as pd

Metric = Literal["accuracy", "loss"]

# By family: tops and the dress in warm hues, shoes in blues, Trouser green, Bag violet. Found by
# maximising the smallest OKLab distance between any two, as seen with normal colour vision and
# with deuteranopia and protanopia, at lightnesses that stand out from white and from near-black.
CLASS_COLOURS = (
    "#c9a91b",  # T-shirt/top
    "#28926d",  # Trouser
    "#eaa7a8",  # Pullover
    "#e965b6",  # Dress
    "#de500c",  # Coat
    "#256176",  # Sandal
    "#953410",  # Shirt
    "#3cabff",  # Sneaker
    "#8e60eb",  # Bag
    "#373bbf",  # Ankle boot
)
SPLIT_COLOURS = {"train": "#7d8ea3", "val": "#e07b28", "test": "#2a9d8f"}
# Runs in one chart, in the order they are given: Okabe and Ito's colours, without black, then more.
RUN_COLOURS = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#d55e00",
    "#8e60eb",
    "#a08a00",
    "#7d8ea3",
    "#953410",
)
RIGHT_RGB, WRONG_RGB = (47, 129, 195), (222, 80, 12)
STRONGEST_CELL = 0.7  # opacity: text in the theme's colour stays readable on it

MAX_POINTS = 400
_CLEAR = "rgba(0,0,0,0)"
_AXIS = {"fixedrange": True, "zeroline": False, "automargin": True}


def _figure(data: list[dict[str, Any]], height: int, layout: dict[str, Any]) -> go.Figure:
    frame = {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "paper_bgcolor": _CLEAR,
        "plot_bgcolor": _CLEAR,
        "showlegend": False,
        "dragmode": False,
        "uirevision": "keep",
    }
    return go.Figure({"data": data, "layout": frame | layout}, _validate=False)


def _axis(title: str, **more: Any) -> dict[str, Any]:
    return {**_AXIS, "title": {"text": title}, **more}


def _legend() -> dict[str, Any]:
    return {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"}


# -- training curves ------------------------------------------------------------------------------


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
        y = _axis("Accuracy (%)", range=[_accuracy_floor(seen), 1.005], tickformat=".0%")
    else:
        y = _axis("Loss (cross-entropy)", range=[0, _loss_ceiling(seen)])
    x = _axis("Epoch", range=[0, epochs * 1.02], rangemode="tozero", tickformat="d")
    if epochs <= 10:
        x["dtick"] = 1
    layout = {"xaxis": x, "yaxis": y, "showlegend": True, "legend": _legend(), "hovermode": "x"}
    return _figure(traces, 320, layout)


def _accuracy_floor(values: list[float]) -> float:
    """The axis' lower end: moves by whole tenths only, so that a live chart seldom jumps."""
    return float(np.floor(min([*values, 0.8]) * 10 + 1e-9) / 10)


def _loss_ceiling(values: list[float]) -> float:
    """The axis' upper end, in steps of 0.25."""
    return float(np.ceil(max([*values, 0.25]) * 4 - 1e-9) / 4)


# -- evaluation -----------------------------------------------------------------------------------


def plot_confusion_matrix(
    matrix: np.ndarray,
    mode: MatrixMode = "counts",
    class_names: tuple[str, ...] = CLASS_NAMES,
    selected: tuple[int, int] | None = None,
    text_colour: str | None = None,
) -> go.Figure:
    """A confusion matrix of counts, int (10, 10), rows true, as `evaluate.normalised` shows it.

    Correct predictions are blue and wrong ones orange, each on its own square-root scale, so that
    the confusions are not drowned by the diagonal. Every cell is a point with `customdata`
    [true, predicted], which a click returns. selected: the outlined cell. text_colour: of the
    numbers in the cells, which need the theme's strongest; None leaves it to the chart's theme.
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
        "textfont": {"size": 12, "color": text_colour},
        "marker": {"symbol": "square", "size": 26, "color": _CLEAR, "line": {"width": 0}},
        # Plotly would fade all other cells on a click: the outline says enough.
        "unselected": {"marker": {"opacity": 1}, "textfont": {"color": text_colour}},
        "hovertext": [
            f"<b>{names[true]}</b> called <b>{names[predicted]}</b><br>"
            f"{matrix[true, predicted]:,} of {matrix[true].sum():,} "
            f"({rows[true, predicted]:.1%})<br>Click to see them"
            for true, predicted in cells
        ],
        "hoverinfo": "text",
    }
    ticks = {"tickvals": list(range(size)), "ticktext": names, "showgrid": False}
    layout = {
        "xaxis": _axis("Predicted label", range=[-0.5, size - 0.5], tickangle=-40, **ticks),
        "yaxis": _axis("True label", range=[size - 0.5, -0.5], **ticks),
        "hovermode": "closest",
        "clickmode": "event+select",
        "shapes": [_outline(selected)] if selected else [],
    }
    return _figure([colours, points], 560, layout)


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
        layout[f"xaxis{suffix}"] = _axis(
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
    layout["yaxis"] = _axis("", type="category", autorange="reversed", showgrid=False)
    return _figure(data, 400, layout)


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
        "xaxis": _axis("Probability (%)", range=[0, 1.18], tickvals=[0, 0.25, 0.5, 0.75, 1])
        | {"ticktext": ["0", "25", "50", "75", "100"]},
        "yaxis": _axis("", range=[len(names) - 0.5, -0.5], showgrid=False)
        | {"tickvals": list(range(len(names))), "ticktext": ticks},
        "bargap": 0.25,
    }
    return _figure([bars], 340, layout)


# -- the dataset ----------------------------------------------------------------------------------


def plot_class_counts(counts: np.ndarray, class_names: tuple[str, ...] = CLASS_NAMES) -> go.Figure:
    """How many images each class has: integer (10,)."""
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": [int(count) for count in counts],
        "y": [plain(name) for name in class_names],
        "marker": {"color": list(CLASS_COLOURS)},
        "text": [f"{count:,}" for count in counts],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": "%{y}: %{x:,} images<extra></extra>",
    }
    layout = {
        "xaxis": _axis("Images", range=[0, max(1, int(max(counts))) * 1.18], tickformat=","),
        "yaxis": _axis("", type="category", autorange="reversed", showgrid=False),
        "bargap": 0.25,
    }
    return _figure([bars], 340, layout)


def plot_histogram(image: np.ndarray) -> go.Figure:
    """How often each grey value occurs in one image, uint8 (28, 28), in sixteen bins.

    The count axis is logarithmic: the black background outnumbers everything else.
    """
    counts, _ = np.histogram(image, bins=16, range=(0, 256))
    bars = {
        "type": "bar",
        "x": [16 * number + 8 for number in range(16)],
        "y": [int(count) for count in counts],
        "width": 15,
        "marker": {"color": SPLIT_COLOURS["train"]},
        "customdata": [f"{16 * number} to {16 * number + 15}" for number in range(16)],
        "hovertemplate": "Values %{customdata}: %{y} pixels<extra></extra>",
    }
    layout = {
        "xaxis": _axis("Pixel value (0 black, 255 white)", range=[0, 256], dtick=64),
        "yaxis": _axis("Pixels (log scale)", type="log", range=[-0.3, 3], dtick=1),
    }
    return _figure([bars], 260, layout)
