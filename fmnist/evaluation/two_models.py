"""Two evaluations on the same test images: what differs, where, and whether that can be chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fmnist.evaluation.evaluate import Evaluation
from fmnist.evaluation.paired import PairedComparison, compare

_SMALLEST_P = 0.001


@dataclass(frozen=True, eq=False)
class TwoModels:
    """The second model against the first, on N test images."""

    paired: PairedComparison
    matrix_difference: np.ndarray  # int64 (10, 10): the second's confusion matrix less the first's
    only_first: np.ndarray  # int64: images that the first alone gets right, its surest first
    only_second: np.ndarray  # int64: images that the second alone gets right, its surest first
    by_class: tuple[PairedComparison | None, ...]  # each about the images of one true class


def compare_models(first: Evaluation, second: Evaluation) -> TwoModels:
    """Compare two evaluations.

    Raises ValueError when they are not about the same labels.
    """
    if not np.array_equal(first.labels, second.labels):
        raise ValueError("The two models were scored on different test images.")
    return TwoModels(
        compare(first.labels, first.predictions, second.predictions),
        second.confusion_matrix.astype(np.int64) - first.confusion_matrix,
        _surest_first(first, first.is_correct & ~second.is_correct),
        _surest_first(second, second.is_correct & ~first.is_correct),
        tuple(_compare_class(first, second, label) for label in range(len(first.class_names))),
    )


def _compare_class(first: Evaluation, second: Evaluation, label: int) -> PairedComparison | None:
    """The difference of the recalls of one class; None where no image is of it."""
    of_class = first.labels == label
    if not of_class.any():
        return None
    return compare(
        first.labels[of_class], first.predictions[of_class], second.predictions[of_class]
    )


def _surest_first(evaluation: Evaluation, chosen: np.ndarray) -> np.ndarray:
    indices = np.flatnonzero(chosen)
    return indices[np.argsort(-evaluation.confidence[indices], kind="stable")]


def describe_difference(paired: PairedComparison, first: str, second: str) -> str:
    """The difference between two models in words, with its interval and McNemar's test.

    first, second: what they are called, in the form that the text is shown in.
    """
    low, high = paired.interval
    points, p_value = 100 * paired.difference, paired.p_value
    p_text = f"p < {_SMALLEST_P}" if p_value < _SMALLEST_P else f"p = {p_value:.2g}"
    numbers = (
        f"{points:+.2f} percentage points (95\N{NO-BREAK SPACE}% interval {100 * low:+.2f} to "
        f"{100 * high:+.2f}; McNemar's test, {p_text})"
    ).replace("-", "\N{MINUS SIGN}")
    if paired.is_noise:
        return f"{second} and {first} cannot be told apart on these test images: {numbers}."
    word = "better" if points > 0 else "worse"
    return f"{second} is {word} than {first}: {numbers}."
