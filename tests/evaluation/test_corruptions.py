"""Spoiled images, against what each corruption is by definition."""

import numpy as np
import pytest

from fmnist.evaluation.corruptions import CORRUPTIONS, STRENGTHS, Robustness, corrupt
from tests.factories import data as data_factory

IMAGES = data_factory.make_split(40, 5)[0]


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_the_same_every_time_and_further_from_the_image_with_each_strength(name):
    spoiled = [corrupt(IMAGES, name, strength) for strength in range(1, STRENGTHS + 1)]
    for strength, images in enumerate(spoiled, start=1):
        assert images.dtype == np.uint8 and images.shape == IMAGES.shape
        assert np.array_equal(images, corrupt(IMAGES, name, strength))
    apart = [np.abs(images.astype(float) - IMAGES).mean() for images in spoiled]
    assert apart == sorted(apart) and apart[0] > 0


def test_noise_has_its_deviation():
    grey = np.full((50, 28, 28), 128, np.uint8)
    assert np.std(corrupt(grey, "noise", 3).astype(float)) == pytest.approx(35, rel=0.03)


def test_a_blur_keeps_the_sum_of_what_lies_inside():
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 10:18, 10:18] = 200
    blurred = corrupt(image, "blur", 2)
    assert blurred.sum() == pytest.approx(image.sum(), rel=0.01)
    assert 0 < blurred[0, 10, 9] < blurred[0, 10, 10] < 200


def test_a_shift_moves_everything_one_way():
    image = np.zeros((60, 28, 28), np.uint8)
    image[:, 14, 14] = 255
    _, rows, columns = np.nonzero(corrupt(image, "shift", 5))
    places = set(zip(rows.tolist(), columns.tolist(), strict=True))
    assert places == {(8, 14), (20, 14), (14, 8), (14, 20)}


def test_a_rotation_turns_about_the_middle_both_ways():
    image = np.zeros((40, 28, 28), np.uint8)
    image[:, 12:16, 2:26] = 255
    turned = corrupt(image, "rotation", 5)
    assert (turned[:, 13, 13] > 200).all()
    corners = turned[:, 5, 5] > 100
    assert 0 < corners.sum() < 40, "45 degrees to the left or to the right"
    assert ((turned[:, 5, 22] > 100) == ~corners).all()


def test_darker_mirrored_and_hidden():
    assert np.array_equal(corrupt(IMAGES, "brightness", 3), np.round(IMAGES * np.float32(0.45)))
    assert np.array_equal(corrupt(IMAGES, "flip", 5), IMAGES[:, :, ::-1])
    white = np.full((30, 28, 28), 255, np.uint8)
    hidden = corrupt(white, "occlusion", 2) == 0
    assert (hidden.sum(axis=(1, 2)) == 36).all()
    assert (hidden.any(axis=1).sum(axis=1) == 6).all()


def test_accuracies_by_hand():
    right = {name: [9, 8, 7, 6, 5] for name in CORRUPTIONS}
    found = Robustness(10, right)
    assert found.is_complete and found.mean_accuracy == pytest.approx(0.7)
    assert found.accuracies("blur") == [0.9, 0.8, 0.7, 0.6, 0.5]
    assert found.intervals("blur")[4] == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert not Robustness(10, {**right, "blur": [9, 8]}).is_complete
