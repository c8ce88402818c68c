"""Fine-tuning runs: made one at a time from a copy of all corrections, listed, undone.

The fine-tuning itself is a process of its own.
"""

from __future__ import annotations

import contextlib

import filelock

from fmnist.config import ConfigError, TrainConfig
from fmnist.drawing import drawing_model
from fmnist.drawing.corrections import read_corrections, to_json
from fmnist.json_files import read_json
from fmnist.runs import settings, store
from fmnist.runs.fine_tuned_record import FineTuned
from fmnist.runs.store import Run

NAME = "fine-tuned"
USUAL_SECONDS = 30.0  # on two cores with nothing else to do
_LOCK_TIMEOUT = 10.0  # seconds


def create_fine_tuning(dataset: str, owner: str = "") -> Run:
    """A new run folder with a copy of all corrections, with no process yet.

    dataset: the short name of the one whose photographs are drawn for rehearsal and scored.

    Raises:
        ConfigError: there is no correction, no model for drawings, or a fine-tuning is under way.
        CorrectionError: the corrections cannot be read.
        RunsFolderError: the runs folder cannot be written.
    """
    corrections = read_corrections().corrections
    if not corrections:
        raise ConfigError("There is no correction to train on: keep one on the Draw page first.")
    if not drawing_model.DRAWING_MODEL.is_file():
        raise ConfigError(
            f"There is no model for drawings at {drawing_model.DRAWING_MODEL}: "
            "take it from the package."
        )
    in_use = settings.read_drawing_run()
    fine_tuned = FineTuned(len(corrections), before=in_use)
    folder = store.runs_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder / ".teaching.lock", timeout=_LOCK_TIMEOUT):
            if any(run.is_live for run in list_fine_tuned()):
                raise ConfigError("A fine-tuning is under way: wait until it ends, or stop it.")
            return store.create_fine_tuning_run(
                make_config(dataset), fine_tuned, to_json(corrections), owner
            )
    except (OSError, filelock.Timeout) as error:
        raise store.RunsFolderError(
            f"The runs folder {folder} cannot be written ({error}): allow writing there."
        ) from error


def list_fine_tuned() -> list[Run]:
    """All fine-tuning runs, newest first."""
    return [run for run in store.list_runs() if run.fine_tuned]


def estimate_seconds() -> float:
    """How long a fine-tuning takes: as long as the last one did here, or else as elsewhere."""
    for run in list_fine_tuned():
        began, ended = run.status.started_at, run.status.finished_at
        if run.status.status == "completed" and began and ended and ended > began:
            return ended - began
    return USUAL_SECONDS


def find_before(run_id: str) -> str:
    """What was used for drawings before this fine-tuned run: another one's id, or "" for the model
    that comes with the Lab, also where that other one is gone.
    """
    with contextlib.suppress(store.RunNotFound):
        fine_tuned = store.load_run(run_id).fine_tuned
        before = fine_tuned.before if fine_tuned else ""
        if before and before != run_id and store.load_run(before).has_scores:
            return before
    return ""


def make_config(dataset: str) -> TrainConfig:
    """The network of the model for drawings, and how its last layer is trained."""
    try:
        path = drawing_model.DRAWING_MODEL.with_name("config.json")
        config = TrainConfig.from_json(read_json(path))
    except (OSError, ValueError):
        config = TrainConfig()  # a model alone can be fine-tuned as well
    return config.replace(
        name=NAME,
        dataset=dataset,
        epochs=40,  # many small steps: few large ones forget more for the same corrections
        batch_size=128,
        learning_rate=0.002,
        schedule="constant",
        optimizer="adam",
        weight_decay=0.0,
        label_smoothing=0.0,
        weight_averaging=False,
        augmentation="none",
        augmented_copies=0,
        early_stopping_patience=0,
        keep="last",
        seed=0,
    )
