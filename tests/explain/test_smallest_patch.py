"""The smallest square that changes an answer, on networks known by construction."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from fmnist.explain.smallest_patch import find_smallest_patch, paint_square

Predict = Callable[[np.ndarray], np.ndarray]


def decide(score: Callable[[np.ndarray], np.ndarray]) -> Predict:
    """Class 1 where the score of an image, of pixels 0 to 1, is above 0; else class 0."""

    def predict(images: np.ndarray) -> np.ndarray:
        assert images.dtype == np.uint8 and images.shape[1:] == (28, 28, 1)
        chance = 1 / (1 + np.exp(-10 * score(images[..., 0] / 255)))
        return np.stack([1 - chance, chance, *[0 * chance] * 8], axis=1).astype(np.float32)

    return predict


def mean_of(rows: slice, columns: slice, above: float) -> Predict:
    return decide(lambda images: images[:, rows, columns].mean(axis=(1, 2)) - above)


def search_all(predict: Predict, image: np.ndarray) -> tuple[int, float] | None:
    """The smallest size that wins, and the highest probability of those: every square is tried."""
    drawn = image[image > 0]
    greys = {0, round(float(drawn.mean())) if drawn.size else 128, 255}
    for size in range(2, 15):
        places = range(29 - size)
        said = predict(
            np.stack(
                [
                    paint_square(image, size, row, column, grey)
                    for row, column, grey in itertools.product(places, places, greys)
                ]
            )[..., None]
        )
        if (said[:, 1] > said[:, 0]).any():
            return size, float(said[:, 1].max())
    return None


def make_garment() -> np.ndarray:
    image = np.zeros((28, 28), np.uint8)
    image[6:22, 8:20] = np.random.default_rng(0).integers(60, 200, (16, 12))
    return image


NETWORKS = {
    "a bright corner": mean_of(slice(20, 24), slice(3, 7), 0.6),
    "a small bright region": mean_of(slice(10, 13), slice(12, 15), 0.9),
    "a large bright region": mean_of(slice(2, 26), slice(2, 26), 0.3),
    "a dark region": decide(lambda images: 0.1 - images[:, 8:13, 9:14].mean(axis=(1, 2))),
    "grey, not white": decide(
        lambda images: 0.06 - abs(images[:, 1:4, 20:24].mean(axis=(1, 2)) - 0.5)
    ),
    "one pixel": mean_of(slice(17, 18), slice(23, 24), 0.5),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_it_finds_what_trying_all_finds(name):
    image = make_garment()
    found = find_smallest_patch(NETWORKS[name], image, 1)
    size, probability = search_all(NETWORKS[name], image)
    assert found.patch.size == size
    assert found.patch.probabilities[1] == pytest.approx(probability, abs=0.02)
    assert found.tried < 1500, "all are 18,000"


def test_what_it_finds_does_what_it_says():
    image, predict = make_garment(), NETWORKS["a bright corner"]
    found = find_smallest_patch(predict, image, 1)
    patch = found.patch
    painted = paint_square(image, patch.size, patch.row, patch.column, patch.grey)
    np.testing.assert_array_equal(predict(painted[None, ..., None])[0], patch.probabilities)
    np.testing.assert_array_equal(predict(image[None, ..., None])[0], found.before)
    assert (patch.size, patch.grey) == (4, 255)
    assert (patch.row, patch.column) == (20, 3)


def test_no_square_is_large_enough():
    found = find_smallest_patch(mean_of(slice(0, 28), slice(0, 28), 0.9), make_garment(), 1)
    assert found.patch is None
    assert found.tried > 100


def test_a_black_image_has_no_mean_grey_of_its_own():
    predict, image = NETWORKS["grey, not white"], np.zeros((28, 28), np.uint8)
    found = find_smallest_patch(predict, image, 1)
    assert found.patch.size == search_all(predict, image)[0]
