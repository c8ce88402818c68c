"""Drawings to the canvas's objects and back; what a hand's curves become."""

import json
from pathlib import Path

import numpy as np
import pytest

from fmnist.drawing.fabric import (
    MAX_COMMANDS,
    drop_repeats,
    from_objects,
    simplify,
    to_objects,
)
from fmnist.drawing.strokes import MAX_POINTS, MAX_STROKES, DrawingError, Stroke, load_examples
from fmnist.drawing.strokes import render as render_strokes
from tests.factories.fabric import as_sent

SENT = json.loads(Path(__file__).with_name("canvas_sent.json").read_text(encoding="utf-8"))


def path(*commands: list, **more) -> dict:
    """A path as the canvas sends it, of the given look."""
    item = {"type": "Path", "path": [list(one) for one in commands], "stroke": "#ffffff"}
    return as_sent([item | {"strokeWidth": 13.125}])["objects"][0] | more


def sent(*paths: dict, version: int = 0) -> dict:
    return as_sent(to_objects((), version)) | {
        "objects": [*as_sent(to_objects((), version))["objects"], *paths]
    }


@pytest.mark.parametrize("name", load_examples())
def test_a_drawing_comes_back_as_it_was_put_on(name):
    drawing = load_examples()[name]
    assert from_objects(as_sent(to_objects(drawing, 7))) == (7, drawing)


def test_the_largest_drawing_comes_back_as_it_was_put_on():
    rng = np.random.default_rng(0)
    points = rng.integers(0, 256, (MAX_STROKES, MAX_POINTS // MAX_STROKES, 2)).tolist()
    drawing = tuple(Stroke(64, i % 2 == 0, tuple(map(tuple, one))) for i, one in enumerate(points))
    drawing = drop_repeats(drawing)
    assert from_objects(as_sent(to_objects(drawing, 1)))[1] == drawing


def test_a_dot_comes_back_as_one_point():
    assert drop_repeats((Stroke(9, False, ((5, 6), (5, 6))),)) == (Stroke(9, False, ((5, 6),)),)
    dot = (Stroke(9, True, ((5, 6),)),)
    assert from_objects(as_sent(to_objects(dot, 0))) == (0, dot)


def test_what_chromium_sent_of_a_mouse_is_understood():
    """A V from (50, 50) by (150, 200) to (250, 60) px; a dot at (100, 100) px; a line that leaves
    the canvas on the right at y 307 px and comes back; and an eraser's line along y 60 px, all 12
    px wide, on a canvas of 336 px for 256 places.
    """
    version, (v, dot, leaving, coming, erased) = from_objects(SENT["drawn"])
    assert version == 0
    assert (v.width, v.erases, v.points[0], v.points[-1]) == (9, False, (38, 38), (190, 45))
    lowest = max(v.points, key=lambda point: point[1])
    assert lowest == pytest.approx((150 / 336 * 256, 200 / 336 * 256), abs=4)  # it is rounded off
    assert len(v.points) < 12
    assert dot.points == ((76, 75),)
    assert leaving.points[-1][0] == coming.points[0][0] == 255
    assert leaving.points[-1][1] == pytest.approx(309 / 336 * 256, abs=3)
    assert (erased.erases, erased.points) == (True, ((38, 44), (190, 44)))


def test_what_a_person_moved_scaled_and_turned_lies_where_it_is_shown():
    """A line from (21, 105) to (105, 105) px: its middle is moved to (210, 210), it is made twice
    as long and wide, and turned by a quarter: from (210, 126) to (210, 294).
    """
    moved = path(["M", 21, 105], ["L", 105, 105])
    moved |= {"left": 210, "top": 210, "scaleX": 2, "scaleY": 2, "angle": 90}
    ((stroke,),) = from_objects(sent(moved))[1:]
    assert stroke == Stroke(20, False, ((160, 96), (160, 224)))
    flipped = path(["M", 21, 21], ["L", 105, 63], flipX=True)
    assert from_objects(sent(flipped))[1][0].points == ((80, 16), (16, 48))
    skewed = path(["M", 21, 21], ["L", 21, 63], skewX=45)  # downwards becomes rightwards as well
    (start, end) = from_objects(sent(skewed))[1][0].points
    assert (start, end) == (pytest.approx((0, 16), abs=1), pytest.approx((32, 48), abs=1))


def test_a_stroke_beside_the_canvas_is_none():
    assert from_objects(sent(path(["M", 400, 10], ["L", 500, 10]))) == (0, ())


def test_too_many_points_are_simplified_and_too_many_strokes_refused():
    rng = np.random.default_rng(1)
    commands = [["M", 0, 0], *(["L", *rng.uniform(0, 336, 2)] for _ in range(3 * MAX_POINTS))]
    ((stroke,),) = from_objects(sent(path(*commands)))[1:]
    assert 100 < len(stroke.points) <= MAX_POINTS
    dot = path(["M", 9, 9], ["L", 9, 9])
    assert len(from_objects(sent(*[dot] * MAX_STROKES))[1]) == MAX_STROKES
    with pytest.raises(DrawingError, match="full"):
        from_objects(sent(*[dot] * (MAX_STROKES + 1)))
    with pytest.raises(DrawingError, match="full"):
        from_objects(sent(path(["M", 9, 9], *[["L", 9, 9]] * MAX_COMMANDS)))


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        {"objects": []},
        {"objects": [{"type": "Rect", "left": "0"}]},
        sent({"type": "Image", "src": "http://example.org"}),
        sent({"type": "Path", "path": []}),
        sent(path(["M", 1, 1], ["L", 2, 2], originX="left")),
        sent(path(["M", 1, 1], ["L", 2, 2], stroke=None, strokeWidth=None)),
        sent(path(["M", 1, 1], ["L", 2, 2], strokeWidth=float("inf"))),
        sent(path(["M", 1, 1], ["L", 2, 2], left=float("nan"))),
        sent(path(["M", 1, 1], ["L", 2, 2], angle={"x": 1})),
    ],
)
def test_anything_else_is_refused_in_one_sentence(content):
    with pytest.raises(DrawingError, match="one piece"):
        from_objects(content)


def test_a_line_is_simplified_within_the_tolerance():
    # Of a zigzag, 0.5 high, only the ends are needed within 0.6; within 0.4 all its corners are.
    zigzag = np.array([[0, 0], [10, 0.5], [20, -0.5], [30, 0]])
    assert simplify(zigzag, 0.6) == ((0, 0), (30, 0))
    corner = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]])
    assert simplify(corner, 0.6) == ((0, 0), (10, 0), (10, 10))


def test_the_strokes_look_like_what_the_canvas_showed():
    """A circle of 200 px drawn in curves: the rendered ring has its size."""
    angles = np.linspace(0, 2 * np.pi, 25)
    middle = np.stack([168 + 100 * np.cos(angles), 168 + 100 * np.sin(angles)], axis=1)
    outer = 1 / np.cos(np.pi / 24)  # where the tangents of neighbours meet
    between = (angles[:-1] + angles[1:]) / 2
    controls = np.stack(
        [168 + 100 * outer * np.cos(between), 168 + 100 * outer * np.sin(between)], axis=1
    )
    curves = [["Q", *c, *p] for c, p in zip(controls, middle[1:], strict=True)]
    drawing = from_objects(sent(path(["M", *middle[0]], *curves)))[1]
    rows, columns = np.nonzero(render_strokes(drawing) > 127)
    distances = np.hypot(rows - 127.5, columns - 127.5)
    assert distances.min() == pytest.approx(200 / 336 * 128 - 5, abs=1.5)
    assert distances.max() == pytest.approx(200 / 336 * 128 + 5, abs=1.5)
