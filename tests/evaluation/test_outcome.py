"""Curves drawn by hand: which of them overfit, and from which epoch."""

import numpy as np
import pytest

from fmnist.evaluation.outcome import Overfitting, compare_probabilities, find_overfitting

FALLING = np.array([0.6, 0.5, 0.4, 0.3, 0.2])


def test_overfitting_begins_after_the_lowest_validation_loss():
    found = find_overfitting(FALLING, np.array([0.5, 0.4, 0.42, 0.43, 0.45]))
    assert found == Overfitting(2, pytest.approx(0.1))  # (0.43 + 0.45) / 2 is 0.44


@pytest.mark.parametrize(
    "val_loss",
    [
        [0.5, 0.45, 0.42, 0.41, 0.40],  # falls to the end
        [0.5, 0.45, 0.42, 0.40, 0.48],  # one epoch later is too soon to tell
        [0.5, 0.40, 0.42, 0.41, 0.41],  # 2.5 % above the lowest: noise
    ],
)
def test_no_overfitting_where_validation_does_not_turn_up(val_loss):
    assert find_overfitting(FALLING, np.array(val_loss)).epoch is None


def test_no_overfitting_where_the_training_loss_climbs_too():
    both = np.array([0.5, 0.4, 0.5, 0.6, 0.7])
    assert find_overfitting(both, both).epoch is None


@pytest.mark.parametrize("val_loss", [[], [0.5], [0.4, 0.5], [0.5, np.nan, 0.4, 0.5]])
def test_too_little_to_tell(val_loss):
    assert find_overfitting(FALLING[: len(val_loss)], np.array(val_loss)) is None


def test_probabilities_are_compared_by_their_most_probable_class():
    labels = np.array([0, 1, 2, 3])
    first, second = np.eye(10)[[0, 1, 5, 6]], np.eye(10)[[0, 4, 2, 3]]
    found = compare_probabilities(labels, first, second)
    assert (found.images, found.only_first, found.only_second) == (4, 1, 2)
    assert found.difference == 0.25
