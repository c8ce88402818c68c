"""What a run has written: its tables, its predictions, its results, its log."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fmnist.data.dataset import CLASS_NAMES, DatasetError
from fmnist.data.names import check_class_names
from fmnist.json_files import (
    MAX_ARRAY_BYTES,
    MAX_TABLE_BYTES,
    UNREADABLE,
    check_plain,
    read_array,
    read_bytes,
    read_json_or_empty,
)
from fmnist.runs.exit_reason import read_tail
from fmnist.runs.store import Run, RunDamaged

if TYPE_CHECKING:
    import pandas as pd

HISTORY_COLUMNS = (
    "epoch",
    "loss",
    "accuracy",
    "val_loss",
    "val_accuracy",
    "learning_rate",
    "seconds",
)
BATCH_COLUMNS = ("step", "epoch", "loss", "accuracy", "images_per_second")

_MAX_LOG_BYTES = 200_000  # that are looked through for the last lines


def read_history(run: Run) -> pd.DataFrame:
    """`history.csv`: one row per finished epoch (none yet: no rows)."""
    return read_table(run.file("history.csv"), HISTORY_COLUMNS)


def read_batches(run: Run) -> pd.DataFrame:
    """`batches.csv`: the running figures, at most two rows a second of training."""
    return read_table(run.file("batches.csv"), BATCH_COLUMNS)


def read_probabilities(run: Run) -> np.ndarray:
    """`test_probabilities.npy`: float32 (N, 10), in the order of the test set.

    Raises:
        RunDamaged: it is missing, half-written, of another shape, or holds no probabilities.
    """
    try:
        probabilities = read_array(run.file("test_probabilities.npy"))
    except (OSError, ValueError) as error:
        raise RunDamaged(f"{run.run_id}: test_probabilities.npy cannot be read.") from error
    if probabilities.ndim != 2 or probabilities.shape[1] != 10 or not len(probabilities):
        raise RunDamaged(
            f"{run.run_id}: test_probabilities.npy has shape {probabilities.shape}, not (N, 10)."
        )
    is_float = np.issubdtype(probabilities.dtype, np.floating)
    if not (is_float and ((probabilities >= 0) & (probabilities <= 1)).all()):
        raise RunDamaged(f"{run.run_id}: test_probabilities.npy holds other than numbers 0 to 1.")
    return probabilities


def count_test_images(run: Run) -> int | None:
    """How many rows `test_probabilities.npy` promises; None where it cannot be read.

    From its head alone: a list of a thousand runs asks for all of them.
    """
    path = run.file("test_probabilities.npy")
    try:
        check_plain(path, MAX_ARRAY_BYTES)  # a pipe would be waited for
        with path.open("rb") as file:
            if np.lib.format.read_magic(file) != (1, 0):
                return None
            shape, _, _ = np.lib.format.read_array_header_1_0(file)
    except UNREADABLE:
        return None
    return int(shape[0]) if shape else None


def read_environment(run: Run) -> dict[str, Any]:
    """`environment.json`, or {} while there is none."""
    return read_json_or_empty(run.file("environment.json"))


def read_fingerprint(run: Run) -> str:
    """Of the dataset the run was trained and scored on; "" when it does not say."""
    fingerprint = read_environment(run).get("dataset_fingerprint")
    return fingerprint if isinstance(fingerprint, str) else ""


def read_class_names(run: Run) -> tuple[str, ...]:
    """What the model's ten classes are called: Fashion-MNIST's classes, if the run says nothing."""
    try:
        return check_class_names(read_environment(run)["class_names"])
    except (KeyError, DatasetError):
        return CLASS_NAMES


def read_results(run: Run) -> dict[str, Any]:
    """`results.json` (test_accuracy, test_loss, best_epoch, seconds, …), or {} before scoring."""
    values = read_json_or_empty(run.file("results.json"))
    return {
        key: value
        for key, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }


def read_log(run: Run, last_lines: int = 40) -> str:
    """The end of `log.txt`."""
    return "\n".join(read_tail(run.file("log.txt"), _MAX_LOG_BYTES).splitlines()[-last_lines:])


def read_table(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """A table of finite numbers; a last line still being written, or a broken one, is left out."""
    import pandas as pd

    try:
        text = read_bytes(path, MAX_TABLE_BYTES).decode("utf-8", "replace")
    except (OSError, ValueError):
        text = ""
    header, *lines = text[: text.rfind("\n") + 1].splitlines() or [""]
    names = header.split(",")
    rows: np.ndarray | list[list[float]] | None = None
    if names == list(columns):
        rows = _all_numbers(lines, len(names))
    if rows is None:
        rows = list(_whole_rows(lines, names, columns))
    return pd.DataFrame(rows, columns=list(columns), dtype=np.float64)


def _all_numbers(lines: list[str], width: int) -> np.ndarray | None:
    """Float64 (lines, width), or None when a line is broken. Quick: a page asks twice a second."""
    if any(line.count(",") != width - 1 for line in lines):
        return None
    try:
        cells = np.array(",".join(lines).split(","), dtype=np.float64)
    except ValueError:
        return None
    return cells.reshape(-1, width) if np.isfinite(cells).all() else None


def _whole_rows(
    lines: list[str], names: list[str], columns: tuple[str, ...]
) -> Iterator[list[float]]:
    for line in lines:
        cells = line.split(",")
        if len(cells) != len(names):
            continue
        row = dict(zip(names, cells, strict=True))
        try:
            numbers = {column: float(row[column]) for column in columns if row.get(column)}
        except ValueError:
            continue
        if all(map(math.isfinite, numbers.values())):
            yield [numbers.get(column, math.nan) for column in columns]
