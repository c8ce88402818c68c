"""The item in a picture: small pictures made by hand, with what people have around it."""

import numpy as np
import pytest
from scipy import ndimage

from fmnist.drawing.foreground import (
    border,
    drop_stray_marks,
    erase_ruling,
    find_box,
    find_content,
    find_ground,
    find_item,
    find_panel,
    stretch,
    to_bright_on_black,
)

ROWS, COLUMNS = slice(60, 150), slice(70, 130)  # where the item of `page` lies


def page(level: int = 250, ink: int = 40, side: int = 200) -> np.ndarray:
    """A trouser-like item, 90 × 60, with a gap below, on a plain page."""
    picture = np.full((side, side), level, np.uint8)
    picture[ROWS, COLUMNS] = ink
    picture[90:150, 95:105] = level
    return picture


def expect_item(bright: np.ndarray) -> None:
    """The trousers alone, white on black, wherever they lie."""
    box = find_box(bright > 0)
    expected = np.full((90, 60), 255)
    expected[30:, 25:35] = 0
    np.testing.assert_array_equal(bright[box], expected)


def frame(picture: np.ndarray, width: int, level: int, inset: int = 0) -> np.ndarray:
    framed, stop = picture.copy(), len(picture) - inset
    inside = framed[inset + width : stop - width, inset + width : stop - width].copy()
    framed[inset:stop, inset:stop] = level
    framed[inset + width : stop - width, inset + width : stop - width] = inside
    return framed


def rule(picture: np.ndarray, spacing: int, level: int) -> np.ndarray:
    ruled = picture.copy()
    ruled[spacing // 3 :: spacing] = np.minimum(ruled[spacing // 3 :: spacing], level)
    columns = ruled[:, spacing // 3 :: spacing]
    columns[:] = np.minimum(columns, level)
    return ruled


def axes(picture: np.ndarray) -> np.ndarray:
    """In a black box with ticks, and labels like small figures, on a white page."""
    figure = np.full((260, 300), 255, np.uint8)
    figure[19:221, 59:261] = 0
    figure[20:220, 60:260] = picture
    for along in range(10, 200, 40):
        figure[20 + along, 55:59] = figure[221:225, 60 + along] = 0
        figure[16 + along : 24 + along, 44:50] = figure[228:236, 57 + along : 63 + along] = 0
    return figure


def test_polarity_comes_from_a_known_background_and_the_brightest_pixel_is_255():
    black_on_white = np.array([[200, 200], [100, 150]], np.uint8)
    np.testing.assert_array_equal(to_bright_on_black(black_on_white, 200), [[0, 0], [255, 128]])
    white_on_black = np.array([[10, 60], [10, 110]], np.uint8)
    np.testing.assert_array_equal(to_bright_on_black(white_on_black, 10), [[0, 128], [0, 255]])
    assert not to_bright_on_black(np.full((9, 9), 255, np.uint8), 255).any()


@pytest.mark.parametrize(("level", "ink"), [(255, 0), (230, 60), (0, 255), (90, 200), (128, 100)])
def test_an_item_is_found_on_any_ground(level, ink):
    expect_item(find_item(page(level, ink)))


def test_grey_values_are_kept_and_what_is_on_the_other_side_of_the_ground_is_black():
    picture = page(200, 100)
    picture[60:90, 70:95] = 150  # half as far from the ground
    picture[60:70, 120:130] = 240  # a highlight
    bright = find_item(picture)
    assert (bright[60:90, 70:95] == 128).all()
    assert (bright[100:150, 70:95] == 255).all()
    assert not bright[60:70, 120:130].any()


@pytest.mark.parametrize("width", [1, 3, 12])
@pytest.mark.parametrize("inset", [0, 5, 15])
@pytest.mark.parametrize(("level", "ink", "line"), [(250, 40, 0), (20, 220, 255), (250, 40, 120)])
def test_a_frame_is_left_out(width, inset, level, ink, line):
    expect_item(find_item(frame(page(level, ink), width, line, inset)))


def test_a_frame_in_a_frame_is_left_out():
    expect_item(find_item(frame(frame(page(), 3, 0, 20), 8, 120)))


@pytest.mark.parametrize("invert", [False, True], ids=["as it is", "white on black"])
def test_axes_ticks_and_labels_are_left_out(invert):
    picture = page(255, 40)
    expect_item(find_item(axes(255 - picture if invert else picture)))


def test_a_black_panel_without_axes_that_the_item_touches_is_found():
    picture = np.zeros((200, 200), np.uint8)
    picture[:, 60:140] = 240  # from the upper to the lower edge of the panel
    bright = find_item(np.pad(picture, 40, constant_values=255))
    assert bright[find_box(bright > 0)].shape == pytest.approx((200, 80), abs=6)


@pytest.mark.parametrize(
    "sides", [((20, 0), (0, 0)), ((15, 0), (0, 12)), ((9, 0), (9, 9)), ((0, 0), (0, 4))]
)
def test_the_dark_edge_of_a_scan_is_left_out(sides):
    expect_item(find_item(np.pad(page(), sides, constant_values=15)))


def test_a_page_that_lies_askew_on_dark_glass_is_left_out():
    turned = ndimage.rotate(page(250, 0), 2, reshape=False, order=1, mode="constant", cval=10)
    box = find_box(find_item(turned) > 0)
    assert (box[0].stop - box[0].start, box[1].stop - box[1].start) == pytest.approx(
        (92, 63), abs=4
    )


@pytest.mark.parametrize("level", [230, 190, 120])
@pytest.mark.parametrize("spacing", [8, 20, 33])
def test_squared_paper_is_left_out(spacing, level):
    bright = find_item(rule(page(), spacing, level))
    box = find_box(bright > 0)
    height, width = bright[box].shape
    assert height in (90, 91)  # a line may touch the item
    assert width in (60, 61)
    assert (bright[box][40:80, 27:34] > 0).mean() < 0.2


def test_squared_paper_that_lies_askew_is_left_out():
    paper = rule(np.full((400, 400), 250, np.uint8), 25, 190)
    turned = ndimage.rotate(paper, 10, reshape=False, order=1)[100:300, 100:300]
    box = find_box(find_item(np.minimum(turned, page(255, 40))) > 0)
    assert box == (ROWS, COLUMNS)


def test_a_stroke_on_a_ruled_line_stays():
    strength = np.zeros((100, 100), np.float32)
    strength[10::10] = 40
    strength[48:53, 20:80] = 200
    erased = erase_ruling(strength)
    assert (erased[48:53, 20:80] == 200).all()
    assert erased.sum() == 5 * 60 * 200


def test_three_lines_are_no_ruling():
    strength = np.zeros((100, 100), np.float32)
    strength[[20, 50, 80]] = 40
    np.testing.assert_array_equal(erase_ruling(strength), strength)


def test_light_that_falls_off_is_the_ground():
    slope = np.linspace(0, 60, 200)
    picture = np.clip(page(190, 40) + slope[:, np.newaxis], 0, 255).astype(np.uint8)
    np.testing.assert_allclose(find_ground(picture)[:, 0], 190 + slope, atol=1.5)
    assert find_box(find_item(picture) > 0) == (ROWS, COLUMNS)


def test_a_plain_ground_has_one_level():
    assert (find_ground(page(231)) == 231).all()


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((90, 90), np.uint8),
        np.full((90, 90), 130, np.uint8),
        page(130, 120),
        np.zeros((1, 1), np.uint8),
        np.full((1, 40), 255, np.uint8),
        np.random.default_rng(0).integers(100, 140, (90, 90), dtype=np.uint8),
        np.linspace(90, 200, 100).astype(np.uint8) * np.ones((100, 1), np.uint8),
    ],
    ids=["black", "grey", "low contrast", "one pixel", "one row", "noise", "a gradient"],
)
def test_where_nothing_stands_out_all_is_black(picture):
    assert not find_item(picture).any()


def test_a_solid_or_outlined_box_is_an_item_and_no_frame():
    solid = np.full((200, 200), 255, np.uint8)
    solid[60:140, 40:160] = 30
    outlined = solid.copy()
    outlined[64:136, 44:156] = 255
    outlined[95:105, 90:110] = 30  # its lock
    for picture in (solid, outlined):
        assert find_panel(picture) is None
        assert find_box(find_item(picture) > 0) == (slice(60, 140), slice(40, 160))


def test_a_small_mark_beside_the_item_is_dropped_and_one_inside_stays():
    ink = np.zeros((100, 100), bool)
    ink[[20, 60], 20:61] = ink[20:61, [20, 60]] = True
    expected = ink.copy()
    ink[40, 40] = expected[40, 40] = True
    ink[5, 95] = True
    np.testing.assert_array_equal(drop_stray_marks(ink), expected)


def test_nothing_but_small_marks_is_all_kept():
    ink = np.zeros((100, 100), bool)
    ink[0, 0] = ink[99, 99] = True
    np.testing.assert_array_equal(drop_stray_marks(ink), ink)


def test_content_is_an_eighth_of_the_strongest_contrast():
    difference = np.zeros((50, 50), np.float32)
    difference[20:30, 20:30] = -200
    difference[20:30, 30:35] = -26
    difference[20:30, 35:40] = -24
    assert find_box(find_content(difference)) == (slice(20, 30), slice(20, 35))


def test_the_border_and_the_stretch():
    assert border(np.arange(9).reshape(3, 3)).tolist() == [0, 1, 2, 2, 5, 8, 8, 7, 6, 6, 3, 0]
    assert stretch(np.array([0.0, 1.0, 2.0])).tolist() == [0, 128, 255]
