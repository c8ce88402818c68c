"""What is measured on an image, against values worked out by hand."""

import numpy as np
import pytest

from fmnist.evaluation.attributes import ATTRIBUTES, measure


def image(*rows: list[int]) -> np.ndarray:
    """uint8 (28, 28), black but for these rows in its upper left corner."""
    made = np.zeros((28, 28), np.uint8)
    for place, row in enumerate(rows):
        made[place, : len(row)] = row
    return made


def measured(*rows: list[int]) -> dict[str, float]:
    return dict(zip(ATTRIBUTES, measure(image(*rows)[None])[0], strict=True))


def test_a_small_image_by_hand():
    found = measured([100, 100, 200], [0, 100, 200])
    assert found["brightness"] == pytest.approx(700 / 5)
    assert found["area"] == pytest.approx(5 / 784)
    assert found["aspect"] == pytest.approx(3 / 2)
    # Mirrored: 200 100 100 / 200 100 0. Apart by 100 + 0 + 100 + 200 + 0 + 200, of 700 + 700.
    assert found["symmetry"] == pytest.approx(1 - 600 / 1400)
    # Neighbours that are both lit: 2 + 1 side by side, 2 above each other; apart: 1 + 1 and none.
    assert found["edges"] == pytest.approx(2 / 5)


def test_what_is_symmetric_is_so_wherever_it_stands():
    shape = np.zeros((28, 28), np.uint8)
    shape[4:9, 20:26] = [50, 90, 200, 200, 90, 50]
    assert measure(shape[None])[0][list(ATTRIBUTES).index("symmetry")] == pytest.approx(1)


def test_an_empty_image_has_numbers_too():
    assert measured() == dict.fromkeys(ATTRIBUTES, 0.0)
    assert measured([31, 31])["area"] == 0  # background


def test_images_are_measured_alone():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (5, 28, 28)).astype(np.uint8)
    together = measure(images)
    assert together.shape == (5, len(ATTRIBUTES))
    assert np.allclose(together, np.concatenate([measure(each[None]) for each in images]))
