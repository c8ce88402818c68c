"""Convolution and pooling in plain arithmetic, as Keras does them, with every window to be read.

A kernel is laid on the image without being turned round (strictly a cross-correlation), as in every
deep learning library. `padding` is Keras's: "valid" stays inside the image; "same" adds what is
missing around it, at the bottom and on the right first, so that no pixel is left out.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

Padding = Literal["valid", "same"]
Pooling = Literal["max", "average"]

SIDES = (3, 5)  # of a kernel
LARGEST = 1000.0  # absolute value of a kernel's number, or of a bias
_BINOMIAL = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1])

KERNELS: dict[str, np.ndarray] = {
    "Vertical edges": np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
    "Horizontal edges": np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]]),
    "Outline": np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]),
    "Sharpen": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "Emboss": np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]),
    "Blur": np.full((3, 3), 1 / 9),
    "Smooth blur, 5 × 5": _BINOMIAL / 256,
    "Outline, 5 × 5": np.array(
        [
            [0, 0, -1, 0, 0],
            [0, -1, -2, -1, 0],
            [-1, -2, 16, -2, -1],
            [0, -1, -2, -1, 0],
            [0, 0, -1, 0, 0],
        ]
    ),
}

OWN = "My own numbers"  # in the place of a kernel's name
# How an address calls them: "vertical-edges", "outline-5-5".
KERNEL_WORDS = {re.sub(r"[^a-z0-9]+", "-", name.lower()): name for name in (*KERNELS, OWN)}


@dataclass(frozen=True, eq=False)
class Window:
    """What lies under the kernel: `values` (k, k), NaN outside the image where that does not count;
    `products` (k, k) of values and kernel, and their `sum`. `row`, `column`: its top left pixel,
    negative in the padding.
    """

    row: int
    column: int
    values: np.ndarray
    products: np.ndarray
    sum: float


@dataclass(frozen=True, eq=False)
class Result:
    """`output` float64 (rows, columns) of an operation on `image`, and what made it.

    `before`: rows of padding above the image, and columns left of it; `after`: below and right.
    """

    image: np.ndarray
    padded: np.ndarray
    output: np.ndarray
    stride: int
    before: int
    after: int


@dataclass(frozen=True, eq=False)
class Convolved(Result):
    """The sums of a `kernel`'s products, before bias and ReLU."""

    kernel: np.ndarray

    def window_at(self, row: int, column: int) -> Window:
        """The window that the output's number at (row, column) was made of.

        Raises IndexError outside the output.
        """
        rows, columns = self.output.shape
        if not (0 <= row < rows and 0 <= column < columns):
            raise IndexError(f"({row}, {column}) lies outside the output of {rows} × {columns}")
        side = len(self.kernel)
        top, left = row * self.stride, column * self.stride
        values = self.padded[top : top + side, left : left + side]
        products = values * self.kernel
        return Window(top - self.before, left - self.before, values, products, products.sum())


def convolve(image: np.ndarray, kernel: np.ndarray, stride: int, padding: Padding) -> Convolved:
    """`image` (H, W) under a square `kernel`, as a Keras `Conv2D` of one filter without a bias.

    Padding counts as zeros.

    Raises ValueError where the kernel does not fit into the image, or is not square.
    """
    if kernel.ndim != 2 or kernel.shape[0] != kernel.shape[1]:
        raise ValueError(f"the kernel has the shape {kernel.shape}; expected a square one")
    padded, before, after = _pad(image, len(kernel), stride, padding, outside=0.0)
    windows = _windows(padded, len(kernel), stride)
    output = (windows * kernel).sum(axis=(2, 3))
    return Convolved(image, padded, output, stride, before, after, kernel)


def pool(
    image: np.ndarray, size: int, kind: Pooling, stride: int, padding: Padding = "valid"
) -> Result:
    """The largest value, or the mean, of each window of `size` × `size`, as Keras's pooling layers.

    Padding does not count: NaN in `padded`.
    """
    padded, before, after = _pad(image, size, stride, padding, outside=np.nan)
    reduce = np.nanmax if kind == "max" else np.nanmean
    output = reduce(_windows(padded, size, stride), axis=(2, 3))
    return Result(image, padded, output, stride, before, after)


def activate(sums: np.ndarray, bias: float, relu: bool) -> np.ndarray:
    """The sums with the bias added; ReLU turns what is below zero into zero."""
    biased = sums + bias
    return np.maximum(biased, 0.0) if relu else biased


def fraction_changed(before: np.ndarray, after: np.ndarray) -> float:
    """Mean absolute difference of two arrays of one shape, by the mean of the first; 0 is alike."""
    size = float(np.abs(before).mean())
    return float(np.abs(after - before).mean()) / size if size else 0.0


def find_strongest(output: np.ndarray) -> tuple[int, int]:
    """Row and column of the number farthest from zero."""
    row, column = np.unravel_index(np.abs(output).argmax(), output.shape)
    return int(row), int(column)


def output_side(side: int, window: int, stride: int, padding: Padding) -> int:
    """How many places a window finds along a side.

    Raises ValueError where it finds none.
    """
    if padding == "same":
        return math.ceil(side / stride)
    if window > side:
        raise ValueError(f"a window of {window} does not fit into {side} pixels")
    return (side - window) // stride + 1


def spell_output_side(side: int, window: int, stride: int, padding: Padding) -> str:
    """The arithmetic of `output_side`, in numbers to follow: "(28 − 3) ÷ 1 + 1 = 26"."""
    places = output_side(side, window, stride, padding)
    if padding == "same":
        up = ", rounded up," if side % stride else ""
        return f"{side} ÷ {stride}{up} = {places}"
    down = ", rounded down," if (side - window) % stride else ""
    return f"({side} − {window}) ÷ {stride}{down} + 1 = {places}"


def parse_kernel(text: str) -> np.ndarray:
    """A kernel as a person types it: 9 or 25 numbers, apart by spaces, commas or lines.

    Fractions such as 1/9 count as numbers.

    Raises ValueError with a message for that person.
    """
    words = re.split(r"[\s,;]+", text.strip()[:2000]) if text.strip() else []
    side = math.isqrt(len(words))
    if side not in SIDES or side * side != len(words):
        raise ValueError(f"A kernel has 9 numbers (3 × 3) or 25 (5 × 5); these are {len(words)}.")
    return np.array([_parse_number(word) for word in words]).reshape(side, side)


def _parse_number(word: str) -> float:
    over, slash, under = word.replace("−", "-").partition("/")
    try:
        number = float(over) / float(under) if slash else float(over)
    except (ValueError, ZeroDivisionError, OverflowError):
        number = math.nan
    if not abs(number) <= LARGEST:
        raise ValueError(
            f"“{word[:20]}” is not a number from −{LARGEST:.0f} to {LARGEST:.0f}. "
            "Write it like 2, -0.5 or 1/9."
        )
    return number


def _pad(
    image: np.ndarray, window: int, stride: int, padding: Padding, outside: float
) -> tuple[np.ndarray, int, int]:
    """`image` (square) as float64 with its padding, and how much of that comes before and after."""
    side = len(image)
    if image.ndim != 2 or image.shape[1] != side or stride < 1:
        raise ValueError(
            f"the image has the shape {image.shape} and the stride is {stride}; "
            "expected a square image and a stride of 1 or more"
        )
    places = output_side(side, window, stride, padding)
    missing = max((places - 1) * stride + window - side, 0) if padding == "same" else 0
    before, after = missing // 2, missing - missing // 2
    padded = np.pad(image.astype(np.float64), (before, after), constant_values=outside)
    return padded, before, after


def _windows(padded: np.ndarray, side: int, stride: int) -> np.ndarray:
    """Every window: (rows, columns, side, side)."""
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side))
    return windows[::stride, ::stride]
