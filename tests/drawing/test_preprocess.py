"""Drawings to images: every expected value is worked out by hand."""

import time

import numpy as np
import pytest

from fmnist.drawing.preprocess import (
    FILL_LEVEL,
    WORK_SIDE,
    crop_to_content,
    fill,
    fit_ink,
    ink_to_image,
    join_loose_ends,
    shade,
    sketch_to_image,
    thin,
    to_grey,
    to_model_image,
    to_model_images,
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


def test_crop_ignores_faint_pixels():
    bright = canvas(10)
    bright[0, 0] = 32
    bright[2:5, 3:9] = 200
    np.testing.assert_array_equal(crop_to_content(bright), np.full((3, 6), 200))


def box(side: int = 84, low: int = 20, high: int = 60) -> np.ndarray:
    """The outline of a square, one pixel wide: rows and columns `low` and `high`."""
    lines = np.zeros((side, side), bool)
    lines[[low, high], low : high + 1] = lines[low : high + 1, [low, high]] = True
    return lines


def test_ink_is_scaled_to_the_working_square_with_its_aspect():
    ink = np.zeros((300, 300), bool)
    ink[10:51, 100:264] = True  # 41 × 164 → 82 wide, 20.5 high
    fitted = fit_ink(ink)
    assert fitted.shape == (WORK_SIDE, WORK_SIDE)
    rows, columns = np.nonzero(fitted)
    assert (columns.min(), columns.max()) == (1, 82)
    assert np.ptp(rows) + 1 in (20, 21)


@pytest.mark.parametrize("width", [1, 3, 7, 9])
def test_a_stroke_of_any_width_becomes_the_same_line(width):
    ink = np.zeros((WORK_SIDE, WORK_SIDE), bool)
    ink[40 - width // 2 : 41 + width // 2, 10:70] = True
    lines = thin(ink)
    assert set(np.nonzero(lines)[0]) <= {39, 40, 41}
    assert (lines[:, 16:64].sum(axis=0) == 1).all()


def test_a_solid_area_becomes_its_outline():
    ink = np.zeros((WORK_SIDE, WORK_SIDE), bool)
    ink[10:70, 10:70] = True
    lines = thin(ink)
    assert not lines[16:64, 16:64].any()
    assert (lines[10:16, 20:60].sum(axis=0) == 1).all()
    assert fill(lines)[16:64, 16:64].all()


def test_thinning_is_that_of_zhang_and_suen():
    """By hand: the first pass takes the south row, the east column and the north-west corner, the
    second what is left of the north row and both ends of the middle one.
    """
    ink = np.zeros((7, 9), bool)
    ink[2:5, 2:7] = True
    expected = np.zeros((7, 9), bool)
    expected[3, 3:5] = True
    np.testing.assert_array_equal(thin(ink), expected)


def test_loose_ends_are_joined_the_nearest_first_and_no_farther_than_allowed():
    lines = box()
    lines[20, 30:41] = False  # ends at columns 29 and 41
    np.testing.assert_array_equal(join_loose_ends(lines), box())
    far_apart = np.zeros((WORK_SIDE, WORK_SIDE), bool)
    far_apart[[0, 80], 10:75] = True  # 64 and 80 apart
    np.testing.assert_array_equal(join_loose_ends(far_apart), far_apart)


def test_a_scribble_of_many_ends_is_left_as_it_is():
    lines = np.zeros((WORK_SIDE, WORK_SIDE), bool)
    lines[10:14, 2:82:3] = True  # 27 lines, 54 ends
    np.testing.assert_array_equal(join_loose_ends(lines), lines)


def test_what_lines_enclose_is_filled_and_a_wide_gap_stays_open():
    lines = box()
    expected = np.zeros_like(lines)
    expected[20:61, 20:61] = True
    np.testing.assert_array_equal(fill(lines), expected)
    lines[20, 40:43] = False  # a gap of 3 pixels is closed
    assert fill(lines)[30, 30]
    lines[20, 30:50] = False
    np.testing.assert_array_equal(fill(lines), lines)


def test_the_gap_between_two_legs_is_not_filled():
    lines = np.zeros((WORK_SIDE, WORK_SIDE), bool)
    lines[10, 10:61] = lines[70, 10:31] = lines[70, 40:61] = lines[40, 30:41] = True
    lines[10:71, [10, 60]] = lines[40:71, [30, 40]] = True
    filled = fill(lines)
    assert filled[50, 20]
    assert filled[50, 50]
    assert not filled[50, 35]


def test_lines_are_white_and_what_they_enclose_is_grey():
    shaded = shade(box(), fill(box()))
    assert (shaded[19:22, 19:62] == 255).all()
    assert (shaded[22:59, 22:59] == FILL_LEVEL).all()
    assert not shaded[:19].any()


@pytest.mark.parametrize("invert", [False, True], ids=["white on black", "black on white"])
def test_a_wide_box_is_filled_fitted_with_its_aspect_and_centred(invert):
    drawing = canvas()
    drawing[10:80, 100:240] = 255
    drawing[14:76, 104:236] = 0
    sketch = sketch_to_image(255 - drawing if invert else drawing)
    rows, columns = np.nonzero(sketch.image)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (7, 20, 0, 27)
    assert (sketch.image[9:19, 3:25] == FILL_LEVEL).all()
    assert (sketch.image[7, 1:27] == 255).all()
    assert not sketch.is_empty


def test_every_stage_is_there_in_order_and_can_be_given_to_a_model():
    drawing = canvas()
    drawing[10:80, 100:104] = 255
    stages = sketch_to_image(drawing).stages
    assert list(stages) == [
        "grey",
        "bright on black",
        "clean",
        "lines",
        "closed",
        "filled",
        "shaded",
        "image",
    ]
    for stage in stages.values():
        image = to_model_image(stage)
        assert (image.shape, image.dtype) == ((28, 28), np.uint8)


def test_what_a_model_sees_of_several_stages_alike_is_there_once():
    drawing = canvas()
    drawing[10:80, 100:104] = 255
    sketch = sketch_to_image(drawing)
    images, places = to_model_images(sketch)
    assert len(images) < len(sketch.stages) == len(places)
    assert (images[places[-1]] == sketch.image).all()
    for place, stage in zip(places[:-1], list(sketch.stages.values())[:-1], strict=True):
        assert (images[place] == to_model_image(stage)).all()


def test_the_last_stages_alone_give_the_same_image():
    drawing = canvas(200)
    drawing[10:80, 100:104] = drawing[76:80, 100:180] = 255
    image = ink_to_image(drawing > 0)
    np.testing.assert_array_equal(image, sketch_to_image(drawing).image)


def test_one_pixel_is_a_dot_in_the_middle():
    drawing = canvas()
    drawing[3, 200] = 255
    sketch = sketch_to_image(drawing)
    assert not sketch.is_empty
    rows, columns = np.nonzero(sketch.image)
    assert 0 < len(rows) <= 9  # enlarged four times, drawn in a 3-pixel line, shrunk to a third
    assert {*rows, *columns} <= {12, 13, 14, 15}


def test_a_canvas_full_of_points_has_an_image():
    drawing = canvas(336)
    places = np.random.default_rng(0).integers(0, 336, (2, 100_000))
    drawing[tuple(places)] = 255
    started = time.process_time()
    assert sketch_to_image(drawing, background=0).image.any()
    assert time.process_time() - started < 5


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


def test_a_full_canvas_with_known_background_is_a_full_square():
    image = sketch_to_image(canvas(level=255), background=0).image
    assert (image[3:25, 3:25] == FILL_LEVEL).all()
    assert image.min() > 0


def test_the_work_is_bounded_for_a_huge_drawing():
    drawing = np.zeros((5000, 5000, 4), np.uint8)
    drawing[1000:4000, 1000:4000] = 255
    started = time.process_time()
    sketch = sketch_to_image(drawing)
    assert time.process_time() - started < 5
    assert sketch.image.min() > 0
    assert max(sketch.stages["grey"].shape) <= 256


@pytest.mark.parametrize(
    "drawing",
    [np.zeros((3, 3), np.float32), np.zeros((3, 3, 2), np.uint8), np.zeros((0, 3), np.uint8)],
    ids=["float", "two channels", "no pixels"],
)
def test_other_arrays_are_refused_with_their_shape(drawing):
    with pytest.raises(ValueError, match=r"expected uint8 \(height, width\)"):
        sketch_to_image(drawing)
