"""Two evaluations on the same images: what differs, where, and how it is said."""

import numpy as np
import pytest

from fmnist.evaluation.evaluate import evaluate
from fmnist.evaluation.paired import PairedComparison
from fmnist.evaluation.two_models import compare_models, describe_difference

LABELS = np.array([0, 1, 2, 3])


def evaluation(predictions, confidences=(0.9, 0.9, 0.9, 0.9)):
    probabilities = np.zeros((4, 10), np.float32)
    for row, (predicted, confidence) in enumerate(zip(predictions, confidences, strict=True)):
        probabilities[row] = (1 - confidence) / 9
        probabilities[row, predicted] = confidence
    return evaluate(LABELS, probabilities)


def test_images_that_one_alone_gets_right_its_surest_first():
    first = evaluation([0, 1, 9, 9])
    second = evaluation([0, 9, 2, 3], (0.9, 0.9, 0.5, 0.8))
    two = compare_models(first, second)
    assert two.only_first.tolist() == [1]
    assert two.only_second.tolist() == [3, 2]
    assert (two.paired.only_first, two.paired.only_second) == (1, 2)


def test_the_matrices_are_subtracted():
    difference = compare_models(
        evaluation([0, 1, 9, 9]), evaluation([0, 9, 2, 3])
    ).matrix_difference
    expected = np.zeros((10, 10), int)
    expected[1, 1], expected[1, 9] = -1, 1
    expected[2, 2], expected[2, 9] = 1, -1
    expected[3, 3], expected[3, 9] = 1, -1
    np.testing.assert_array_equal(difference, expected)


def test_each_class_is_compared_on_its_own_images():
    two = compare_models(evaluation([0, 1, 9, 9]), evaluation([0, 9, 2, 3]))
    counts = [one and (one.images, one.only_first, one.only_second) for one in two.by_class]
    assert counts == [(1, 0, 0), (1, 1, 0), (1, 0, 1), (1, 0, 1)] + [None] * 6


def test_other_labels_are_refused():
    other = evaluate(np.array([0, 1, 2, 4]), np.eye(10, dtype=np.float32)[[0, 1, 2, 4]])
    with pytest.raises(ValueError, match="different test images"):
        compare_models(evaluation([0, 1, 2, 3]), other)


def test_the_difference_in_words():
    said = describe_difference(PairedComparison(10_000, 100, 200), "A", "B")
    assert said.startswith("B is better than A: +1.00 percentage points (95\N{NO-BREAK SPACE}% ")
    assert "p < 0.001" in said
    said = describe_difference(PairedComparison(10_000, 200, 100), "A", "B")
    assert said.startswith("B is worse than A: \N{MINUS SIGN}1.00 percentage points")
    said = describe_difference(PairedComparison(10_000, 10, 11), "A", "B")
    assert said.startswith("B and A cannot be told apart on these test images: +0.01 percentage")
    assert "p = 1" in said
