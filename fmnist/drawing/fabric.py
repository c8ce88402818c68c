"""A drawing as objects of Fabric.js, in which the page's canvas takes it and sends it back.

The canvas sends the curves of a hand: paths of quadratic Béziers, which a person may since have
moved, scaled or turned. They are sampled and simplified to the strokes of `strokes.py`. What this
module wrote comes back as the same drawing, point for point.
"""

from __future__ import annotations

import functools
import itertools
import json
import math
from dataclasses import replace
from typing import Any

import numpy as np

from fmnist.drawing.strokes import (
    MAX_POINTS,
    MAX_STROKES,
    MAX_WIDTH,
    SIDE,
    Drawing,
    DrawingError,
    Stroke,
)

PIXELS = 21 / 16  # of the canvas on a place of a drawing: a sum of powers of two, so exact
CANVAS_SIDE = 336  # pixels
INK, PAPER = "#ffffff", "#000000"  # an eraser is a brush in the colour of the paper
MAX_COMMANDS = 100_000  # of all paths; a hand draws some hundred to a path
TOLERANCE = 0.6  # places; how far a simplified stroke may lie from the drawn one

_SAMPLES = np.linspace(0, 1, 5)[1:]  # of a curve
_BROKEN = "The drawing did not arrive in one piece. Clear the canvas, or reload the page."
_FULL = "The canvas is full, so the last stroke is not kept. Undo it, or clear the canvas."


def to_objects(drawing: Drawing, version: int) -> list[dict[str, Any]]:
    """The objects to put on the canvas; an invisible one carries the version through it."""
    marker = {"type": "Rect", "left": version, "width": 0, "height": 0, "opacity": 0}
    return [marker | {"top": 0, "strokeWidth": 0}, *map(_to_object, drawing)]


def _to_object(stroke: Stroke) -> dict[str, Any]:
    (x, y), *others = (np.array(stroke.points) * PIXELS + PIXELS / 2).tolist()
    return {
        "type": "Path",
        "path": [["M", x, y], *(["L", *point] for point in others or [[x, y]])],
        "stroke": PAPER if stroke.erases else INK,
        "strokeWidth": stroke.width * PIXELS,
        "fill": None,
        "strokeLineCap": "round",
        "strokeLineJoin": "round",
    }


def read_version(content: Any) -> int | None:
    """Which version of the drawing the canvas had before what it sent; None where it says none."""
    match content:
        case {"objects": [{"type": "Rect", "left": int(version)}, *_]}:
            return version
    return None


def from_objects(content: Any) -> tuple[int, Drawing]:
    """The version and the drawing in what the canvas sent.

    Of a stroke that leaves the canvas the parts on it are kept. Where there are too many points,
    all strokes are simplified further.

    Raises DrawingError for anything that no canvas sends, and for more than MAX_STROKES strokes.
    """
    version = read_version(content)
    if version is None:
        raise DrawingError(_BROKEN)
    paths = content["objects"][1:]
    if sum(len(path["path"]) for path in paths if _has_the_form(path)) > MAX_COMMANDS:
        raise DrawingError(_FULL)
    if not all(map(_has_the_form, paths)):
        raise DrawingError(_BROKEN)
    if len(paths) > MAX_STROKES:
        raise DrawingError(_FULL)
    texts = [json.dumps({name: path.get(name) for name in _READ}) for path in paths]
    tolerance = 0.0
    while True:
        drawing = tuple(stroke for text in texts for stroke in _to_strokes(text, tolerance))
        if sum(len(stroke.points) for stroke in drawing) <= MAX_POINTS:
            break
        if tolerance > SIDE:
            raise DrawingError(_FULL)
        tolerance = max(2 * tolerance, 2 * TOLERANCE)
    if len(drawing) > MAX_STROKES:
        raise DrawingError(_FULL)
    return version, drawing


_PLACED = ("left", "top", "scaleX", "scaleY", "angle", "skewX", "skewY", "strokeWidth")
_READ = ("path", "stroke", "flipX", "flipY", *_PLACED)
_LENGTHS = {"M": 3, "L": 3, "Q": 5}  # of a path's commands


def _has_the_form(item: Any) -> bool:
    match item:
        case {"type": "Path", "originX": "center", "originY": "center", "path": [["M", *_], *rest]}:
            return bool(rest) and all(isinstance(command, list) for command in rest)
    return False


@functools.lru_cache(maxsize=4 * MAX_STROKES)
def _to_strokes(text: str, tolerance: float) -> tuple[Stroke, ...]:
    """The strokes of one path, which is the same text at every further stroke of a drawing."""
    item = json.loads(text)
    try:
        points = _sample(item["path"])
        matrix, centre = _placement(item)
        width = item["strokeWidth"] * math.sqrt(abs(np.linalg.det(matrix))) / PIXELS
        if not (np.isfinite(points).all() and np.isfinite(centre).all() and math.isfinite(width)):
            raise ValueError
    except (TypeError, ValueError, KeyError, IndexError, OverflowError):
        raise DrawingError(_BROKEN) from None
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    places = (points - middle) @ matrix.T / PIXELS + centre / PIXELS - 0.5
    if any(command[0] == "Q" for command in item["path"]):  # a hand's, and none of ours
        tolerance = max(tolerance, TOLERANCE)
    thickness = min(MAX_WIDTH, max(1, round(width)))
    parts = [simplify(part, tolerance) for part in _parts_inside(places)]
    return tuple(Stroke(thickness, item["stroke"] == PAPER, part) for part in parts)


def _sample(path: list[list[Any]]) -> np.ndarray:
    """Points along a path, float64 (N, 2); where a curve is farthest out there is one."""
    points: list[np.ndarray] = []
    for name, *numbers in path:
        if len(numbers) + 1 != _LENGTHS[name]:
            raise ValueError
        given = np.array(numbers, np.float64).reshape(-1, 2)
        if name == "Q":
            points.append(_bend(points[-1][-1], *given))
        else:
            points.append(given)
    return np.concatenate(points)


def _bend(start: np.ndarray, control: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Points of a quadratic Bézier, without its start."""
    with np.errstate(divide="ignore", invalid="ignore"):
        farthest = (start - control) / (start - 2 * control + end)
    along = np.sort(np.concatenate([_SAMPLES, farthest[(farthest > 0) & (farthest < 1)]]))
    t = along[:, np.newaxis]
    return (1 - t) ** 2 * start + 2 * t * (1 - t) * control + t**2 * end


def _placement(item: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """How a path's points lie about its middle, (2, 2), and where that is, (2,), in pixels."""
    left, top, width, height, *angles, _ = (item[name] for name in _PLACED)
    angle, lean, tilt = (math.radians(degrees) for degrees in angles)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    flips = [-1 if item[name] else 1 for name in ("flipX", "flipY")]
    skew = np.array([[1, math.tan(lean)], [0, 1]]) @ np.array([[1, 0], [math.tan(tilt), 1]])
    matrix = turn @ np.diag([width * flips[0], height * flips[1]]) @ skew
    return matrix, np.array([left, top], np.float64)


def _parts_inside(places: np.ndarray) -> list[np.ndarray]:
    """The runs of a line, float64 (N, 2), that lie on the canvas."""
    if places.min() < -0.5 or places.max() > SIDE - 0.5:
        along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(places, axis=0).T))])
        if along[-1] > SIDE * MAX_POINTS:  # no hand goes that far
            raise DrawingError(_BROKEN)
        fine = np.linspace(0, along[-1], int(along[-1]) + 2)  # a point to a place
        places = np.stack([np.interp(fine, along, column) for column in places.T], axis=1)
    is_inside = ((places >= -0.5) & (places <= SIDE - 0.5)).all(axis=1)
    borders = np.flatnonzero(np.diff(is_inside)) + 1
    runs = zip(np.split(places, borders), np.split(is_inside, borders), strict=True)
    return [run for run, is_in in runs if is_in[0]]


def simplify(points: np.ndarray, tolerance: float) -> tuple[tuple[int, int], ...]:
    """Of float64 (N, 2): the ends, and what lies farther than `tolerance` from the line between
    them, in whole places and none twice in a row.

    Ramer 1972, Douglas and Peucker 1973.
    """
    kept = np.full(len(points), not tolerance)
    kept[[0, -1]] = True
    parts = [(0, len(points) - 1)] if tolerance else []
    while parts:
        first, last = parts.pop()
        if last - first < 2:
            continue
        distances = _distances(points[first + 1 : last], points[first], points[last])
        farthest = int(distances.argmax())
        if distances[farthest] > tolerance:
            corner = first + 1 + farthest
            kept[corner] = True
            parts += [(first, corner), (corner, last)]
    whole = np.clip(np.rint(points[kept]), 0, SIDE - 1).astype(int)
    changes = np.append(True, np.diff(whole, axis=0).any(axis=1))
    return tuple((x, y) for x, y in whole[changes].tolist())


def _distances(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Of points (N, 2) to the line between two: float (N,)."""
    line = (end - start).astype(np.float64)
    square = line @ line
    share = np.clip((points - start) @ line / square, 0, 1) if square else np.zeros(len(points))
    return np.hypot(*(points - start - share[:, np.newaxis] * line).T)


def drop_repeats(drawing: Drawing) -> Drawing:
    """The same without points that repeat the one before: no canvas sends these back."""
    return tuple(
        replace(stroke, points=tuple(point for point, _ in itertools.groupby(stroke.points)))
        for stroke in drawing
    )
