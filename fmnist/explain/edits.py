"""What a person changes on an image: paint, a shift, a rotation, another brightness.

Paint lies on the image as it was and moves along with it. All on grey images uint8 (28, 28).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from fmnist import formats
from fmnist.explain.results import SIDE

MOST_PIXELS = 8  # of a shift, each way
MOST_DEGREES = 45  # of a rotation, each way
BRIGHTNESS = (0.2, 2.0)  # times as bright, from and to
UNTOUCHED = -1


@dataclass(frozen=True)
class Moves:
    """right, down: pixels, negative to the left and up. degrees: clockwise about the middle.
    brightness: what every pixel is multiplied by.
    """

    right: int = 0
    down: int = 0
    degrees: int = 0
    brightness: float = 1.0


def paint(image: np.ndarray, painted: np.ndarray) -> np.ndarray:
    """The image with the greys of `painted`, int16 (28, 28), where that is not UNTOUCHED."""
    return np.where(painted == UNTOUCHED, image, painted).astype(np.uint8)


def move(image: np.ndarray, moves: Moves) -> np.ndarray:
    """Rotated, then shifted, then brightened.

    Black comes in, what leaves the image is lost, and white gets no brighter.
    """
    changed = image.astype(np.float64)
    if moves.degrees:
        changed = ndimage.rotate(changed, -moves.degrees, reshape=False, order=1)
    changed = shift(changed, moves.right, moves.down)
    return np.clip(np.round(changed * moves.brightness), 0, 255).astype(np.uint8)


def shift(image: np.ndarray, right: int, down: int) -> np.ndarray:
    """The image moved by whole pixels."""
    moved = np.zeros_like(image)
    rows, columns = image.shape
    to_rows, from_rows = _overlap(down, rows)
    to_columns, from_columns = _overlap(right, columns)
    moved[to_rows, to_columns] = image[from_rows, from_columns]
    return moved


def read_paint(text: str) -> np.ndarray:
    """int16 (28, 28) from 784 pairs: the two hexadecimal digits of a grey, or ".." where untouched.

    Anything else is no paint: it comes from a browser.
    """
    pairs = [text[place : place + 2] for place in range(0, len(text), 2)]
    if len(text) != 2 * SIDE * SIDE:
        return untouched()
    try:
        greys = [UNTOUCHED if pair == ".." else int(pair, 16) for pair in pairs]
    except ValueError:
        return untouched()
    if min(greys) < UNTOUCHED:
        return untouched()
    return np.array(greys, np.int16).reshape(SIDE, SIDE)


def untouched() -> np.ndarray:
    """No paint: int16 (28, 28)."""
    return np.full((SIDE, SIDE), UNTOUCHED, np.int16)


def describe_change(before: np.ndarray, after: np.ndarray, names: Sequence[str]) -> str:
    """What the change did to the answer, from the probabilities (10,) of both: plain text."""
    first, now = int(np.argmax(before)), int(np.argmax(after))
    said = f"{names[first]} {formats.percent(before[first])}"
    if first != now:
        return f"{said} → {names[now]} {formats.percent(after[now])}: another class."
    if formats.percent(before[first]) == formats.percent(after[now]):
        return f"{said}, as before."
    return f"{said} → {formats.percent(after[now])}: still {names[now]}."


def _overlap(by: int, side: int) -> tuple[slice, slice]:
    """Where to, and where from, along one axis."""
    left = max(side - abs(by), 0)
    if by >= 0:
        return slice(side - left, side), slice(0, left)
    return slice(0, left), slice(side - left, side)
