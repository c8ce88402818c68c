"""fmnist/drawing/strokes.py: what is a drawing and what is not, its forms, and its pixels."""

import base64
import json

import numpy as np
import pytest

from fmnist.data.dataset import CLASS_NAMES
from fmnist.drawing import strokes
from fmnist.drawing.strokes import (
    DrawingError,
    Stroke,
    from_json,
    from_link,
    parse,
    to_json,
    to_link,
)

LINE = {"width": 10, "erases": False, "points": [[0, 128], [255, 128]]}
DRAWING = (
    Stroke(10, False, ((0, 128), (255, 128))),
    Stroke(64, True, ((7, 9),)),
)
# Version 1; width 10, 2 points; width 64 and an eraser's bit, 1 point.
PACKED = bytes([1, 10, 0, 2, 0, 128, 255, 128, 64 + 128, 0, 1, 7, 9])


def largest() -> list[dict]:
    """As many strokes and points as are allowed: eight of each of 250."""
    points = [[i, 255 - i] for i in range(8)]
    return [{"width": 64, "erases": True, "points": points} for _ in range(250)]


def test_plain_values_become_strokes():
    eraser = {"width": 64, "erases": True, "points": [[7, 9]]}
    assert parse([LINE, eraser]) == DRAWING
    assert parse([]) == ()
    assert len(parse(largest())) == 250


@pytest.mark.parametrize(
    "values",
    [
        None,
        {"strokes": []},
        "drawing",
        [None],
        [[]],
        [{"width": 10, "points": [[1, 1]]}],
        [LINE | {"colour": "red"}],
        [LINE | {"erases": 1}],
        [LINE | {"points": []}],
        [LINE | {"points": "12"}],
        [LINE | {"points": [[1, 2, 3]]}],
        [LINE | {"points": [[1, 256]]}],
        [LINE | {"points": [[-1, 2]]}],
        [LINE | {"points": [[1.5, 2]]}],
        [LINE | {"points": [[True, 2]]}],
        [LINE | {"points": [["1", 2]]}],
        [LINE | {"points": [None]}],
        [LINE | {"width": 0}],
        [LINE | {"width": 65}],
        [LINE | {"width": float("nan")}],
        [LINE | {"width": True}],
    ],
)
def test_anything_else_is_refused_in_one_sentence(values):
    with pytest.raises(DrawingError, match="expected"):
        parse(values)


def test_a_drawing_too_large_is_refused_with_its_size():
    with pytest.raises(DrawingError, match="1 strokes and 100,000 points"):
        parse([LINE | {"points": [[1, 1]] * 100_000}])
    with pytest.raises(DrawingError, match="251 strokes and 502 points"):
        parse([LINE] * 251)


def test_a_file_gives_the_drawing_back():
    content = json.loads(to_json(DRAWING))
    assert content["side"] == 256
    assert content["strokes"][0] == LINE
    assert from_json(to_json(DRAWING)) == DRAWING
    assert from_json(b'\xef\xbb\xbf{"side": 256, "strokes": []}') == ()  # as Windows may save it
    assert len(to_json(parse(largest()))) < strokes.MAX_FILE_BYTES


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no JSON"),
        (b"\x89PNG\r\n\x1a\n", "no JSON"),
        (b'{"side": 256, "strokes": [', "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "expected"),
        (b'{"side": 128, "strokes": []}', "expected"),
        (b'{"side": 256, "strokes": [1]}', "expected"),
        (b" " * 300_000, "300 kB"),
    ],
)
def test_a_file_that_holds_no_drawing_is_refused(data, message):
    with pytest.raises(DrawingError, match=message):
        from_json(data)


def test_a_link_packs_widths_counts_and_places():
    text = to_link(DRAWING)
    assert base64.urlsafe_b64decode(text + "===") == PACKED
    assert from_link(text) == DRAWING
    assert from_link(to_link(())) == ()


def test_the_largest_drawing_fits_into_a_link():
    drawing = parse(largest())
    assert len(to_link(drawing)) <= strokes.MAX_LINK
    assert from_link(to_link(drawing)) == drawing


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A",
        "é",
        "<script>",
        "../../etc/passwd",
        base64.urlsafe_b64encode(b"\x02" + PACKED[1:]).decode(),  # a later version
        base64.urlsafe_b64encode(PACKED[:-1]).decode(),  # cut short
        base64.urlsafe_b64encode(PACKED + b"\x0a").decode(),  # half a stroke more
        base64.urlsafe_b64encode(b"\x01\x0a\x00\x00").decode(),  # a stroke without points
        base64.urlsafe_b64encode(b"\x01\x00\x00\x01\x01\x01").decode(),  # no width
        "AQ" + "A" * 100_000,
    ],
)
def test_a_link_that_holds_no_drawing_is_refused(text):
    with pytest.raises(DrawingError):
        from_link(text)


def test_a_line_is_as_wide_as_its_pen_and_an_eraser_takes_away():
    line = Stroke(10, False, ((0, 128), (255, 128)))
    picture = strokes.render((line,))
    assert picture.shape == (256, 256)
    assert picture.dtype == np.uint8
    assert picture[:, 100].sum() / 255 == pytest.approx(10, abs=0.6)
    assert np.flatnonzero(picture[:, 100]).mean() == pytest.approx(128, abs=0.5)
    erased = strokes.render((line, Stroke(40, True, ((100, 128),))))
    assert erased[:, 100].max() == 0
    np.testing.assert_array_equal(erased[:, :79], picture[:, :79])
    np.testing.assert_array_equal(strokes.render((Stroke(40, True, ((9, 9),)), line)), picture)


def test_a_dot_is_a_disc():
    picture = strokes.render((Stroke(40, False, ((100, 50),)),))
    rows, columns = np.nonzero(picture > 127)
    assert picture.sum() / 255 == pytest.approx(np.pi * 20**2, rel=0.02)
    assert (rows.mean(), columns.mean()) == (
        pytest.approx(50, abs=0.5),
        pytest.approx(100, abs=0.5),
    )
    assert strokes.render(()).max() == 0


def test_there_are_two_examples_of_each_class():
    examples = strokes.load_examples()
    assert len(examples) == 2 * len(CLASS_NAMES)
    for drawing in examples.values():
        picture = strokes.render(drawing)
        rows, columns = np.nonzero(picture)
        assert max(np.ptp(rows), np.ptp(columns)) > 180  # large enough to be seen
        assert not picture[[0, -1]].any()  # and whole
        assert not picture[:, [0, -1]].any()
