"""Grad-CAM and occlusion of networks whose answer is known by construction."""

import numpy as np
import pytest

from fmnist.explain.attribution import compute_occlusion, enlarge
from fmnist.explain.results import ReceptiveField
from tests.explain.networks import make_image

IMAGE = make_image().astype(float) / 255


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dense", "softmax"])
def test_grad_cam_shows_the_filter_that_a_class_wants(found, name):
    """The average over 784 places hands each a 784th of the class's weight."""
    first, second, neither = np.array(found["known"][name])
    shifted = np.pad(IMAGE, ((0, 0), (1, 0)))[:, :28]
    np.testing.assert_allclose(first, 3 / 784 * IMAGE, atol=1e-6)
    np.testing.assert_allclose(second, 2 / 784 * shifted, atol=1e-6)
    assert not neither.any()


@pytest.mark.slow
def test_what_a_mirror_image_showed_is_turned_back(found):
    first, second, neither = np.array(found["known"]["both views"])
    right = np.pad(IMAGE, ((0, 0), (1, 0)))[:, :28]
    left = np.pad(IMAGE, ((0, 0), (0, 1)))[:, 1:]
    np.testing.assert_allclose(first, 2 * 3 / 784 * IMAGE, atol=1e-6)
    np.testing.assert_allclose(second, 2 / 784 * (right + left), atol=1e-6)
    assert not neither.any()


@pytest.mark.slow
def test_a_map_of_nothing_is_zero_and_never_nan(found):
    assert found["black"] == [0.0, 0.0]


@pytest.mark.slow
def test_it_works_for_every_kind_of_network(found):
    sites = {name: model["sites"] for name, model in found["models"].items()}
    assert sites == {
        "one convolution": [["conv_1", 26, 26]],
        "strides": [["conv_1", 13, 13]],
        "same, even kernel": [["conv_1", 28, 28], ["conv_2", 14, 14]],
        "residual, both views": [
            ["conv_1", 28, 28],
            ["residual_1_1_add", 14, 14],
            ["residual_2_1_add", 7, 7],
            ["residual_3_1_add", 3, 3],
        ],
        "ten views in a batch": [["conv_1", 28, 28]],
        "dense": [],  # occlusion alone
        "imported, nested": [["depthwise_conv2d", 15, 15], ["separable_conv2d", 11, 11]],
        "imported, in colour": [["first", 28, 28]],
    }
    for name, model in found["models"].items():
        assert model["is_finite"], name
        assert model["cams"] == [len(sites[name]), 10, 28, 28]


@pytest.mark.slow
def test_covering_what_a_class_wants_lowers_it(found):
    """Class 0 is the one that wants the image: all that is covered costs it, and helps class 2."""
    falls = np.array(found["occlusion"])
    inside = (slice(5, 9), slice(6, 10))
    assert (falls[0][inside] > 0).all() and (falls[2][inside] < 0).all()
    assert falls[0][inside].min() > 2 * falls[0][20, 8]  # the square is more than the line


def test_a_class_that_is_the_brightness_of_one_pixel():
    """Each place of the square over that pixel costs it all; what a pixel is said to cost is the
    fraction of its places that also cover that one.
    """

    def predict(images: np.ndarray) -> np.ndarray:
        assert images.dtype == np.uint8 and images.shape[1:] == (28, 28, 1)
        lit = images[:, 12, 12, 0] / 255
        return np.stack([lit, 1 - lit, *[0 * lit] * 8], axis=1).astype(np.float32)

    image = np.full((28, 28), 255, np.uint8)
    probabilities, falls = compute_occlusion(predict, image)
    assert probabilities.tolist() == [1.0] + [0.0] * 9
    assert falls[0, 12, 12] == pytest.approx(1)
    assert falls[0, 12, 20] == falls[0, 0, 0] == 0
    assert falls[0, 12, 15] == pytest.approx(1)
    assert falls[0, 12, 16] == pytest.approx(1 / 2)  # one of its two columns of places is shared
    np.testing.assert_allclose(falls[1], -falls[0], atol=1e-6)


def test_a_black_image_is_asked_about_once():
    asked = []

    def predict(images: np.ndarray) -> np.ndarray:
        asked.append(len(images))
        return np.full((len(images), 10), 0.1, np.float32)

    _, falls = compute_occlusion(predict, np.zeros((28, 28), np.uint8))
    assert asked == [1]
    assert not falls.any()


def test_a_place_is_laid_over_the_middle_of_what_it_sees():
    maps = np.zeros((1, 14, 14), np.float32)
    maps[0, 3, 5] = 1
    seen = ReceptiveField(3, 2, -1)  # its middle is pixel 2 i
    large = enlarge(maps, seen, seen)
    assert large.shape == (1, 28, 28)
    assert large[0, 6, 10] == 1
    assert large[0, 6, 11] == 0.5 and large[0, 7, 11] == 0.25 and large[0, 6, 12] == 0
    even = enlarge(np.array([[[1.0, 3.0]]], np.float32), None, None)
    assert even[0, 0, [0, 6, 21, 27]].tolist() == [1, 1, 3, 3]
    np.testing.assert_allclose(even[0, 0, 13:15].mean(), 2)
