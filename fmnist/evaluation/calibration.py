"""Whether a model is as often right as its confidence says, and what it costs to answer only when
surer.

Guo, Pleiss, Sun and Weinberger 2017, "On calibration of modern neural networks",
https://arxiv.org/abs/1706.04599: the reliability diagram, the expected calibration error and
temperature scaling.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fmnist.evaluation.evaluate import Evaluation, mean_cross_entropy, wilson_interval

CALIBRATION_BINS = 15  # of equal width, as in the paper
_CURVE_POINTS = 400  # of a risk-coverage curve: more than a screen shows
_SMALLEST = 1e-30  # a probability that float32 has rounded to 0 has no logarithm
_LOG_RANGE = (-3.0, 3.0)  # of the temperature: a twentieth to twenty


@dataclass(frozen=True, eq=False)
class Reliability:
    """Confidence against accuracy, bin by bin; empty bins are left out, so that B ≤ the bins."""

    bins: int  # of equal width from 0 to 1, each with its upper edge
    lower: np.ndarray  # float64 (B,): the lower edges
    confidence: np.ndarray  # float64 (B,): the mean confidence
    accuracy: np.ndarray  # float64 (B,)
    intervals: np.ndarray  # float64 (B, 2): of the accuracy, 95 %, Wilson's
    counts: np.ndarray  # int64 (B,): images
    error: float  # the expected calibration error, 0 to 1
    gap: float  # mean confidence less accuracy: above 0, it is surer than it is right


@dataclass(frozen=True)
class Answers:
    """What becomes of N images when only the surer predictions count as answers."""

    threshold: float
    images: int
    answered: int
    right: int

    @property
    def coverage(self) -> float:
        """The fraction of images answered."""
        return self.answered / self.images

    @property
    def accuracy(self) -> float | None:
        """Of the answers; None where there are none."""
        return self.right / self.answered if self.answered else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of `accuracy`."""
        return wilson_interval(self.right, self.answered) if self.answered else None


@dataclass(frozen=True, eq=False)
class RiskCoverage:
    """The error rate among the k surest predictions, for k up to all N.

    Geifman and El-Yaniv 2017, "Selective classification for deep neural networks",
    https://arxiv.org/abs/1705.08500.
    """

    coverage: np.ndarray  # float64 (P,): k / N, rising to 1
    risk: np.ndarray  # float64 (P,)


@dataclass(frozen=True, eq=False)
class Calibration:
    """A model's confidence on the test set, as it is and scaled by one temperature."""

    temperature: float
    validation_images: int
    before: Reliability
    after: Reliability
    loss_before: float  # mean cross-entropy on the test set, nats
    loss_after: float
    scaled: np.ndarray  # float32 (N,): the confidence after scaling


def compute_reliability(
    confidence: np.ndarray, is_correct: np.ndarray, bins: int = CALIBRATION_BINS
) -> Reliability:
    """Sort N ≥ 1 predictions by confidence, float (N,), into bins of equal width, each with its
    upper edge.

    The expected calibration error is the mean over bins of |accuracy − mean confidence|, weighted
    by their images.
    """
    confidence = confidence.astype(np.float64)
    bin_of = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    counts = np.bincount(bin_of, minlength=bins)
    right = np.bincount(bin_of, weights=is_correct, minlength=bins)
    promised = np.bincount(bin_of, weights=confidence, minlength=bins)
    filled = counts > 0
    pairs = zip(right[filled], counts[filled], strict=True)
    return Reliability(
        bins=bins,
        lower=np.flatnonzero(filled) / bins,
        confidence=promised[filled] / counts[filled],
        accuracy=right[filled] / counts[filled],
        intervals=np.array([wilson_interval(int(good), int(count)) for good, count in pairs]),
        counts=counts[filled],
        error=float(np.abs(right - promised).sum() / len(confidence)),
        gap=float((promised.sum() - right.sum()) / len(confidence)),
    )


def compute_calibration_error(evaluation: Evaluation, bins: int = CALIBRATION_BINS) -> float:
    """The expected calibration error of an evaluation's predictions, 0 to 1."""
    return compute_reliability(evaluation.confidence, evaluation.is_correct, bins).error


def scale(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities (N, 10) as they were had every logit been divided by `temperature`, float32.

    Logits need not be known: log p is the logits less one number per row, which softmax takes no
    notice of. No prediction changes. Above 1 the model becomes less sure, below 1 surer.
    """
    logits = np.log(np.maximum(probabilities.astype(np.float64), _SMALLEST)) / temperature
    scaled = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (scaled / scaled.sum(axis=1, keepdims=True)).astype(np.float32)


def fit_temperature(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The temperature with the smallest cross-entropy on validation images.

    probabilities: float (N, 10); labels: integer (N,). Never those of the test set: it is to tell
    whether the temperature helps.
    """
    from scipy.optimize import minimize_scalar  # a third of a second: not with every page

    found = minimize_scalar(
        lambda log: mean_cross_entropy(labels, scale(probabilities, math.exp(log))),
        bounds=_LOG_RANGE,
        method="bounded",
    )
    return math.exp(found.x)


def calibrate(
    evaluation: Evaluation, val_probabilities: np.ndarray, val_labels: np.ndarray
) -> Calibration:
    """Fit a temperature on validation images, float (V, 10) and integer (V,), and try it on those
    of the evaluation.
    """
    temperature = fit_temperature(val_probabilities, val_labels)
    scaled = scale(evaluation.probabilities, temperature)
    confidence = np.minimum(scaled.max(axis=1), np.float32(1))
    return Calibration(
        temperature=temperature,
        validation_images=len(val_labels),
        before=compute_reliability(evaluation.confidence, evaluation.is_correct),
        after=compute_reliability(confidence, evaluation.is_correct),
        loss_before=evaluation.loss,
        loss_after=mean_cross_entropy(evaluation.labels, scaled),
        scaled=confidence,
    )


def answer_when_surer(confidence: np.ndarray, is_correct: np.ndarray, threshold: float) -> Answers:
    """What becomes of N ≥ 1 predictions when those of at most `threshold` (0 to 1) are no answers.

    A threshold of 0 lets every prediction count.
    """
    answered = confidence > threshold
    return Answers(
        threshold, len(confidence), int(answered.sum()), int((answered & is_correct).sum())
    )


def compute_risk_coverage(confidence: np.ndarray, is_correct: np.ndarray) -> RiskCoverage:
    """The curve of N ≥ 1 predictions, surest first, thinned to some hundred points.

    Predictions of the same confidence are answered together: their order means nothing.
    """
    order = np.argsort(-confidence, kind="stable")
    last_of_equals = np.flatnonzero(np.append(np.diff(confidence[order]) != 0, True))
    answered = last_of_equals + 1
    risk = np.cumsum(~is_correct[order])[last_of_equals] / answered
    kept = np.unique(np.linspace(0, len(answered) - 1, _CURVE_POINTS).astype(np.int64))
    return RiskCoverage(answered[kept] / len(order), risk[kept])
