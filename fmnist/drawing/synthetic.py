"""Drawings made from the photographs: a dataset that the Lab can browse and train on.

Each photograph of Fashion-MNIST becomes one drawing by an imagined hand: what it shows is bent and
stretched, its outline and some inner edges become lines, lines are broken and doubled. Three in
five start from a line drawing of the same class instead (`templates.py`), and of the training
drawings one in five is nonsense. Nonsense keeps the photograph's label, which nothing in it
betrays, so the best that a network can learn is to predict a tenth for each class (Hendrycks,
Mazeika and Dietterich 2019, https://arxiv.org/abs/1812.04606): this is how it comes to be unsure.
All of them then go through the stages of `preprocess.py`, as a person's drawing does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from fmnist.data.dataset import Progress
from fmnist.data.idx import SIDE
from fmnist.drawing.preprocess import (
    CONTENT_ABOVE,
    WORK_SIDE,
    fit_ink,
    ink_to_image,
    thin,
    to_model_image,
)
from fmnist.drawing.templates import Drawing, load_templates

NAME, SLUG = "Drawings", "drawings"
TRAIN_SEED, TEST_SEED = 1, 2
NONSENSE = 0.2  # fraction of the training drawings
FROM_TEMPLATE = 0.6  # fraction of all drawings
STRETCH = 0.4  # standard deviation of the logarithm of width by height: people draw any proportions
_PENS = (1, 2, 3, 3, 4, 4, 5, 7, 9)  # pixels of WORK_SIDE; small drawings have wide strokes
_CANVAS = WORK_SIDE + 28  # pixels; a margin around the drawing, for what a bend moves outwards


def make_drawings(
    images: np.ndarray,
    labels: np.ndarray,
    seed: int,
    *,
    nonsense: float = NONSENSE,
    progress: Progress | None = None,
) -> np.ndarray:
    """One drawing of each image's class, uint8 (N, 28, 28), as the network sees it.

    images: uint8 (N, 28, 28), labels uint8 (N,). nonsense: fraction that shows no garment. The same
    seed gives the same drawings.
    """
    drawings = np.empty((len(images), SIDE, SIDE), np.uint8)
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        rng = np.random.default_rng([seed, number])
        kind = rng.random()
        if kind < nonsense:
            ink = draw_nonsense(image, rng)
        elif kind < nonsense + FROM_TEMPLATE:
            templates = load_templates()[int(label)]
            ink = draw_template(templates[rng.integers(len(templates))], rng)
        else:
            ink = draw_photograph(image, rng)
        drawings[number] = ink_to_image(ink if ink.any() else image > 0)
        if progress:
            progress("Drawing", number + 1, len(images))
    return drawings


def shows_garment(number: int, seed: int = TRAIN_SEED) -> bool:
    """Whether the drawing of this number, of those with NONSENSE among them, shows a garment.

    Without `seed`: of the training drawings.
    """
    return np.random.default_rng([seed, number]).random() >= NONSENSE


def augment_drawing(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Ink, bool (H, W), of a drawing by another hand and pen; `ink` bool (H, W), not all False."""
    lines = ndimage.maximum_filter(thin(fit_ink(ink)), 3)
    return _roughen(_bend(lines * np.uint8(255), rng) > 100, rng)


def bend_picture(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The image, uint8 (28, 28), of a picture turned, stretched and bent; of one such image."""
    bent = _bend(image, rng).astype(np.uint8)
    return to_model_image(bent) if bent.max() > CONTENT_ABOVE else image


def draw_photograph(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Ink, bool (H, W), of the outline and some inner edges of a photograph, uint8 (28, 28)."""
    grey = _bend(image, rng)
    body = ndimage.gaussian_filter((grey > 25).astype(np.float32), rng.uniform(0.6, 2.5)) > 0.5
    if rng.random() < 0.08:
        return body  # coloured in
    ink = body & ~ndimage.minimum_filter(body, 3)
    if rng.random() < 0.65:
        edges = ndimage.gaussian_gradient_magnitude(grey, rng.uniform(1.5, 3))
        edges[~ndimage.minimum_filter(body, 9)] = 0
        ink |= edges > max(np.quantile(edges, 1 - rng.uniform(0.01, 0.12)), 2)
    return _roughen(ink, rng)


def draw_template(strokes: Drawing, rng: np.random.Generator) -> np.ndarray:
    """Ink, bool (H, W), of a line drawing by another hand: bent, without some of its details."""
    keep = rng.random()
    kept = [strokes[0], *(stroke for stroke in strokes[1:] if rng.random() < keep)]
    shift = _waves(rng, rng.uniform(1, 4.5))
    matrix = _affine(rng)
    roundness = rng.choice([0, 2, 4])
    slip = rng.choice([0, 0.01, 0.03])  # how far a stroke starts from where it should
    drawn = []
    for stroke in kept:
        points = _stop_early(stroke, rng) if rng.random() < 0.25 else stroke
        points = points + rng.normal(0, slip, 2) + rng.normal(0, rng.uniform(0, 0.02), points.shape)
        points = (points - 0.5) @ matrix.T * 0.9 * WORK_SIDE + _CANVAS / 2
        points = _round_off(points, roundness)
        x, y = np.clip(points.round().astype(int), 0, _CANVAS - 1).T
        drawn.append(points + shift[:, y, x].T)
    return _roughen(draw_strokes(drawn, int(rng.integers(1, 4))), rng)


def _stop_early(stroke: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A stroke (N, 2) whose last line, or first, is not drawn to its end."""
    points = stroke[::-1].copy() if rng.random() < 0.5 else stroke.copy()
    points[-1] = points[-2] + rng.uniform(0.3, 1) * (points[-1] - points[-2])
    return points


def draw_nonsense(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Ink, bool (H, W), that shows no garment: a photograph's outline in pieces, or figures."""
    kind = rng.choice(["pieces", *_FIGURES])
    if kind == "pieces":  # its quarters, turned and in another order
        body = _bend(image, rng) > 25
        ink, half = body & ~ndimage.minimum_filter(body, 3), _CANVAS // 2
        quarters = [ink[:half, :half], ink[:half, half:], ink[half:, :half], ink[half:, half:]]
        quarters = [np.rot90(quarters[i], int(rng.integers(4))) for i in rng.permutation(4)]
        return np.block([quarters[:2], quarters[2:]])
    matrix, roundness = 0.5 * WORK_SIDE * _affine(rng).T, rng.choice([0, 0, 2])
    strokes = [
        _round_off(points @ matrix + _CANVAS / 2, roundness) for points in _FIGURES[kind](rng)
    ]
    return draw_strokes(strokes, int(rng.integers(1, 6)))


def _wander(rng: np.random.Generator) -> list[np.ndarray]:
    """A line that wanders, coils or winds into a spiral."""
    steps = np.arange(rng.integers(15, 200))
    turns = rng.normal(rng.normal(0, 0.3), rng.choice([0, 0.2, 1]), len(steps))
    headings = (turns / (1 + rng.choice([0, 0.02, 0.1]) * steps)).cumsum()
    drift = rng.normal(0, 0.2, 2)
    points = (np.stack([np.cos(headings), np.sin(headings)], 1) + drift).cumsum(0)
    points -= (points.min(0) + points.max(0)) / 2
    return [points / np.abs(points).max()]


def _zigzag(rng: np.random.Generator) -> list[np.ndarray]:
    """To and fro, across or slanting."""
    turns = int(rng.integers(4, 20))
    x = np.linspace(-1, 1, turns) + rng.normal(0, 0.1, turns)
    y = rng.uniform(0.3, 1) * (np.arange(turns) % 2 * 2 - 1) + rng.normal(0, 0.1, turns)
    angle = rng.uniform(0, np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return [np.stack([x, y], 1) @ turn]


def _polygon(rng: np.random.Generator) -> list[np.ndarray]:
    """A polygon, a star or a disc, alone or within another."""
    strokes = []
    for size in [1.0, *rng.uniform(0.2, 0.8, rng.choice([0, 0, 0, 1]))]:
        corners, skip = int(rng.choice([3, 5, 6, 8, 24])), rng.choice([1, 1, 1, 2])
        steps = np.arange(corners + 1)
        angles = rng.uniform(0, 2 * np.pi) + steps * skip * 2 * np.pi / corners
        radii = size * np.where(steps % corners % 2, rng.choice([1, 1, 0.5]), 1)
        strokes.append(radii[:, np.newaxis] * np.stack([np.cos(angles), np.sin(angles)], 1))
    return strokes


def _face(rng: np.random.Generator) -> list[np.ndarray]:
    """A frame with parts in it, in pairs and along the middle."""
    frame, *parts = (_polygon(rng)[0] for _ in range(rng.integers(2, 6)))
    strokes = [frame]
    for part in parts:
        part = part * rng.uniform(0.06, 0.35, 2)
        place = rng.uniform(-0.6, 0.6, 2)
        cut = part[: rng.integers(len(part) // 2 + 1, len(part) + 1)]
        sides = (-1, 1) if rng.random() < 0.6 else (0,)
        strokes += [cut * (side or 1, 1) + place * (side, 1) for side in sides]
    return strokes


def _glyphs(rng: np.random.Generator) -> list[np.ndarray]:
    """One to three signs side by side, each of a few strokes between nine places, like letters."""
    strokes, count = [], int(rng.integers(1, 4))
    for number in range(count):
        for _ in range(rng.integers(1, 5)):
            places = rng.integers(-1, 2, (rng.integers(2, 5), 2)) * np.array([0.5, 1])
            places[:, 0] += 1.4 * (number - (count - 1) / 2)
            strokes.append(places / max(1, 0.8 * count))
    return strokes


_FIGURES = {
    "wander": _wander,
    "zigzag": _zigzag,
    "polygon": _polygon,
    "face": _face,
    "glyphs": _glyphs,
}


def draw_strokes(strokes: Sequence[np.ndarray], width: int, side: int = _CANVAS) -> np.ndarray:
    """Ink, bool (side, side), of strokes: each (N, 2) of x and y in pixels."""
    picture = Image.new("L", (side, side))
    pen = ImageDraw.Draw(picture)
    for stroke in strokes:
        pen.line(stroke.ravel().tolist(), fill=255, width=width, joint="curve")
    return np.asarray(picture) > 0


def _roughen(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same ink with gaps, doubled lines and a pen of some width."""
    if not ink.any():
        return ink
    ink = ink.copy()
    rows, columns = np.nonzero(ink)
    if rng.random() < 0.15:
        down, right = rng.integers(-5, 6, 2)
        ink |= np.roll(ink, (down, right), (0, 1)) & (_waves(rng, 1)[0] > 0)
    if rng.random() < 0.5:
        y, x = np.ogrid[:_CANVAS, :_CANVAS]
        for i in rng.integers(len(rows), size=rng.integers(1, 4)):
            radius = rng.choice([2, 3, 5, 9])
            ink &= (y - rows[i]) ** 2 + (x - columns[i]) ** 2 > radius**2
    if rng.random() < 0.1:  # the hem, or the top, was never drawn
        if rng.random() < 0.5:
            ink[int(np.quantile(rows, 0.92)) :] = False
        else:
            ink[: int(np.quantile(rows, 0.08))] = False
    return ndimage.maximum_filter(ink, int(rng.choice(_PENS)))


def _bend(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A square picture enlarged, turned, stretched and bent: float32 (_CANVAS, _CANVAS)."""
    inverse = np.linalg.inv(_affine(rng))
    places = np.mgrid[:_CANVAS, :_CANVAS].astype(np.float32) + _waves(rng, rng.uniform(0.3, 2.7))
    side = len(image)
    y, x = (places - _CANVAS / 2) / WORK_SIDE * side
    x, y = np.einsum("ij,jhw->ihw", inverse, np.stack([x, y])) + (side - 1) / 2
    return ndimage.map_coordinates(image.astype(np.float32), [y, x], order=1)


def _affine(rng: np.random.Generator) -> np.ndarray:
    """A small turn, a shear, a stretch of one side, and one time in two a mirror image: (2, 2)."""
    angle, shear = rng.normal(0, 0.08), rng.normal(0, 0.08)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    stretch = np.exp(rng.normal(0, STRETCH))
    scale = np.array([min(stretch, 1), min(1 / stretch, 1)])
    scale[0] *= rng.choice([-1, 1])
    return turn @ np.array([[1, shear], [0, 1]]) * scale


def _waves(rng: np.random.Generator, size: float) -> np.ndarray:
    """A smooth random field of standard deviation `size`: float32 (2, _CANVAS, _CANVAS)."""
    knots = int(rng.integers(4, 9))
    knot_values = rng.normal(0, size, (2, knots, knots)).astype(np.float32)
    shape, how = (_CANVAS, _CANVAS), Image.Resampling.BICUBIC
    fields = [np.asarray(Image.fromarray(values).resize(shape, how)) for values in knot_values]
    return np.stack(fields)


def _round_off(points: np.ndarray, times: int) -> np.ndarray:
    """Corners cut off `times` times (Chaikin 1974), the ends kept: (M, 2)."""
    for _ in range(times):
        near, far = points[:-1], points[1:]
        cut = np.stack([0.75 * near + 0.25 * far, 0.25 * near + 0.75 * far], 1).reshape(-1, 2)
        points = np.concatenate([points[:1], cut, points[-1:]])
    return points
