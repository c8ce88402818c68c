"""A small made dataset in Fashion-MNIST's file format: ten shapes that are easy to tell apart.

For tests where the real dataset is absent, or would be slow. The shapes move, shrink, change
brightness and carry noise, so that a model has something to learn; a small one is right on more
than four test images in five after an epoch or two.
"""

import gzip
import struct
from pathlib import Path

import numpy as np

FILE_NAMES = {
    "train_images": "train-images-idx3-ubyte.gz",
    "train_labels": "train-labels-idx1-ubyte.gz",
    "test_images": "t10k-images-idx3-ubyte.gz",
    "test_labels": "t10k-labels-idx1-ubyte.gz",
}


SHAPE_NAMES = (
    "square",
    "upright bar",
    "lying bar",
    "disc",
    "ring",
    "plus",
    "cross",
    "triangle",
    "two bars",
    "L",
)


def write_dataset(
    folder: Path, train: int = 600, test: int = 200, seed: int = 0, mislabelled: float = 0.0
) -> Path:
    """Write the four canonical files into `folder` (made if absent) and return it.

    The same arguments give the same bytes. Classes are balanced as far as the counts allow.
    mislabelled: fraction of images whose label is of another class, for errors no model can avoid.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for split, count, split_seed in (("train", train, [seed, 0]), ("test", test, [seed, 1])):
        images, labels = make_split(count, split_seed)
        rng = np.random.default_rng([*split_seed, 1])
        wrong = rng.permutation(count)[: round(mislabelled * count)]
        labels[wrong] = (labels[wrong] + rng.integers(1, 10, len(wrong))) % 10
        write_idx(folder / FILE_NAMES[f"{split}_images"], images)
        write_idx(folder / FILE_NAMES[f"{split}_labels"], labels)
    return folder


def make_split(count: int, seed: int | list[int] = 0) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 (count, 28, 28) and their labels uint8 (count,), classes in shuffled order."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % 10).astype(np.uint8)
    return draw_shapes(labels, rng), labels


def draw_shapes(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One image uint8 (28, 28) per label: a bright shape on black, moved, scaled and noisy."""
    count = len(labels)
    shift = rng.uniform(-2, 2, (2, count, 1, 1))
    scale = rng.uniform(0.85, 1.1, (count, 1, 1))
    brightness = rng.uniform(140, 230, (count, 1, 1))
    row, column = np.mgrid[0:28, 0:28] - 13.5
    y, x = (row - shift[0]) / scale, (column - shift[1]) / scale
    radius = np.hypot(x, y)
    inside = np.select(
        [np.reshape(labels == label, (count, 1, 1)) for label in range(10)],
        [
            np.maximum(abs(x), abs(y)) < 9,  # 0 square
            (abs(x) < 3) & (abs(y) < 11),  # 1 upright bar
            (abs(x) < 11) & (abs(y) < 3),  # 2 lying bar
            radius < 6,  # 3 small disc
            (radius > 7) & (radius < 11),  # 4 ring
            (abs(x) < 2) & (abs(y) < 11) | (abs(y) < 2) & (abs(x) < 11),  # 5 plus
            (abs(abs(x) - abs(y)) < 2.5) & (radius < 13),  # 6 cross
            (y > -9) & (y < 9) & (abs(x) < (y + 9) / 2),  # 7 triangle, point up
            (abs(x) < 11) & (abs(abs(y) - 8) < 3),  # 8 two lying bars
            (abs(x + 8) < 3) & (abs(y) < 11) | (abs(y - 8) < 3) & (abs(x) < 11),  # 9 L
        ],
    )
    noise = rng.normal(0, 10, (count, 28, 28))
    return np.clip(inside * brightness + noise, 0, 255).astype(np.uint8)


def write_idx(path: Path, array: np.ndarray) -> None:
    """Write a uint8 array as a gzipped IDX file, the format of the canonical four."""
    header = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes(), mtime=0))
