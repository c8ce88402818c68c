"""When a prediction for a drawing is uncertain: its probabilities are spread over too many classes.

The model for drawings was trained to predict a tenth for each class where there is no garment. A
T-shirt that may as well be a shirt is no such case, which is why the perplexity counts and not the
largest probability. The threshold is chosen on validation drawings and lies beside the model.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from fmnist.json_files import read_record

UNCERTAINTY_FILE = "doubt.json"
# Of validation drawings that show a garment: what the threshold may cost. The same hands drew those
# and what it was trained on; of other people's doodles it flags about one in ten.
FLAGGED_FRACTION = 0.02


class _Threshold(msgspec.Struct, frozen=True, rename={"max_perplexity": "spread_above"}):
    """What is needed of `doubt.json`."""

    max_perplexity: float


def compute_perplexity(probabilities: np.ndarray) -> np.ndarray:
    """Over how many classes a prediction is spread: 1, all on one, to 10, a tenth for each.

    The perplexity e^H of probabilities (…, 10), H their entropy in nats; float64 (…).
    """
    probabilities = np.asarray(probabilities, np.float64)
    return np.exp(-(probabilities * np.log(np.maximum(probabilities, 1e-12))).sum(axis=-1))


def choose_threshold(probabilities: np.ndarray, shows_garment: np.ndarray) -> dict[str, Any]:
    """The perplexity above which a prediction is not sure, and what it does to the drawings given.

    Args:
        probabilities: float (N, 10), of validation drawings.
        shows_garment: bool (N,); the others are nonsense.

    Returns:
        `spread_above`, and the fractions of both kinds that lie above it; plain JSON values.
    """
    perplexity = compute_perplexity(probabilities)
    threshold = round(float(np.quantile(perplexity[shows_garment], 1 - FLAGGED_FRACTION)), 2)
    is_above = perplexity > threshold
    return {
        "spread_above": threshold,
        "validation_drawings": len(perplexity),
        "garments_flagged": round(float(is_above[shows_garment].mean()), 4),
        "nonsense_flagged": round(float(is_above[~shows_garment].mean()), 4),
    }


def read_threshold(model: Path) -> float | None:
    """The threshold recorded beside a `model.keras`; None where there is none."""
    path = model.with_name(UNCERTAINTY_FILE)
    if not path.is_file():
        return None
    try:
        return read_record(path, _Threshold).max_perplexity
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} is damaged ({error}): restore it from the package.") from error
