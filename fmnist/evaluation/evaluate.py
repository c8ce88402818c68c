"""Labels and a model's probabilities become one frozen `Evaluation`: metrics, matrix, orderings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from fmnist.data.dataset import CLASS_NAMES

if TYPE_CHECKING:
    import pandas as pd

CLASSES = len(CLASS_NAMES)
PLURALS = (
    "T-shirts/tops",
    "trousers",
    "pullovers",
    "dresses",
    "coats",
    "sandals",
    "shirts",
    "sneakers",
    "bags",
    "ankle boots",
)

Show = Literal["wrong", "right", "all"]
Sort = Literal["mistake", "uncertain", "index"]
MatrixMode = Literal["counts", "rows", "share", "errors"]

_Z_95 = 1.959963984540054  # the standard normal's 97.5 % quantile
_SUM_TOLERANCE = 1e-3
_SMALLEST_PROBABILITY = 1e-7


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A model's predictions for N labelled images, and what follows from them."""

    labels: np.ndarray  # uint8 (N,)
    probabilities: np.ndarray  # float32 (N, 10)
    predictions: np.ndarray  # uint8 (N,): the most probable class
    confidence: np.ndarray  # float32 (N,): its probability
    is_correct: np.ndarray  # bool (N,)
    accuracy: float
    accuracy_interval: tuple[float, float]  # 95 %
    loss: float  # mean cross-entropy, nats
    errors: int
    top2_accuracy: float
    confusion_matrix: np.ndarray  # int64 (10, 10): rows true, columns predicted
    report: pd.DataFrame  # class precision recall f1 support; ten classes and two averages
    top_confusions: list[tuple[int, int, int]]  # (true, predicted, count), most frequent first
    class_names: tuple[str, ...] = CLASS_NAMES


def evaluate(
    labels: np.ndarray, probabilities: np.ndarray, class_names: tuple[str, ...] = CLASS_NAMES
) -> Evaluation:
    """Score `probabilities`, float (N, 10), against `labels`, integer (N,), for any N ≥ 1.

    Precision, recall and F1 of a class that never occurs, or is never predicted, are 0.

    Raises ValueError when the shapes disagree, a row does not sum to 1, or a label is not 0 to 9.
    """
    # scikit-learn's metrics take more than a second to import: the first evaluation pays for it.
    from sklearn.metrics import confusion_matrix, top_k_accuracy_score

    labels, probabilities = _checked(labels, probabilities)
    predictions = probabilities.argmax(axis=1).astype(np.uint8)
    is_correct = predictions == labels
    every_class = np.arange(CLASSES)
    matrix = confusion_matrix(labels, predictions, labels=every_class)
    right = int(is_correct.sum())
    return Evaluation(
        labels=labels,
        probabilities=probabilities,
        predictions=predictions,
        confidence=np.minimum(probabilities.max(axis=1), np.float32(1)),
        is_correct=is_correct,
        accuracy=right / len(labels),
        accuracy_interval=wilson_interval(right, len(labels)),
        loss=mean_cross_entropy(labels, probabilities),
        errors=len(labels) - right,
        top2_accuracy=float(top_k_accuracy_score(labels, probabilities, k=2, labels=every_class)),
        confusion_matrix=matrix,
        report=_report(labels, predictions, class_names),
        top_confusions=_top_confusions(matrix),
        class_names=class_names,
    )


def mean_cross_entropy(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Nats, for float (N, 10) and integer (N,). A probability counts as 1e-7 at least, as in Keras.

    In NumPy, so that a training process need not load scikit-learn for the number that
    `results.json` and `Evaluation.loss` share.
    """
    true = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(np.log(1 / np.clip(true, _SMALLEST_PROBABILITY, 1)).mean())


def _checked(labels: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    labels, probabilities = np.asarray(labels), np.asarray(probabilities, np.float32)
    if labels.ndim != 1 or not len(labels) or probabilities.shape != (len(labels), CLASSES):
        raise ValueError(
            f"labels have the shape {labels.shape} and probabilities {probabilities.shape}; "
            "expected (N,) and (N, 10) with the same N ≥ 1, in the same order"
        )
    if not np.isin(labels, np.arange(CLASSES)).all():
        raise ValueError(
            f"labels go from {labels.min()} to {labels.max()}; expected whole numbers from 0 to 9"
        )
    sums = probabilities.sum(axis=1)
    wrong = np.flatnonzero(~(np.abs(sums - 1) <= _SUM_TOLERANCE))  # also finds NaN
    if len(wrong):
        raise ValueError(
            f"{len(wrong)} of {len(sums)} rows of probabilities do not sum to 1 (the first, row "
            f"{wrong[0]}, sums to {sums[wrong[0]]:.4g}); expected softmax outputs, not logits"
        )
    return labels.astype(np.uint8), probabilities


@dataclass(frozen=True)
class Score:
    """So many right of so many images."""

    right: int
    images: int

    @property
    def accuracy(self) -> float:
        return self.right / self.images

    @property
    def interval(self) -> tuple[float, float]:
        """95 %, Wilson's."""
        return wilson_interval(self.right, self.images)


def wilson_interval(right: int, count: int) -> tuple[float, float]:
    """The 95 % score interval of a fraction: E. B. Wilson, "Probable inference, the law of
    succession, and statistical inference", Journal of the American Statistical Association 22
    (1927) 209-212.
    """
    fraction, z2 = right / count, _Z_95**2
    centre = fraction + z2 / (2 * count)
    margin = _Z_95 * math.sqrt(fraction * (1 - fraction) / count + z2 / (4 * count**2))
    scale = 1 + z2 / count
    return max(0.0, (centre - margin) / scale), min(1.0, (centre + margin) / scale)


def _report(
    labels: np.ndarray, predictions: np.ndarray, class_names: tuple[str, ...]
) -> pd.DataFrame:
    import pandas as pd
    from sklearn.metrics import precision_recall_fscore_support

    every_class = np.arange(CLASSES)
    per_class = precision_recall_fscore_support(
        labels, predictions, labels=every_class, zero_division=0
    )
    columns = ("precision", "recall", "f1", "support")
    rows = [
        {"class": name, **dict(zip(columns, values, strict=True))}
        for name, *values in zip(class_names, *per_class, strict=True)
    ]
    for average in ("macro", "weighted"):
        *scores, _ = precision_recall_fscore_support(
            labels, predictions, labels=every_class, zero_division=0, average=average
        )
        rows.append(
            {
                "class": f"{average} avg",
                **dict(zip(columns[:3], scores, strict=True)),
                "support": len(labels),
            }
        )
    return pd.DataFrame(rows)


def _top_confusions(matrix: np.ndarray) -> list[tuple[int, int, int]]:
    pairs = [
        (true, predicted, int(matrix[true, predicted]))
        for true in range(CLASSES)
        for predicted in range(CLASSES)
        if true != predicted and matrix[true, predicted]
    ]
    return sorted(pairs, key=lambda pair: (-pair[2], pair))


def describe_confusion(
    true: int, predicted: int, count: int, class_names: tuple[str, ...] = CLASS_NAMES
) -> str:
    """(6, 0, 117) → "117 shirts called T-shirt/top"; of other classes, "117 of “3” called “5”"."""
    if class_names != CLASS_NAMES:
        return f"{count:,} of “{class_names[true]}” called “{class_names[predicted]}”"
    name = CLASS_NAMES[true]
    one = name if name.startswith("T-") else name.lower()
    return f"{count:,} {one if count == 1 else PLURALS[true]} called {CLASS_NAMES[predicted]}"


def select(
    evaluation: Evaluation,
    *,
    show: Show = "wrong",
    true: int | None = None,
    predicted: int | None = None,
    min_confidence: float = 0.0,
    max_confidence: float = 1.0,
    sort: Sort = "mistake",
) -> np.ndarray:
    """Indices, int64, of the images that fit every filter (both confidence bounds included).

    sort: "mistake" puts the most confident predictions first, "uncertain" the smallest margin
    between the two most probable classes, "index" the order of the dataset; ties stay in that
    order.
    """
    fits = {"wrong": ~evaluation.is_correct, "right": evaluation.is_correct}.get(
        show, np.ones(len(evaluation.labels), bool)
    )
    if true is not None:
        fits = fits & (evaluation.labels == true)
    if predicted is not None:
        fits = fits & (evaluation.predictions == predicted)
    confidence = evaluation.confidence
    fits = fits & (confidence >= min_confidence) & (confidence <= max_confidence)
    indices = np.flatnonzero(fits)
    if sort == "mistake":
        return indices[np.argsort(-confidence[indices], kind="stable")]
    if sort == "uncertain":
        second, first = np.partition(evaluation.probabilities[indices], -2, axis=1)[:, -2:].T
        return indices[np.argsort(first - second, kind="stable")]
    return indices


def normalised(matrix: np.ndarray, mode: MatrixMode = "counts") -> np.ndarray:
    """A confusion matrix (10, 10) of counts as counts, as fractions (0 to 1) of its row or of all
    images, or as the errors alone (diagonal 0). A class without images has a row of zeros.
    """
    if mode == "rows":
        return matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    if mode == "share":
        return matrix / max(matrix.sum(), 1)
    if mode == "errors":
        return matrix * ~np.eye(len(matrix), dtype=bool)
    return matrix


def predictions_table(evaluation: Evaluation) -> pd.DataFrame:
    """One row per image: index, label, class, predicted, predicted_class, correct, confidence,
    p0 … p9 (the probabilities in the order of the classes).
    """
    import pandas as pd

    names = np.array(evaluation.class_names)
    frame = pd.DataFrame(
        {
            "index": np.arange(len(evaluation.labels)),
            "label": evaluation.labels,
            "class": names[evaluation.labels],
            "predicted": evaluation.predictions,
            "predicted_class": names[evaluation.predictions],
            "correct": evaluation.is_correct,
            "confidence": evaluation.confidence,
        }
    )
    frame[[f"p{label}" for label in range(CLASSES)]] = evaluation.probabilities
    return frame
