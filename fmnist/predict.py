"""What a model says of one picture, in JSON; and which model it is that answers for drawings."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fmnist import runs, settings
from fmnist.dataset import CLASS_NAMES
from fmnist.doubt import compute_perplexity, read_threshold

UNSURE_BELOW = 0.5  # confidence under which "not sure" is the honest thing to say
DRAWING_MODEL = Path(__file__).parent / "drawing_model" / "model.keras"


def describe_prediction(
    probabilities: np.ndarray,
    class_names: Sequence[str] = CLASS_NAMES,
    max_perplexity: float | None = None,
) -> dict[str, Any]:
    """The best guess of ten probabilities (10,): class, label, confidence, unsure, probabilities.

    Plain JSON values, rounded to 6 decimals. max_perplexity: the model's own threshold of being
    unsure (see `fmnist.doubt`); without one, it is a confidence below UNSURE_BELOW.
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


def find_drawing_model() -> tuple[Path, str]:
    """The model for drawings: the one that was chosen of the fine-tuned ones, or else the one that
    comes with the Lab; and a sentence where the chosen one is gone or damaged, or "".
    """
    run_id = settings.read_drawing_run()
    if not run_id:
        return DRAWING_MODEL, ""
    try:
        run = runs.load_run(run_id)
        problem = run.damaged
        if not problem and (run.fine_tuned is None or run.status.status != "completed"):
            problem = "it is not a fine-tuned model"
        read_threshold(run.file("model.keras"))
    except ValueError as error:
        problem = str(error).rstrip(".")
    if not problem:
        return run.file("model.keras"), ""
    return DRAWING_MODEL, (
        f"The fine-tuned model that was chosen cannot be used ({problem}): the one that comes with "
        "the Lab answers."
    )


if __name__ == "__main__":
    from fmnist.__main__ import main

    sys.exit(main(["predict", *sys.argv[1:]]))
