"""What a model says of one picture, in JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fmnist.data.dataset import CLASS_NAMES
from fmnist.evaluation.uncertainty import compute_perplexity

UNSURE_BELOW = 0.5  # confidence under which "not sure" is the honest thing to say


def describe_prediction(
    probabilities: np.ndarray,
    class_names: Sequence[str] = CLASS_NAMES,
    max_perplexity: float | None = None,
) -> dict[str, Any]:
    """The best guess of ten probabilities (10,): class, label, confidence, unsure, probabilities.

    Plain JSON values, rounded to 6 decimals. max_perplexity: the model's own threshold of being
    unsure (see `uncertainty.py`); without one, it is a confidence below UNSURE_BELOW.
    """
    label = int(np.argmax(probabilities))
    confidence = float(probabilities[label])
    unsure = confidence < UNSURE_BELOW
    if max_perplexity is not None:
        unsure = bool(compute_perplexity(probabilities) > max_perplexity)
    return {
        "class": class_names[label],
        "label": label,
        "confidence": round(confidence, 6),
        "unsure": unsure,
        "probabilities": [round(float(probability), 6) for probability in probabilities],
    }
