"""Scores on fewer images, and baselines, of ten images by hand."""

import dataclasses

import numpy as np
import pytest

from fmnist.data.dataset import FINGERPRINT, load_dataset
from fmnist.evaluation import honest
from fmnist.evaluation.evaluate import evaluate

LABELS = np.array([0, 0, 1, 1, 2, 2, 3, 3, 4, 4], np.uint8)
PREDICTED = np.array([0, 1, 1, 1, 2, 2, 3, 0, 4, 4])  # the second and the eighth are wrong


@pytest.fixture
def evaluation():
    return evaluate(LABELS, np.eye(10, dtype=np.float32)[PREDICTED])


def test_the_score_without_some_images(evaluation):
    score = honest.score_without(evaluation, honest.mark([1, 2], 10))
    assert (score.right, score.images) == (7, 8)
    assert score.accuracy == 7 / 8
    # Wilson's interval of 7 in 8, from its formula with z = 1.96.
    assert score.interval == pytest.approx((0.5291, 0.9776), abs=1e-4)
    assert honest.score_without(evaluation, honest.mark(range(10), 10)) is None
    everything = honest.score_without(evaluation, honest.mark([], 10))
    assert (everything.right, everything.images) == (8, 10)


def test_verdicts_about_images_that_are_not_there_count_for_nothing():
    assert honest.mark([3, 12], 10).tolist() == [False] * 3 + [True] + [False] * 6


def test_what_is_near_is_nearer_than_a_quarter_of_its_own_length():
    nearest = np.array([[0, 1, 0.1], [5, 2, 0.25], [7, 3, 0.2499]], np.float32)
    assert honest.find_near_duplicates(nearest).tolist() == [True, False, True]


def test_baselines(lab):
    data = dataclasses.replace(
        load_dataset(lab.data_dir),
        train_labels=np.array([3, 3, 3, 0, 4], np.uint8),
        test_labels=LABELS,
    )
    nearest = np.zeros((10, 3), np.float32)
    nearest[:, 0] = [3, 3, 3, 3, 0, 0, 1, 2, 4, 3]
    found = honest.compute_baselines(data, nearest)
    assert (found.majority.right, found.majority.images) == (2, 10)  # always class 3
    assert found.nearest.right == 5  # both 0, both 3, the first 4
    assert (found.human, found.nearest_known) == (None, None)
    published = dataclasses.replace(data, fingerprint=FINGERPRINT)
    found = honest.compute_baselines(published, None)
    assert (found.human, found.nearest_known, found.nearest) == (0.835, 0.850, None)
