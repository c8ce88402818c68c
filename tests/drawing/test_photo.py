"""Photographs to images: every expected value is worked out by hand."""

import numpy as np
import pytest

from fmnist.drawing.photo import fit_item, is_line_drawing, photo_to_image


def page(side: int = 280, level: int = 255) -> np.ndarray:
    return np.full((side, side), level, np.uint8)


def spanning() -> np.ndarray:
    """An image as the dataset has them: 28 rows, 13 columns, the larger margin on the left."""
    image = np.zeros((28, 28), np.uint8)
    image[:, 8:21] = np.random.default_rng(0).integers(60, 250, (28, 13))
    image[10, 10] = 255
    return image


@pytest.mark.parametrize("channels", [0, 3, 4])
def test_28_by_28_grey_pixels_are_taken_as_they_are(channels):
    grey = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    picture = np.repeat(grey[..., np.newaxis], channels, axis=2) if channels else grey
    if channels == 4:
        picture[..., 3] = 255
    photo = photo_to_image(picture)
    np.testing.assert_array_equal(photo.image, grey)
    assert photo.is_photo
    assert not photo.is_empty


def test_28_by_28_pixels_that_are_transparent_or_coloured_are_a_photograph():
    black = np.zeros((28, 28, 4), np.uint8)
    black[..., 3] = spanning()
    np.testing.assert_array_equal(photo_to_image(black).image, spanning())
    red_on_white = np.full((28, 28, 3), 255, np.uint8)
    red_on_white[4:24, 10:18] = (200, 0, 0)
    image = photo_to_image(red_on_white).image  # 20 × 8 → 28 × 11
    assert (image[:, 9:20] == 255).all()
    assert image.sum() == 28 * 11 * 255


@pytest.mark.parametrize("scale", [10, 18])
@pytest.mark.parametrize("margin", [0, 60])
@pytest.mark.parametrize("invert", [False, True], ids=["bright on black", "black on white"])
def test_an_enlarged_image_comes_back_as_it_was(scale, margin, invert):
    large = np.pad(np.kron(spanning(), np.ones((scale, scale), np.uint8)), margin)
    image = photo_to_image(255 - large if invert else large).image
    difference = np.abs(image.astype(int) - spanning())
    assert np.quantile(difference, 0.99) <= 1  # exact where blocks of pixels are averaged whole


def test_an_item_is_cropped_fitted_and_centred_wherever_it_lies():
    picture = page()
    picture[200:270, 30:170] = 0  # 70 × 140 → 14 × 28
    image = photo_to_image(picture).image
    assert (image[7:21] == 255).all()
    assert image.sum() == 14 * 28 * 255


def test_a_small_item_is_enlarged_and_an_odd_margin_lies_above_and_to_the_left():
    item = np.zeros((40, 40), np.uint8)
    item[5:19, 20:27] = 100  # 14 × 7 → 28 × 14
    image = fit_item(item)
    assert (image[:, 7:21] == 255).all()
    assert image.sum() == 28 * 14 * 255
    item[5:19, 27] = 100  # 14 × 8 → 28 × 16
    item[5:33, 20:28] = 0
    item[5:33, 20:25] = 100  # 28 × 5: 23 columns left over, 12 of them to the left
    assert np.flatnonzero(fit_item(item).any(axis=0)).tolist() == [12, 13, 14, 15, 16]


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((28, 28), np.uint8),
        np.full((28, 28), 200, np.uint8),
        page(level=0),
        page(),
        np.zeros((1, 1), np.uint8),
        np.zeros((40, 40, 4), np.uint8),
        np.random.default_rng(0).integers(240, 250, (300, 300), dtype=np.uint8),
    ],
    ids=["28 black", "28 grey", "black", "white", "one pixel", "transparent", "noise"],
)
def test_a_picture_of_nothing_is_empty(picture):
    assert photo_to_image(picture).is_empty


def test_a_speck_is_no_item():
    picture = page()
    picture[100:103, 100:103] = 0
    assert photo_to_image(picture).is_empty


def test_the_stages_end_with_the_image():
    picture = page()
    picture[40:240, 90:190] = 30
    photo = photo_to_image(picture)
    assert list(photo.stages) == ["grey", "bright on black", "image"]
    np.testing.assert_array_equal(photo.stages["image"], photo.image)


def test_lines_are_a_drawing_and_a_solid_thing_is_a_photograph():
    outline = page()
    outline[40:240, 60:220] = 0
    outline[45:235, 65:215] = 255
    assert is_line_drawing(outline)
    assert is_line_drawing(255 - outline)
    solid = page()
    solid[40:240, 60:220] = np.random.default_rng(0).integers(0, 200, (200, 160))
    assert not is_line_drawing(solid)
    assert not is_line_drawing(page())


def test_other_arrays_are_refused_with_their_shape():
    with pytest.raises(ValueError, match=r"expected uint8 \(height, width\)"):
        photo_to_image(np.zeros((3, 3), np.float32))
