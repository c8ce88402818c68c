"""Reliability, temperature and coverage of ten predictions by hand, and against scikit-learn."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV, calibration_curve
from sklearn.frozen import FrozenEstimator

from fmnist.evaluation.calibration import (
    answer_when_surer,
    calibrate,
    compute_calibration_error,
    compute_reliability,
    compute_risk_coverage,
    fit_temperature,
    scale,
)
from fmnist.evaluation.evaluate import evaluate
from fmnist.runs import outputs

CONFIDENCE = np.array([0.95, 0.95, 0.95, 0.95, 0.95, 0.58, 0.58, 0.58, 0.58, 0.25])
RIGHT = np.array([1, 1, 1, 1, 0, 1, 0, 1, 0, 1], bool)


@pytest.fixture
def logits() -> tuple[np.ndarray, np.ndarray]:
    """2,000 labels, and logits that are three times too large for them."""
    rng = np.random.default_rng(0)
    honest = rng.normal(0, 1.5, (2000, 10))
    labels = np.array([rng.choice(10, p=row) for row in softmax(honest, axis=1)], np.uint8)
    return 3 * honest, labels


def test_ten_predictions_in_four_bins():
    # (0.75, 1]: 4 right of 5; (0.5, 0.75]: 2 of 4; (0, 0.25]: 1 of 1; (0.25, 0.5] is empty.
    found = compute_reliability(CONFIDENCE, RIGHT, bins=4)
    assert found.lower.tolist() == [0, 0.5, 0.75]
    assert found.counts.tolist() == [1, 4, 5]
    assert found.accuracy.tolist() == [1, 0.5, 0.8]
    np.testing.assert_allclose(found.confidence, [0.25, 0.58, 0.95])
    assert found.error == pytest.approx((1 * 0.75 + 4 * 0.08 + 5 * 0.15) / 10)
    assert found.gap == pytest.approx((5 * 0.95 + 4 * 0.58 + 0.25) / 10 - 0.7)
    # Wilson's interval of 4 in 5, from its formula with z = 1.96.
    np.testing.assert_allclose(found.intervals[2], (0.3755, 0.9638), atol=1e-4)


def test_the_calibration_error_agrees_with_scikit_learn(made, labels):
    evaluation = evaluate(labels, outputs.read_probabilities(made))
    confidence = evaluation.confidence
    right, promised = calibration_curve(evaluation.is_correct, confidence, n_bins=15)
    images = np.histogram(confidence, np.linspace(0, 1, 16))[0]
    expected = np.sum(np.abs(right - promised) * images[images > 0]) / len(labels)
    assert compute_calibration_error(evaluation) == pytest.approx(expected, abs=1e-6)


def test_a_confidence_of_exactly_one_is_in_the_last_bin():
    probabilities = np.eye(10, dtype=np.float32)[[0, 0, 1, 1]]
    assert compute_calibration_error(evaluate(np.array([0, 1, 1, 0]), probabilities)) == 0.5


def test_scaling_divides_the_logits():
    logits = np.array([[2.0, 1.0, *[0.0] * 8], [0.0] * 10])
    scaled = scale(softmax(logits, axis=1), 2.0)
    np.testing.assert_allclose(scaled, softmax(logits / 2, axis=1), rtol=1e-6)
    certain = scale(np.eye(10, dtype=np.float32), 2.0)
    assert np.isfinite(certain).all()
    assert certain.argmax(axis=1).tolist() == list(range(10))


class _Logits(ClassifierMixin, BaseEstimator):
    """A classifier of scikit-learn whose decision function is what it is given."""

    def fit(self, images: np.ndarray, labels: np.ndarray) -> "_Logits":
        self.classes_ = np.arange(10)
        return self

    def decision_function(self, images: np.ndarray) -> np.ndarray:
        return images

    def predict(self, images: np.ndarray) -> np.ndarray:
        return images.argmax(axis=1)


def test_the_temperature_is_found_as_by_scikit_learn(logits):
    values, labels = logits
    found = fit_temperature(softmax(values, axis=1), labels)
    assert found == pytest.approx(3, rel=0.05)
    theirs = CalibratedClassifierCV(
        FrozenEstimator(_Logits().fit(values, labels)), method="temperature"
    )
    theirs.fit(values, labels)
    np.testing.assert_allclose(
        scale(softmax(values, axis=1), found), theirs.predict_proba(values), atol=2e-3
    )


def test_the_validation_images_decide_and_the_test_images_gain(logits):
    values, labels = logits
    probabilities = softmax(values, axis=1)
    evaluation = evaluate(labels[1000:], probabilities[1000:])
    found = calibrate(evaluation, probabilities[:1000], labels[:1000])
    assert found.temperature == fit_temperature(probabilities[:1000], labels[:1000])
    assert found.validation_images == 1000
    assert found.after.error < found.before.error / 2
    assert found.loss_after < found.loss_before == evaluation.loss
    assert len(found.scaled) == 1000


@pytest.mark.parametrize(
    ("threshold", "answered", "right"), [(0.0, 10, 7), (0.58, 5, 4), (0.3, 9, 6), (0.95, 0, 0)]
)
def test_what_is_left_of_ten_predictions(threshold, answered, right):
    answers = answer_when_surer(CONFIDENCE, RIGHT, threshold)
    assert (answers.answered, answers.right) == (answered, right)
    assert answers.coverage == answered / 10
    assert answers.accuracy == (right / answered if answered else None)
    assert (answers.interval is None) is (not answered)


def test_the_risk_of_the_surest_ones():
    # Of the 5 surest 1 is wrong, of 9 there are 3, of all 10 there are 3: equals go together.
    curve = compute_risk_coverage(CONFIDENCE, RIGHT)
    assert curve.coverage.tolist() == [0.5, 0.9, 1.0]
    np.testing.assert_allclose(curve.risk, [1 / 5, 3 / 9, 3 / 10])
