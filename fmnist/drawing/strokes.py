"""A drawing as the strokes that made it: checked, kept as JSON, packed into a link, turned into
pixels.

Strokes instead of pixels can be undone and changed one by one, are the same on every screen, and
are small enough for an address. A drawing is bounded so that every one of them fits into one.
"""

from __future__ import annotations

import base64
import json
import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from fmnist.json_files import parse_json

SIDE = 256  # places on either side of the canvas: a coordinate is a byte
MAX_STROKES = 250
MAX_POINTS = 2000  # of all strokes together
MAX_WIDTH = 64  # of a stroke, in places
MAX_LINK = 6500  # characters; the largest drawing packs into 6,336
MAX_FILE_BYTES = 200_000  # the largest drawing has about 60,000, written with spaces

_FORM = f'{{"side": {SIDE}, "strokes": [{{"width": …, "erases": …, "points": [[x, y], …]}}, …]}}'
_FINER = 2  # drawn this much larger, then averaged, for smooth edges
_LINK_VERSION = 1
_ERASES = 0x80  # a bit of the byte that holds a stroke's width
_HEAD = struct.Struct(">BH")  # of a packed stroke: its width, and how many points follow


class DrawingError(ValueError):
    """What was given is no drawing, or too large a one; the message says why in one sentence."""


@dataclass(frozen=True)
class Stroke:
    """One movement of the pen: `width` in places; `points` of x and y, 0 to 255, y down.

    `erases`: it takes away what is beneath it.
    """

    width: int
    erases: bool
    points: tuple[tuple[int, int], ...]


Drawing = tuple[Stroke, ...]  # in the order in which they were drawn


def parse(values: Any) -> Drawing:
    """The drawing that plain JSON values stand for: a list of objects with a Stroke's fields.

    Raises DrawingError for anything else, and for a drawing beyond MAX_STROKES or MAX_POINTS.
    """
    if not isinstance(values, list) or not all(_has_the_form(value) for value in values):
        raise DrawingError(f"The drawing cannot be read: expected {_FORM}.")
    count = sum(len(value["points"]) for value in values)
    if len(values) > MAX_STROKES or count > MAX_POINTS:
        raise DrawingError(
            f"The drawing has {len(values):,} strokes and {count:,} points; expected at most "
            f"{MAX_STROKES} strokes and {MAX_POINTS:,} points. Draw it simpler."
        )
    if not all(_is_inside(value) for value in values):
        raise DrawingError(
            f"A stroke of the drawing lies outside the canvas: expected widths from 1 to "
            f"{MAX_WIDTH} and points [x, y] of whole numbers from 0 to {SIDE - 1}."
        )
    return tuple(
        Stroke(value["width"], value["erases"], tuple((x, y) for x, y in value["points"]))
        for value in values
    )


def _has_the_form(value: Any) -> bool:
    match value:
        case {"width": int(), "erases": bool(), "points": [_, *_]}:
            return len(value) == 3
    return False


def _is_inside(value: dict[str, Any]) -> bool:
    return _is_whole(value["width"], 1, MAX_WIDTH) and all(
        isinstance(point, list)
        and len(point) == 2
        and all(_is_whole(place, 0, SIDE - 1) for place in point)
        for point in value["points"]
    )


def _is_whole(value: Any, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high  # True is an int, too


def to_values(drawing: Drawing) -> list[dict[str, Any]]:
    """The plain JSON values that `parse` reads."""
    return [
        {"width": stroke.width, "erases": stroke.erases, "points": stroke.points}
        for stroke in drawing
    ]


# -- files ----------------------------------------------------------------------------------------


def to_json(drawing: Drawing) -> bytes:
    """The drawing as a file."""
    return json.dumps({"side": SIDE, "strokes": to_values(drawing)}).encode("ascii")


def from_json(data: bytes) -> Drawing:
    """The drawing in a file that `to_json` wrote.

    Raises DrawingError for any other file.
    """
    if len(data) > MAX_FILE_BYTES:
        raise DrawingError(
            f"The file has {len(data) / 1000:,.0f} kB; a drawing has at most "
            f"{MAX_FILE_BYTES / 1000:.0f} kB. Choose a file that was saved on this page."
        )
    try:
        content = parse_json(data)
    except ValueError:
        raise DrawingError(
            "The file is not a drawing: it holds no JSON. Choose a file that was saved on this "
            "page."
        ) from None
    match content:
        case {"side": int(side), "strokes": values} if side == SIDE:
            return parse(values)
    raise DrawingError(
        f"The file is not a drawing from this page, but JSON of another program: expected {_FORM}."
    )


@cache
def load_examples() -> dict[str, Drawing]:
    """Drawings to begin with, made for the Lab: name → drawing, in the order of the classes."""
    path = Path(__file__).with_name("example_drawings.json")
    examples = json.loads(path.read_text(encoding="utf-8"))
    return {name: parse(values) for name, values in examples.items()}


# -- links ----------------------------------------------------------------------------------------


def to_link(drawing: Drawing) -> str:
    """The drawing in letters, digits, "-" and "_": at most MAX_LINK characters.

    The bytes behind them: a version; then of each stroke its width (with a bit for an eraser), the
    number of its points in two bytes, and two bytes for each of them.
    """
    packed = bytes([_LINK_VERSION]) + b"".join(
        _HEAD.pack(stroke.width | _ERASES * stroke.erases, len(stroke.points))
        + bytes(place for point in stroke.points for place in point)
        for stroke in drawing
    )
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode("ascii")


def from_link(text: str) -> Drawing:
    """The drawing that `to_link` packed.

    Raises DrawingError for any other text.
    """
    values = []
    try:
        padding = "=" * (-len(text) % 4)
        packed = base64.b64decode(text[:MAX_LINK] + padding, altchars=b"-_", validate=True)
        if packed[:1] != bytes([_LINK_VERSION]):
            raise ValueError
        start = 1
        while start < len(packed):
            width, count = _HEAD.unpack_from(packed, start)
            start += _HEAD.size
            points = np.frombuffer(packed, np.uint8, 2 * count, start).reshape(-1, 2).tolist()
            start += 2 * count
            erases = bool(width & _ERASES)
            values.append({"width": width & ~_ERASES, "erases": erases, "points": points})
    except (ValueError, struct.error):
        raise DrawingError("The link holds no drawing: copy the whole of it.") from None
    return parse(values)


# -- pixels ---------------------------------------------------------------------------------------


def render(drawing: Drawing) -> np.ndarray:
    """The drawing in white on black, uint8 (SIDE, SIDE), with a round pen."""
    picture = Image.new("L", (SIDE * _FINER, SIDE * _FINER))
    pen = ImageDraw.Draw(picture)
    for stroke in drawing:
        level = 0 if stroke.erases else 255
        points = (np.array(stroke.points) + 0.5) * _FINER  # a place is a square's middle
        pen.line(points.ravel().tolist(), level, stroke.width * _FINER)
        radius = (stroke.width * _FINER - 1) / 2
        for x, y in points.tolist():
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), level)
    return np.asarray(picture.reduce(_FINER))
