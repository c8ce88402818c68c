"""Drawings made from the photographs: a dataset that the Lab can browse and train on.

    python -m fmnist.drawings

Each photograph of Fashion-MNIST becomes one drawing by an imagined hand: what it shows is bent and
stretched, its outline and some inner edges become lines, lines are broken and doubled. Two in five
start from a line drawing of the same class instead (`templates.py`), and of the training drawings
one in five is nonsense. Nonsense keeps the photograph's label, which nothing in it betrays, so the
best that a network can learn is to answer a tenth for each class (Hendrycks, Mazeika and Dietterich
2019, https://arxiv.org/abs/1812.04606): this is how it comes to be unsure. All of them then go
through the stages of `sketch.py`, as a person's drawing does.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from fmnist import catalogue
from fmnist.command_line import Parser, draw_progress
from fmnist.dataset import CLASS_NAMES, SIDE, DatasetError, Progress, load_dataset
from fmnist.sketch import WORK_SIDE, ink_to_image
from fmnist.templates import Drawing, load_templates

NAME, SLUG = "Drawings", "drawings"
TRAIN_SEED, TEST_SEED = 1, 2
NONSENSE = 0.2  # share of the training drawings
FROM_TEMPLATE = 0.4  # share of all drawings
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

    images: uint8 (N, 28, 28), labels uint8 (N,). nonsense: share that shows no garment. The same
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


def shows_garment(number: int) -> bool:
    """Whether the training drawing of this number shows a garment, and not nonsense."""
    return np.random.default_rng([TRAIN_SEED, number]).random() >= NONSENSE


def draw_photograph(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Ink, bool (H, W), of the outline and some inner edges of a photograph, uint8 (28, 28)."""
    grey = _bend(image, rng)
    body = ndimage.gaussian_filter((grey > 25).astype(np.float32), rng.uniform(0.7, 3.5)) > 0.5
    if rng.random() < 0.08:
        return body  # coloured in
    ink = body & ~ndimage.minimum_filter(body, 3)
    if rng.random() < 0.65:
        edges = ndimage.gaussian_gradient_magnitude(grey, rng.uniform(1.5, 3))
        edges[~ndimage.minimum_filter(body, 9)] = 0
        ink |= edges > max(np.quantile(edges, 1 - rng.uniform(0.01, 0.12)), 2)
    return _handle(ink, rng)


def draw_template(strokes: Drawing, rng: np.random.Generator) -> np.ndarray:
    """Ink, bool (H, W), of a line drawing by another hand: bent, without some of its details."""
    keep = rng.random()
    kept = [strokes[0], *(stroke for stroke in strokes[1:] if rng.random() < keep)]
    shift = _waves(rng, rng.uniform(1, 4.5))
    matrix = _affine(rng)
    roundness = rng.choice([0, 2, 4])
    drawn = []
    for stroke in kept:
        points = stroke + rng.normal(0, rng.uniform(0, 0.02), stroke.shape)
        points = (points - 0.5) @ matrix.T * 0.9 * WORK_SIDE + _CANVAS / 2
        points = _round_off(points, roundness)
        x, y = np.clip(points.round().astype(int), 0, _CANVAS - 1).T
        drawn.append(points + shift[:, y, x].T)
    return _handle(draw_strokes(drawn, int(rng.integers(1, 4))), rng)


def draw_nonsense(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Ink, bool (H, W), that shows no garment: a wandering line, figures, a garment in pieces."""
    kind = rng.integers(4)
    if kind == 0:  # the quarters of a garment in another order
        ink = _bend(image, rng) > 25
        ink = ink & ~ndimage.minimum_filter(ink, 3)
        half = _CANVAS // 2
        quarters = [ink[:half, :half], ink[:half, half:], ink[half:, :half], ink[half:, half:]]
        quarters = [np.rot90(quarters[i], rng.integers(4)) for i in rng.permutation(4)]
        return np.block([quarters[:2], quarters[2:]])
    if kind == 1:  # a line that wanders or coils
        steps = np.arange(rng.integers(15, 160))
        turns = rng.normal(rng.normal(0, 0.3), rng.choice([0.02, 0.2, 1]), len(steps))
        headings = (turns / (1 + rng.choice([0, 0.05]) * steps)).cumsum()
        points = np.stack([np.cos(headings), np.sin(headings)], 1).cumsum(0)
        points -= points.min(0)
        return draw_strokes([10 + 90 * points / max(points.max(), 1e-6)], 2)
    strokes = []
    for number in range(rng.integers(1, 7)):
        is_frame = number == 0 and rng.random() < 0.5
        middle = rng.uniform(50, 62, 2) if is_frame else rng.uniform(30, 82, 2)
        size = rng.uniform(30, 50, 2) if is_frame else rng.uniform(3, 35) * rng.uniform(0.4, 1, 2)
        if kind == 2:  # ellipses and parts of them
            angles = rng.uniform(0, 2 * np.pi) + np.linspace(0, rng.choice([3, 4.5, 6.3, 6.3]), 24)
        else:  # polygons, stars and zigzags
            angles = rng.uniform(0, 2 * np.pi) + np.arange(rng.integers(2, 8)) * rng.uniform(0.6, 3)
        strokes.append(middle + size * np.stack([np.cos(angles), np.sin(angles)], 1))
    return draw_strokes(strokes, 2)


def draw_strokes(strokes: Sequence[np.ndarray], width: int, side: int = _CANVAS) -> np.ndarray:
    """Ink, bool (side, side), of strokes: each (N, 2) of x and y in pixels."""
    picture = Image.new("L", (side, side))
    pen = ImageDraw.Draw(picture)
    for stroke in strokes:
        pen.line(stroke.ravel().tolist(), fill=255, width=width, joint="curve")
    return np.asarray(picture) > 0


def _handle(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same ink with gaps, doubled lines and a pen of some width."""
    ink = ink.copy()
    rows, columns = np.nonzero(ink)
    if rng.random() < 0.15:
        down, right = rng.integers(-5, 6, 2)
        ink |= np.roll(ink, (down, right), (0, 1)) & (_waves(rng, 1)[0] > 0)
    if rng.random() < 0.5:
        y, x = np.ogrid[:_CANVAS, :_CANVAS]
        for i in rng.integers(len(rows), size=rng.integers(1, 4)) if len(rows) else ():
            radius = rng.choice([2, 3, 5, 9])
            ink &= (y - rows[i]) ** 2 + (x - columns[i]) ** 2 > radius**2
    if len(rows) and rng.random() < 0.1:  # one side was never drawn
        edge = np.quantile(rows, 0.92) if rng.random() < 0.5 else -np.quantile(rows, 0.08)
        ink[int(edge) :] &= edge < 0
        if edge < 0:
            ink[: int(-edge)] = False
    return ndimage.maximum_filter(ink, int(rng.integers(1, 8)))


def _bend(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A photograph enlarged, turned, stretched and bent: float32 (_CANVAS, _CANVAS)."""
    inverse = np.linalg.inv(_affine(rng))
    places = np.mgrid[:_CANVAS, :_CANVAS].astype(np.float32) + _waves(rng, rng.uniform(0.5, 3.5))
    y, x = (places - _CANVAS / 2) / WORK_SIDE * SIDE
    x, y = np.einsum("ij,jhw->ihw", inverse, np.stack([x, y])) + (SIDE - 1) / 2
    return ndimage.map_coordinates(image.astype(np.float32), [y, x], order=1)


def _affine(rng: np.random.Generator) -> np.ndarray:
    """A small turn, a shear, a stretch of one side, and one time in two a mirror image: (2, 2)."""
    angle, shear = rng.normal(0, 0.08), rng.normal(0, 0.08)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    stretch = np.exp(rng.normal(0, 0.22))
    scale = np.array([min(stretch, 1), min(1 / stretch, 1)])
    scale[0] *= rng.choice([-1, 1])
    return turn @ np.array([[1, shear], [0, 1]]) * scale


def _waves(rng: np.random.Generator, size: float) -> np.ndarray:
    """A smooth random field of standard deviation `size`: float32 (2, _CANVAS, _CANVAS)."""
    knots = int(rng.integers(4, 9))
    return np.stack(
        [
            np.asarray(
                Image.fromarray(rng.normal(0, size, (knots, knots)).astype(np.float32)).resize(
                    (_CANVAS, _CANVAS), Image.Resampling.BICUBIC
                )
            )
            for _ in range(2)
        ]
    )


def _round_off(points: np.ndarray, times: int) -> np.ndarray:
    """Corners cut off `times` times (Chaikin 1974), the ends kept: (M, 2)."""
    for _ in range(times):
        near, far = points[:-1], points[1:]
        cut = np.stack([0.75 * near + 0.25 * far, 0.25 * near + 0.75 * far], 1).reshape(-1, 2)
        points = np.concatenate([points[:1], cut, points[-1:]])
    return points


def main(arguments: Sequence[str] | None = None) -> int:
    parser = Parser(
        prog="python -m fmnist.drawings",
        description="Make drawings from the photographs, as a dataset: about six minutes. The last "
        "line is its short name.",
    )
    parser.parse_args(arguments)
    try:
        catalogue.check_name(NAME)
        data = load_dataset()
        with draw_progress(sys.stderr) as progress:
            arrays = (
                make_drawings(data.train_images, data.train_labels, TRAIN_SEED, progress=progress),
                data.train_labels,
                make_drawings(
                    data.test_images, data.test_labels, TEST_SEED, nonsense=0, progress=progress
                ),
                data.test_labels,
            )
        source = {"photographs": data.fingerprint, "made_by": parser.prog}
        print(catalogue.add_dataset(NAME, CLASS_NAMES, arrays, source).slug)
    except DatasetError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted: nothing was made.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
