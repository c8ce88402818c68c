"""What a person changes on an image, by hand on tiny ones."""

import numpy as np
import pytest

from fmnist.explain import edits
from fmnist.explain.edits import Moves

NAMES = ("T-shirt/top", "Trouser", "Shirt")
NBSP = "\N{NO-BREAK SPACE}"


def lit(*places: tuple[int, int], grey: int = 200) -> np.ndarray:
    image = np.zeros((28, 28), np.uint8)
    for place in places:
        image[place] = grey
    return image


def test_a_shift_by_a_pixel():
    tiny = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    assert edits.shift(tiny, 1, 0).tolist() == [[0, 1, 2], [0, 4, 5], [0, 7, 8]]
    assert edits.shift(tiny, -1, 0).tolist() == [[2, 3, 0], [5, 6, 0], [8, 9, 0]]
    assert edits.shift(tiny, 0, 1).tolist() == [[0, 0, 0], [1, 2, 3], [4, 5, 6]]
    assert edits.shift(tiny, 1, -2).tolist() == [[0, 7, 8], [0, 0, 0], [0, 0, 0]]
    assert edits.shift(tiny, 0, 0).tolist() == tiny.tolist()
    assert not edits.shift(tiny, 3, 0).any()


def test_a_quarter_of_a_turn_is_exact_and_clockwise():
    image = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    turned = edits.move(image, Moves(degrees=90))
    np.testing.assert_array_equal(turned, np.rot90(image, -1))
    top = edits.move(lit((2, 13), (2, 14)), Moves(degrees=45))
    assert np.argwhere(top)[:, 1].min() > 14, "what was on top is on the right"


def test_brightness_is_clipped():
    image = lit((3, 3), grey=200)
    image[4, 4] = 51
    assert edits.move(image, Moves(brightness=2.0))[[3, 4], [3, 4]].tolist() == [255, 102]
    assert edits.move(image, Moves(brightness=0.5))[[3, 4], [3, 4]].tolist() == [100, 26]


def test_it_is_rotated_before_it_is_shifted():
    moved = edits.move(lit((2, 13), (2, 14)), Moves(right=1, degrees=90, brightness=0.5))
    assert np.argwhere(moved).tolist() == [[13, 26], [14, 26]]
    assert moved.max() == 100


def test_nothing_moved_is_the_image():
    image = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    np.testing.assert_array_equal(edits.move(image, Moves()), image)
    np.testing.assert_array_equal(edits.paint(image, edits.untouched()), image)


def test_paint_covers_what_it_touches():
    painted = edits.untouched()
    painted[0, 1], painted[5, 5] = 0, 255
    result = edits.paint(lit((0, 1), (0, 2)), painted)
    assert result.dtype == np.uint8
    assert (result[0, 1], result[0, 2], result[5, 5]) == (0, 200, 255)


def test_paint_as_the_browser_sends_it():
    text = "..00ff7F" + ".." * 780
    painted = edits.read_paint(text)
    assert painted[0, :5].tolist() == [-1, 0, 255, 127, -1]
    assert (painted[1:] == edits.UNTOUCHED).all()


@pytest.mark.parametrize(
    "text", ["", "..", "." * 1569, "zz" + ".." * 783, "-5" + ".." * 783, "." + "0" * 1567]
)
def test_what_is_no_paint_paints_nothing(text):
    assert (edits.read_paint(text) == edits.UNTOUCHED).all()


def test_the_change_in_words():
    before, after = np.array([0.1, 0.3, 0.6]), np.array([0.7, 0.1, 0.2])
    said = edits.describe_change(before, after, NAMES).replace(NBSP, " ")
    assert said == "Shirt 60.0 % → T-shirt/top 70.0 %: another class."
    weaker = np.array([0.2, 0.3, 0.5])
    said = edits.describe_change(before, weaker, NAMES).replace(NBSP, " ")
    assert said == "Shirt 60.0 % → 50.0 %: still Shirt."
    assert edits.describe_change(before, before, NAMES) == f"Shirt 60.0{NBSP}%, as before."
