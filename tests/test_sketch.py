"""Drawings to images: every expected value is worked out by hand."""

import time

import numpy as np
import pytest

from fmnist.sketch import (
    SIDE,
    crop_to_content,
    photo_to_image,
    sketch_to_image,
    to_bright_on_black,
    to_grey,
)


def canvas(side: int = 280, level: int = 0) -> np.ndarray:
    return np.full((side, side), level, np.uint8)


def test_alpha_dark_strokes_get_white_paper_and_bright_strokes_black():
    drawing = np.zeros((2, 2, 4), np.uint8)
    drawing[0, 0] = (0, 0, 0, 255)
    np.testing.assert_array_equal(to_grey(drawing), [[0, 255], [255, 255]])
    drawing[0, 0] = (255, 255, 255, 255)
    np.testing.assert_array_equal(to_grey(drawing), [[255, 0], [0, 0]])
    # Half-transparent white on black: 255 · 128/255 = 128.
    drawing[0, 0] = (255, 255, 255, 128)
    np.testing.assert_array_equal(to_grey(drawing), [[128, 0], [0, 0]])


def test_colour_is_weighed_as_the_eye_does():
    rgb = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    # 0.299 · 255 = 76.2, 0.587 · 255 = 149.7, 0.114 · 255 = 29.1
    np.testing.assert_array_equal(to_grey(rgb), [[76, 150, 29]])


def test_polarity_comes_from_the_border_and_the_brightest_pixel_is_255():
    black_on_white = np.array([[200, 200, 200], [200, 100, 200], [200, 150, 200]], np.uint8)
    np.testing.assert_array_equal(
        to_bright_on_black(black_on_white), [[0, 0, 0], [0, 255, 0], [0, 128, 0]]
    )
    white_on_black = np.array([[10, 10, 10], [10, 60, 10], [10, 110, 10]], np.uint8)
    np.testing.assert_array_equal(
        to_bright_on_black(white_on_black), [[0, 0, 0], [0, 128, 0], [0, 255, 0]]
    )


def test_a_known_background_overrules_the_border():
    full = canvas(28, 255)
    assert not to_bright_on_black(full).any()
    assert (to_bright_on_black(full, background=0) == 255).all()


def test_crop_ignores_faint_pixels():
    bright = canvas(10)
    bright[0, 0] = 32
    bright[2:5, 3:9] = 200
    np.testing.assert_array_equal(crop_to_content(bright), np.full((3, 6), 200))


@pytest.mark.parametrize("invert", [False, True], ids=["white on black", "black on white"])
def test_a_wide_box_is_fitted_with_its_aspect_and_centred(invert):
    drawing = canvas()
    drawing[10:80, 100:240] = 255  # 70 × 140 pixels → 14 × 28
    sketch = sketch_to_image(255 - drawing if invert else drawing)
    expected = np.zeros((28, 28), np.uint8)
    expected[7:21] = 255
    np.testing.assert_array_equal(sketch.image, expected)
    assert not sketch.is_empty
    assert list(sketch.stages) == ["grey", "bright on black", "cropped", "fitted", "centred"]
    assert sketch.stages["cropped"].shape == (70, 140)
    assert sketch.stages["fitted"].shape == (14, 28)


def test_an_odd_rest_is_one_pixel_more_below_and_right():
    drawing = canvas()
    drawing[0:280, 100:110] = 255  # 280 × 10 → 28 × 1; (28 - 1) // 2 = 13
    image = sketch_to_image(drawing).image
    assert (image[:, 13] == 255).all()
    assert image.sum() == 28 * 255


def test_thin_lines_survive_the_reduction():
    drawing = canvas(1000)
    drawing[100, 100:900] = 255
    drawing[899, 100:900] = 255
    drawing[100:900, 100] = 255
    drawing[100:900, 899] = 255
    image = sketch_to_image(drawing).image
    # A corner holds two lines, so the sides have about half its level.
    assert image.max() == 255
    assert image[0].min() > 100
    assert image[-1].min() > 100
    assert image[:, 0].min() > 100
    assert image[:, -1].min() > 100
    assert not image[1:-1, 1:-1].any()


def test_two_dots_far_apart_survive():
    drawing = canvas(1024)
    drawing[0, 0] = drawing[1023, 1023] = 255
    image = sketch_to_image(drawing, background=0).image
    assert (image[0, 0], image[27, 27], image.sum()) == (255, 255, 510)


def test_one_pixel_stays_one_pixel_in_the_middle():
    drawing = canvas()
    drawing[3, 200] = 255
    image = sketch_to_image(drawing).image
    assert image[13, 13] == 255
    assert image.sum() == 255


@pytest.mark.parametrize(
    "drawing",
    [
        canvas(),
        canvas(level=255),
        canvas(level=128),
        np.zeros((50, 40, 4), np.uint8),
        np.full((50, 40, 4), 255, np.uint8),
        np.zeros((1, 1), np.uint8),
        np.random.default_rng(0).integers(247, 256, (60, 60), dtype=np.uint8),
    ],
    ids=["black", "white", "grey", "transparent", "white rgba", "one pixel", "noisy paper"],
)
def test_a_blank_page_is_empty(drawing):
    sketch = sketch_to_image(drawing)
    assert sketch.is_empty
    assert sketch.image.shape == (28, 28)
    assert not sketch.image.any()


def test_a_full_canvas_with_known_background_is_a_full_image():
    assert (sketch_to_image(canvas(level=255), background=0).image == 255).all()


def test_the_work_is_bounded_for_a_huge_drawing():
    drawing = np.zeros((5000, 5000, 4), np.uint8)
    drawing[1000:4000, 1000:4000] = 255
    started = time.perf_counter()
    sketch = sketch_to_image(drawing)
    assert time.perf_counter() - started < 5
    assert (sketch.image == 255).all()
    assert max(sketch.stages["grey"].shape) <= 1024


@pytest.mark.parametrize(
    "drawing",
    [np.zeros((3, 3), np.float32), np.zeros((3, 3, 2), np.uint8), np.zeros((0, 3), np.uint8)],
    ids=["float", "two channels", "no pixels"],
)
def test_other_arrays_are_refused_with_their_shape(drawing):
    with pytest.raises(ValueError, match=r"expected uint8 \(height, width\)"):
        sketch_to_image(drawing)


def test_a_photo_of_28_by_28_is_taken_as_it_is():
    grey = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE), dtype=np.uint8)
    np.testing.assert_array_equal(photo_to_image(grey), grey)


def test_a_photo_keeps_polarity_and_aspect_and_is_padded_with_its_border():
    photo = np.full((56, 28), 250, np.uint8)
    photo[20:40, 8:20] = 10
    image = photo_to_image(photo)  # 56 × 28 → 28 × 14, seven columns of border on each side
    assert (image[:, :7] == 250).all()
    assert (image[:, 21:] == 250).all()
    assert (image[10:20, 11:17] == 10).all()


def test_a_tiny_photo_is_enlarged():
    assert (photo_to_image(np.full((1, 1), 77, np.uint8)) == 77).all()
