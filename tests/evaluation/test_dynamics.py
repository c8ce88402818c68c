"""Learned, forgotten, never learned: six images over four epochs, by hand."""

import numpy as np
import pytest

from fmnist.evaluation.dynamics import compute_dynamics

LABELS = np.array([0, 0, 1, 1, 1, 2])
RIGHT = np.array(
    [
        [1, 0, 0, 1, 0, 0],
        [1, 0, 1, 0, 1, 0],
        [1, 0, 0, 1, 1, 1],
        [1, 1, 1, 0, 0, 0],
    ],
    bool,
)


@pytest.fixture
def found():
    return compute_dynamics(LABELS, np.where(RIGHT, LABELS, 9), [0, 1, 2, 3])


def test_accuracy_and_recall_after_every_epoch(found):
    np.testing.assert_allclose(found.accuracy, [2 / 6, 3 / 6, 4 / 6, 3 / 6])
    np.testing.assert_allclose(found.class_recall[:, 1], [1 / 3, 2 / 3, 2 / 3, 1 / 3])
    assert np.isnan(found.class_recall[:, 3]).all()


def test_the_lists(found):
    assert found.learned_at.tolist() == [0, 3, 3, 4, 4, 4]
    assert found.learned_last.tolist() == [1, 2]
    assert found.forgettings.tolist() == [0, 0, 1, 2, 1, 1]
    assert found.most_forgotten.tolist() == [3, 2, 4, 5]
    assert found.forgotten.tolist() == [3, 4, 5]
    assert found.never_learned.tolist() == []


def test_never_learned():
    found = compute_dynamics(np.array([3, 4]), np.array([[3, 3], [3, 3]]), [0, 1])
    assert found.never_learned.tolist() == [1]
    assert found.learned_last.tolist() == []


def test_shapes_that_disagree():
    with pytest.raises(ValueError, match="expected predictions"):
        compute_dynamics(LABELS, RIGHT[:, :3], [0, 1, 2, 3])
