"""What a dataset holds: its classes, one image's grey values."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from fmnist.data.dataset import CLASS_NAMES
from fmnist.figures.chart import axis, chart
from fmnist.figures.palette import CLASS_COLOURS, SPLIT_COLOURS
from fmnist.plain_text import plotly as plain


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
        "xaxis": axis("Images", range=[0, max(1, int(max(counts))) * 1.18], tickformat=","),
        "yaxis": axis("", type="category", autorange="reversed", showgrid=False),
        "bargap": 0.25,
    }
    return chart([bars], 340, layout)


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
        "xaxis": axis("Pixel value", range=[0, 256], dtick=64),
        "yaxis": axis("Pixels (log)", type="log", range=[-0.3, 3], dtick=1),
    }
    return chart([bars], 260, layout)
