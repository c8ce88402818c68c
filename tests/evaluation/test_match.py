"""A match by hand, and which images are drawn for one."""

import numpy as np
import pytest

from fmnist.evaluation.evaluate import evaluate
from fmnist.evaluation.match import CONTESTED, compute_match, draw_images


def made(labels, predictions, confidence):
    probabilities = np.full((len(labels), 10), 0.0, np.float32)
    probabilities += ((1 - np.asarray(confidence)) / 9)[:, None]
    probabilities[np.arange(len(labels)), predictions] = confidence
    return evaluate(np.asarray(labels, np.uint8), probabilities)


def test_ten_images_by_hand():
    labels = [0, 0, 2, 2, 3, 3, 4, 4, 6, 6]
    said = [0, 6, 2, 4, 3, 3, 4, 2, 6, 8]  # a bag is none of the five: the first of the others
    evaluation = made(labels, said, np.full(10, 0.8))
    person = [0, 2, 2, 2, 3, 3, 4, 4, 0, 6]
    match = compute_match(evaluation, np.arange(10), [CONTESTED.index(one) for one in person])
    assert (match.person_score.right, match.model_score.right) == (8, 6)
    assert match.person_beat.tolist() == [3, 7, 9]
    assert match.model_beat.tolist() == [8]
    assert match.person_matrix.tolist() == [
        [1, 1, 0, 0, 0],
        [0, 2, 0, 0, 0],
        [0, 0, 2, 0, 0],
        [0, 0, 0, 2, 0],
        [1, 0, 0, 0, 1],
    ]
    # They agree on 8 of 10; by chance on (2·2 + 2·3 + 2·2 + 2·2 + 2·1) / 100 = 0.2 of them.
    assert match.person_kappa == pytest.approx((0.8 - 0.2) / (1 - 0.2))
    assert match.person_score.interval == pytest.approx((0.4902, 0.9433), abs=1e-4)


def test_a_kappa_that_is_not_defined():
    evaluation = made([0, 0], [0, 0], np.full(2, 0.9))
    assert compute_match(evaluation, np.arange(2), [0, 0]).person_kappa is None


def test_as_many_answers_as_images():
    evaluation = made([0, 2], [0, 2], np.full(2, 0.9))
    with pytest.raises(ValueError, match="1 answers to 2 images"):
        compute_match(evaluation, np.arange(2), [0])


def test_six_of_each_class_where_the_model_hesitated():
    labels = np.tile(np.arange(10), 100)
    confidence = np.linspace(0.3, 0.99, 1000)
    evaluation = made(labels, labels, confidence)
    drawn = draw_images(evaluation, seed=7)
    assert len(set(drawn.tolist())) == 30
    assert np.bincount(labels[drawn], minlength=10).tolist() == [6, 0, 6, 6, 6, 0, 6, 0, 0, 0]
    assert drawn.max() < 100, "the least confident tenth of each class"
    assert drawn.tolist() == draw_images(evaluation, seed=7).tolist()
    assert drawn.tolist() != draw_images(evaluation, seed=8).tolist()
