"""The model for drawings: a run on the drawings, kept with the package.

    python -m fmnist drawings                   # makes the dataset
    python -m fmnist train --recipe drawings
    python -m fmnist drawing-model RUN_ID       # keeps that run

The last step chooses, on the run's validation drawings, when a prediction is not sure.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from fmnist import json_files
from fmnist.data import catalogue
from fmnist.data.samples import split_train_val
from fmnist.drawing.drawing_model import DRAWING_MODEL
from fmnist.drawing.synthetic import SLUG, shows_garment
from fmnist.engine.client import Engine
from fmnist.evaluation.uncertainty import UNCERTAINTY_FILE, choose_threshold
from fmnist.files import drafting_folder, replace_folder
from fmnist.runs.bundle import copy_anonymously
from fmnist.runs.store import Run

MAX_BYTES = 4_000_000
PACKAGED_FILES = (
    "config.json",
    "status.json",
    "history.csv",
    "environment.json",
    "results.json",
    "model.keras",
    "test_probabilities.npy",
)


def keep_drawing_model(run: Run, engine: Engine, target: Path = DRAWING_MODEL.parent) -> Path:
    """Copy a completed run on the drawings to `target`, with its threshold; returns the folder.

    The folder there before is replaced in one move, or kept when anything is wrong.

    Raises:
        ValueError: the run is not completed, was trained on other data, lacks a file or is too
            large.
        OSError: the package's folder cannot be written.
    """
    if run.damaged or run.status.status != "completed":
        state = run.damaged or run.status.status
        raise ValueError(f"{run.run_id} is not completed ({state}): choose another run.")
    if run.config.dataset != SLUG:
        raise ValueError(
            f"{run.run_id} was trained on {run.config.dataset!r}, expected {SLUG!r}: train with "
            f"--dataset {SLUG}."
        )
    absent = [name for name in PACKAGED_FILES if not run.file(name).is_file()]
    if absent:
        raise ValueError(f"{run.run_id} has no {', '.join(absent)}: choose another run.")
    uncertainty = choose_rejection_threshold(run, engine)
    with drafting_folder(target.parent) as folder:
        draft = folder / target.name
        draft.mkdir()
        for name in PACKAGED_FILES:
            copy_anonymously(run, name, draft / name)
        json_files.write_json(draft / UNCERTAINTY_FILE, uncertainty)
        size = sum(path.stat().st_size for path in draft.iterdir())
        if size > MAX_BYTES:
            raise ValueError(
                f"{run.run_id} would take {size / 1e6:.1f} MB: at most {MAX_BYTES / 1e6:.0f} MB "
                "come with the package."
            )
        replace_folder(draft, target)
    return target


def choose_rejection_threshold(run: Run, engine: Engine) -> dict[str, Any]:
    """The threshold of `fmnist.evaluation.uncertainty`, from the run's validation drawings."""
    images = catalogue.load(SLUG).train_images
    _, validation = split_train_val(len(images), run.config.validation_fraction, run.config.seed)
    probabilities = engine.predict(run.file("model.keras"), images[validation]).probabilities
    return choose_threshold(probabilities, np.array([shows_garment(int(i)) for i in validation]))
