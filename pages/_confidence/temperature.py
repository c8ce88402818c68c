"""The model's confidence scaled by one temperature, which its validation images decide."""

from __future__ import annotations

import streamlit as st

from fmnist.data.dataset import Dataset
from fmnist.engine.client import EngineError
from fmnist.engine.rescore import predict_validation_images
from fmnist.evaluation.calibration import Calibration
from fmnist.runs.store import Run, load_run
from fmnist.runs.validation import find_validation_images, why_no_validation
from pages._shared import engine
from pages._shared.data import dataset, evaluate_run


def find_calibration(run: Run, data: Dataset) -> tuple[Calibration | None, str]:
    """What a temperature makes of the model's confidence; None, and why, where there is none."""
    if reason := why_no_validation(run, data):
        return None, reason
    model = run.file("model.keras")
    if not run.has_model:
        return None, "The run has no model any more that could classify its validation images."
    try:
        return _calibrate(run.run_id, model.stat().st_mtime_ns, data.fingerprint), ""
    except EngineError as error:
        return None, str(error)


# Without underscores, which would leave the time and the fingerprint out of the cache's key.
@st.cache_data(show_spinner="Classifying the validation images, just this once …", max_entries=20)
def _calibrate(run_id: str, written_at: int, fingerprint: str) -> Calibration:
    from fmnist.evaluation.calibration import calibrate

    run, data = load_run(run_id), dataset()
    indices = find_validation_images(run, data)
    probabilities = predict_validation_images(run, data, indices, engine.get())
    return calibrate(evaluate_run(run, data), probabilities, data.train_labels[indices])
