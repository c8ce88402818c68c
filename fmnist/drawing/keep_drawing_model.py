"""The model for drawings: a run on the drawings, kept with the package.

    python -m fmnist drawings                   # makes the dataset
    python -m fmnist train --recipe drawings
    python -m fmnist drawing-model RUN_ID       # keeps that run; of several, the mean

The last step chooses, on the run's validation drawings, when a prediction is not sure.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fmnist import json_files
from fmnist.data import catalogue
from fmnist.data.samples import split_train_val
from fmnist.drawing.average_models import average_models
from fmnist.drawing.drawing_model import DRAWING_MODEL
from fmnist.drawing.synthetic import SLUG, shows_garment
from fmnist.engine.client import Engine
from fmnist.engine.rescore import predict_many
from fmnist.evaluation.uncertainty import UNCERTAINTY_FILE, choose_threshold
from fmnist.files import drafting_folder, replace_folder, save_array
from fmnist.runs.bundle import copy_anonymously
from fmnist.runs.store import Run
from fmnist.training.scoring import score

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


def keep_drawing_model(
    runs: Sequence[Run], engine: Engine, target: Path = DRAWING_MODEL.parent
) -> Path:
    """Copy a completed run on the drawings to `target`, with its threshold; returns the folder.

    Of several that differ in their seeds alone, the first is kept with the mean of all weights,
    scored anew. The folder there before is replaced in one move, or kept when anything is wrong.

    Raises:
        ValueError: a run is not completed, was trained on other data or in another way than the
            first, lacks a file or is too large.
        OSError: the package's folder cannot be written.
    """
    for run in runs:
        _check(run)
    run = runs[0]
    others = [one.run_id for one in runs if set(one.config.differences(run.config)) - {"seed"}]
    if others:
        raise ValueError(
            f"{others[0]} was trained with other settings than {run.run_id}: only runs that differ "
            "in their seeds are averaged."
        )
    with drafting_folder(target.parent) as folder:
        draft = folder / target.name
        draft.mkdir()
        for name in PACKAGED_FILES:
            copy_anonymously(run, name, draft / name)
        if len(runs) > 1:
            _average(runs, engine, draft)
        uncertainty = choose_rejection_threshold(run, draft / "model.keras", engine)
        json_files.write_json(draft / UNCERTAINTY_FILE, uncertainty)
        size = sum(path.stat().st_size for path in draft.iterdir())
        if size > MAX_BYTES:
            raise ValueError(
                f"{run.run_id} would take {size / 1e6:.1f} MB: at most {MAX_BYTES / 1e6:.0f} MB "
                "come with the package."
            )
        replace_folder(draft, target)
    return target


def _check(run: Run) -> None:
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


def _average(runs: Sequence[Run], engine: Engine, draft: Path) -> None:
    """The first run's model, predictions and scores become those of the mean of all weights."""
    model = draft / "model.keras"
    average_models([run.file("model.keras") for run in runs], model)
    data = catalogue.load(SLUG)
    probabilities = predict_many(engine, model, data.test_images)
    save_array(draft / "test_probabilities.npy", probabilities)
    results = json_files.read_json(draft / "results.json")
    results |= score(probabilities, data.test_labels)
    json_files.write_json(draft / "results.json", results)
    environment = json_files.read_json(draft / "environment.json")
    environment["averaged_seeds"] = [run.config.seed for run in runs]
    json_files.write_json(draft / "environment.json", environment)


def choose_rejection_threshold(run: Run, model: Path, engine: Engine) -> dict[str, Any]:
    """The threshold of `fmnist.evaluation.uncertainty` for a model, from the validation drawings of
    a run.
    """
    images = catalogue.load(SLUG).train_images
    _, validation = split_train_val(len(images), run.config.validation_fraction, run.config.seed)
    probabilities = predict_many(engine, model, images[validation])
    return choose_threshold(probabilities, np.array([shows_garment(int(i)) for i in validation]))
