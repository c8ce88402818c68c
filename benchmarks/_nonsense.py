"""Pictures of no garment, to see whether the Lab says that it is not sure.

Nothing here is shared with `fmnist.drawing.synthetic`, whose nonsense the network was trained on.
"""

from __future__ import annotations

import string

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIDE, PEN = 112, 4  # pixels
_FINER = 2  # drawn this much larger, then averaged


def draw_nonsense(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Drawings uint8 (count, SIDE, SIDE), white on black, and their kinds in turn, str (count,)."""
    rng = np.random.default_rng(seed)
    kinds = [list(_KINDS)[i % len(_KINDS)] for i in range(count)]
    drawings = []
    for kind in kinds:
        picture = Image.new("L", (SIDE * _FINER, SIDE * _FINER))
        _KINDS[kind](ImageDraw.Draw(picture), rng)
        drawings.append(np.asarray(picture.reduce(_FINER)))
    return np.stack(drawings), np.array(kinds)


def _line(pen: ImageDraw.ImageDraw, points: np.ndarray) -> None:
    """points: (N, 2) of x and y, 0 to 1."""
    pixels = (np.asarray(points) * (SIDE - 16) + 8) * _FINER
    pen.line(pixels.ravel().tolist(), fill=255, width=PEN * _FINER, joint="curve")


def _arc(middle: tuple[float, float], radii: tuple[float, float], turns: tuple[float, float]):
    angles = np.linspace(*turns, 40) * 2 * np.pi
    return np.array(middle) + np.array(radii) * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _scribble(pen: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """To and fro, a coil, a spiral, or a curve through random places."""
    kind, time = rng.integers(4), np.linspace(0, 1, 200)
    if kind == 0:
        turns = int(rng.integers(5, 14))
        x, y = np.linspace(0, 1, turns), np.arange(turns) % 2 * rng.uniform(0.4, 1)
        points = np.stack([x, y], axis=1) + rng.normal(0, 0.04, (turns, 2))
    elif kind == 1:
        loops, size = rng.uniform(4, 9) * 2 * np.pi, rng.uniform(0.12, 0.3)
        points = np.stack(
            [0.2 + 0.6 * time + size * np.cos(loops * time), 0.5 + size * np.sin(loops * time)], 1
        )
    elif kind == 2:
        angle = time * rng.uniform(2, 5) * 2 * np.pi
        points = 0.5 + 0.5 * time[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    else:
        places = rng.random((int(rng.integers(6, 14)), 2))
        knots = np.linspace(0, 1, len(places))
        points = np.stack([np.interp(time, knots, places[:, axis]) for axis in (0, 1)], axis=1)
        kernel = np.ones(9) / 9
        points = np.stack([np.convolve(points[:, axis], kernel, "valid") for axis in (0, 1)], 1)
    _line(pen, np.clip(points, 0, 1))


def _letter(pen: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """One to three letters or digits, printed."""
    text = "".join(rng.choice(list(string.ascii_letters + string.digits), rng.integers(1, 4)))
    font = ImageFont.load_default(size=rng.uniform(0.9, 1.3) * SIDE * _FINER / len(text) ** 0.7)
    pen.text((SIDE * _FINER / 2,) * 2, text, fill=255, font=font, anchor="mm")


def _face(pen: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """A head with eyes and a mouth, sometimes with ears, a nose or hair."""
    width, height = rng.uniform(0.32, 0.5, 2)
    _line(pen, _arc((0.5, 0.5), (width, height), (0, 1.02)))
    eye = rng.uniform(0.03, 0.09)
    for side in (-1, 1):
        _line(pen, _arc((0.5 + side * width * 0.45, 0.5 - height * 0.3), (eye, eye), (0, 1.1)))
    smile = rng.choice([0.0, 0.5])
    _line(pen, _arc((0.5, 0.5 + height * 0.4), (width * 0.5, height * 0.25), (smile, smile + 0.5)))
    if rng.random() < 0.5:
        _line(pen, [(0.5, 0.45), (0.46, 0.58), (0.52, 0.58)])
    if rng.random() < 0.4:
        for side in (-1, 1):
            x = 0.5 + side * width * 0.6
            _line(pen, [(x, 0.5 - height * 0.8), (x + side * 0.1, 0), (x + side * 0.2, 0.3)])


def _shape(pen: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """A figure with a name. No rectangle: a suitcase without its handle is drawn the same."""
    turn, width, height = rng.uniform(-0.06, 0.06), *rng.uniform(0.38, 0.5, 2)
    name = rng.choice(list(_FIGURES))
    points = np.array(_FIGURES[name], float) * 2 - 1
    angle = turn * 2 * np.pi
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    _line(pen, np.clip(0.5 + points @ rotation * (width, height), 0, 1))


def _star(count: int, inner: float) -> list[tuple[float, float]]:
    steps = np.arange(2 * count + 1)
    radii = np.where(steps % 2, inner, 1) / 2
    angles = steps * np.pi / count - np.pi / 2
    return list(zip(0.5 + radii * np.cos(angles), 0.5 + radii * np.sin(angles), strict=True))


_FIGURES = {
    "triangle": [(0.5, 0), (1, 1), (0, 1), (0.5, 0)],
    "circle": _arc((0.5, 0.5), (0.5, 0.5), (0, 1.02)),
    "diamond": [(0.5, 0), (1, 0.5), (0.5, 1), (0, 0.5), (0.5, 0)],
    "star": _star(5, 0.4),
    "sun": _star(9, 0.6),
    "hexagon": _star(3, 1.0),
    "cross": [(0.5, 0), (0.5, 1), (0.5, 0.5), (0, 0.5), (1, 0.5)],
    "arrow": [(0, 0.5), (1, 0.5), (0.7, 0.2), (1, 0.5), (0.7, 0.8)],
    "heart": [(0.5, 1), (0, 0.4), (0.2, 0), (0.5, 0.25), (0.8, 0), (1, 0.4), (0.5, 1)],
    "house": [(0, 1), (0, 0.45), (0.5, 0), (1, 0.45), (1, 1), (0, 1), (0, 0.45), (1, 0.45)],
    "lightning": [(0.6, 0), (0.2, 0.55), (0.5, 0.5), (0.35, 1), (0.8, 0.4), (0.5, 0.45), (0.6, 0)],
    "crescent": [*_arc((0.5, 0.5), (0.5, 0.5), (0.15, 0.85)), (0.7, 0.5), (0.79, 0.9)],
    "fish": [*_arc((0.4, 0.5), (0.4, 0.3), (0.05, 0.95)), (1, 0.8), (1, 0.2), (0.78, 0.6)],
}
_KINDS = {"scribble": _scribble, "letters": _letter, "face": _face, "shape": _shape}
