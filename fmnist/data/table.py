"""The CSV form of a dataset: a column for the label and one for each pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fmnist.data.idx import SIDE

if TYPE_CHECKING:
    import pandas as pd


def pixel_name(row: int, column: int) -> str:
    """The pixel's column in the CSV form of the dataset: pixel1 is row 0, column 0."""
    for axis, value in (("row", row), ("column", column)):
        if not 0 <= value < SIDE:
            raise ValueError(f"{axis} is {value}; expected 0 to {SIDE - 1}")
    return f"pixel{row * SIDE + column + 1}"


PIXEL_NAMES = tuple(pixel_name(row, column) for row in range(SIDE) for column in range(SIDE))


def table(images: np.ndarray, labels: np.ndarray, index: np.ndarray | None = None) -> pd.DataFrame:
    """The CSV form of the dataset: uint8 columns label, pixel1 … pixel784.

    `index` (N,) names the rows.
    """
    import pandas as pd

    values = np.column_stack([labels, images.reshape(len(images), -1)])
    return pd.DataFrame(values, columns=["label", *PIXEL_NAMES], index=index)


def describe_table(frame: pd.DataFrame) -> dict[str, str]:
    """Shape, type and memory of a table, in words for a reader."""
    return {
        "Shape": f"{frame.shape[0]:,} rows × {frame.shape[1]:,} columns",
        "Type": f"type {', '.join(str(kind) for kind in frame.dtypes.unique())}",
        "Memory": f"{frame.memory_usage(index=False).sum() / 1000:,.0f} kB in memory",
    }


def distinct_values(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Each distinct value of `column`, ascending, and how many rows have it: value, rows."""
    if column not in frame.columns:
        raise ValueError(f"column is {column!r}; expected label or pixel1 to pixel{SIDE * SIDE}")
    counts = frame[column].value_counts().sort_index()
    return counts.rename_axis("value").reset_index(name="rows")
