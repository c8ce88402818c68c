"""The images that a run was validated on, which nothing but its choice of an epoch has seen."""

from __future__ import annotations

import numpy as np

from fmnist.data.dataset import Dataset
from fmnist.data.samples import split_train_val
from fmnist.runs import outputs
from fmnist.runs.store import START_FILE, Run


def why_no_validation(run: Run, data: Dataset) -> str:
    """Why no images are known that the run's model was validated on, in one sentence; "" where
    they are.
    """
    if run.imported_model:
        return "It was trained elsewhere, so nobody here knows which images it has not seen."
    if run.fine_tuned:
        return "Its last layer was fine-tuned on drawings; no images of garments were held back."
    if run.file(START_FILE).is_file():
        return "It began with the weights of another model, which may have seen these images."
    if outputs.read_fingerprint(run) not in ("", data.fingerprint):
        return "It was trained on other data than this, and so were its validation images."
    return ""


def find_validation_images(run: Run, data: Dataset) -> np.ndarray:
    """Indices, int64, into `data`'s training images; as its training drew them."""
    config = run.config
    count = len(data.train_labels)
    return split_train_val(count, config.validation_fraction, config.seed)[1]
