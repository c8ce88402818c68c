"""What a run's model predicted after every epoch, where that was recorded.

One file per epoch, float16: 200 KB for 10,000 images.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import numpy as np

from fmnist.files import save_array
from fmnist.json_files import read_array
from fmnist.runs.store import Run

FOLDER = "epochs"
_FILE = re.compile(r"([0-9]{4})\.npy")


def write_epoch(run_dir: Path, epoch: int, probabilities: np.ndarray) -> None:
    """Keep float32 (N, 10) of `epoch` (from 0); the most probable class stays so in float16."""
    folder = run_dir / FOLDER
    folder.mkdir(exist_ok=True)
    save_array(folder / f"{epoch:04}.npy", to_half(probabilities))


def to_half(probabilities: np.ndarray) -> np.ndarray:
    """As float16, in which the most probable class stays ahead of those that round to the same."""
    half, first = probabilities.astype(np.float16), probabilities.argmax(axis=1)
    tied = np.flatnonzero(half.argmax(axis=1) != first)
    half[tied, first[tied]] = np.nextafter(half[tied].max(axis=1), np.float16(2))
    return half


def list_epochs(run: Run) -> list[int]:
    """The epochs (from 0) of which there is a file, in order."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for path in run.file(FOLDER).iterdir():
            match = _FILE.fullmatch(path.name)
            if match:
                found.append(int(match[1]))
    return sorted(found)


def read_epoch(run: Run, epoch: int, images: int) -> np.ndarray:
    """Float32 (images, 10), rows summing to 1.

    Raises:
        OSError: there is none.
        ValueError: it is damaged, or of another dataset.
    """
    half = read_array(run.file(FOLDER) / f"{epoch:04}.npy")
    if half.dtype != np.float16 or half.shape != (images, 10):
        raise ValueError(f"epoch {epoch + 1} holds {half.dtype} {half.shape}")
    probabilities = half.astype(np.float32)
    sums = probabilities.sum(axis=1, keepdims=True)
    if not (np.abs(sums - 1) < 0.02).all() or (probabilities < 0).any():  # also finds NaN
        raise ValueError(f"epoch {epoch + 1} holds no probabilities")
    return probabilities / sums


def read_predictions(run: Run, images: int) -> tuple[list[int], np.ndarray]:
    """Of all epochs that can be read: their numbers (from 0), and uint8 (epochs, images)."""
    numbers, rows = [], []
    for epoch in list_epochs(run):
        with contextlib.suppress(OSError, ValueError):
            rows.append(read_epoch(run, epoch, images).argmax(axis=1).astype(np.uint8))
            numbers.append(epoch)
    return numbers, np.stack(rows) if rows else np.zeros((0, images), np.uint8)
