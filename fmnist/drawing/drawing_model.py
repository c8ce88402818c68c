"""Which model answers for drawings: the one chosen in the settings, or that of the package."""

from __future__ import annotations

from pathlib import Path

from fmnist.evaluation.uncertainty import read_threshold
from fmnist.runs import settings, store

DRAWING_MODEL = Path(__file__).parent / "pretrained" / "model.keras"


def find_drawing_model() -> tuple[Path, str]:
    """The model for drawings: the one that was chosen of the fine-tuned ones, or else the one that
    comes with the Lab; and a sentence where the chosen one is gone or damaged, or "".
    """
    run_id = settings.read_drawing_run()
    if not run_id:
        return DRAWING_MODEL, ""
    try:
        run = store.load_run(run_id)
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
