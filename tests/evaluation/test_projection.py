"""Places on the plane, against values worked out by hand and by scikit-learn's definition."""

import numpy as np
import pytest

from fmnist.evaluation.evaluate import evaluate
from fmnist.evaluation.projection import UNITS, describe_images, find_inside, project, to_plane

NBSP = "\N{NO-BREAK SPACE}"


def test_the_direction_that_differs_most_comes_first():
    rng = np.random.default_rng(0)
    features = np.zeros((50, 6), np.float32)
    features[:, 4] = 10 * rng.standard_normal(50)
    features[:, 1] = rng.standard_normal(50)
    first, second = project(features).T
    assert abs(np.corrcoef(first, features[:, 4])[0, 1]) == pytest.approx(1, abs=0.02)
    assert abs(np.corrcoef(second, features[:, 1])[0, 1]) == pytest.approx(1, abs=0.02)


def test_more_features_than_images():
    assert project(np.eye(4, 30, dtype=np.float32)).shape == (4, 2)


@pytest.mark.parametrize("features", [np.ones((5, 3)), np.ones((1, 3)), np.ones((5, 1))])
def test_features_that_are_all_alike(features):
    assert not project(features).any()


def test_the_plane_is_filled_and_upside_down():
    placed = to_plane(np.array([[0, 0], [2, 5], [1, 10]], np.float32))
    assert placed.tolist() == [[0, UNITS], [UNITS, UNITS / 2], [UNITS / 2, 0]]
    assert np.isfinite(to_plane(np.ones((3, 2), np.float32))).all()


def test_inside_an_outline():
    points = np.array([[5, 5], [15, 5], [5, 9.9], [1, 9], [5, 12]], np.float32)
    square = [(0, 0), (10, 0), (10, 10), (0, 10)]
    assert find_inside(points, square).tolist() == [True, False, True, True, False]
    triangle = [(0, 0), (10, 0), (10, 10)]
    assert find_inside(points + np.array([0.5, -0.5]), triangle).tolist() == [True] + 4 * [False]
    assert find_inside(points, []).all()
    # A dent: the corner at (5, 5) turns inwards.
    dented = [(0, 0), (10, 0), (10, 10), (5, 4), (0, 10)]
    assert find_inside(points, dented).tolist() == [False, False, False, False, False]


def test_images_in_words():
    labels = np.array([6, 6, 6, 0, 0, 1, 2, 3], np.uint8)
    predictions = labels.copy()
    predictions[[0, 3]] = 8
    evaluation = evaluate(labels, np.eye(10, dtype=np.float32)[predictions])
    assert describe_images(evaluation, np.arange(8)) == (
        f"8 images: 3 Shirt, 2 T-shirt/top, 1 Trouser, 2 of other classes. 2 wrong (25.0{NBSP}%)."
    )
    assert (
        describe_images(evaluation, np.array([5])) == f"1 image: 1 Trouser. 0 wrong (0.0{NBSP}%)."
    )
