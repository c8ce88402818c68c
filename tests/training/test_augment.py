"""Mirrored and moved images against NumPy's own flips and shifts."""

import numpy as np
import pytest
import tensorflow as tf

from fmnist.training.augment import augment_images

IMAGES = np.random.default_rng(0).integers(1, 256, (300, 28, 28), dtype=np.uint8)


def moved(image: np.ndarray, down: int, right: int) -> np.ndarray:
    """`image` moved, black where nothing was."""
    canvas = np.zeros((32, 32), np.uint8)
    canvas[2 + down : 30 + down, 2 + right : 30 + right] = image
    return canvas[2:30, 2:30]


def all_changes(image: np.ndarray, augmentation: str) -> dict[tuple, np.ndarray]:
    """Every image that an augmentation may make of one image."""
    mirrors = (False, True) if "flip" in augmentation else (False,)
    shifts = range(-2, 3) if "shift" in augmentation else (0,)
    return {
        (mirror, down, right): moved(image[:, ::-1] if mirror else image, down, right)
        for mirror in mirrors
        for down in shifts
        for right in shifts
    }


def augment(augmentation: str, seed: int) -> np.ndarray:
    return augment_images(tf.constant(IMAGES), augmentation, tf.constant([seed, 0])).numpy()


@pytest.mark.parametrize(
    ("augmentation", "change_count"), [("none", 1), ("flip", 2), ("shift", 25), ("flip+shift", 50)]
)
def test_every_image_is_one_of_the_allowed_changes_and_all_occur(augmentation, change_count):
    results = augment(augmentation, seed=1)
    assert results.dtype == np.uint8
    assert results.shape == IMAGES.shape
    seen = set()
    for image, result in zip(IMAGES, results, strict=True):
        changes = all_changes(image, augmentation)
        found = [change for change, expected in changes.items() if np.array_equal(expected, result)]
        assert len(found) == 1
        seen.add(found[0])
    assert len(seen) >= 0.95 * change_count


def test_erasing_blacks_out_a_square_in_one_image_in_two():
    results = augment("erase", seed=2)
    is_black = results == 0  # no pixel was
    np.testing.assert_array_equal(np.where(is_black, IMAGES, results), IMAGES)
    erased = [black for black in is_black if black.any()]
    assert 110 < len(erased) < 190  # half of 300
    sides = []
    for black in erased:
        rows, columns = np.flatnonzero(black.any(axis=1)), np.flatnonzero(black.any(axis=0))
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert black.sum() == height * width  # one filled rectangle
        if rows[0] > 0 and rows[-1] < 27 and columns[0] > 0 and columns[-1] < 27:
            assert height == width
            sides.append(height)
    assert set(sides) == set(range(6, 13))


def test_the_seed_decides():
    np.testing.assert_array_equal(augment("flip+shift", 3), augment("flip+shift", 3))
    assert (augment("flip+shift", 3) != augment("flip+shift", 4)).any()
