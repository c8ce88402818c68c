"""The model for drawings learns what people corrected.

The last layer of the model that comes with the Lab is trained on the corrections, each augmented;
all layers before it stay as they are. Other drawings are the rehearsal set: their targets are the
model's own predictions, so that it is pulled away from them only as far as the corrections
ask (Li and Hoiem 2016, "Learning without Forgetting", https://arxiv.org/abs/1606.09282).
It always starts from the Lab's model and trains on all corrections, so that one which is removed
is forgotten, and so that what is held out was never trained on.
"""

from __future__ import annotations

import hashlib
import time
from typing import Any

import numpy as np
from msgspec.structs import replace

from fmnist import json_files
from fmnist.data import catalogue
from fmnist.data.cached_arrays import read_or_compute
from fmnist.data.dataset import Dataset, cache_dir
from fmnist.drawing import drawing_model
from fmnist.drawing.corrections import CorrectionError, from_json
from fmnist.drawing.fine_tuning_data import (
    augment_correction,
    count_variants,
    make_fine_tuning_data,
)
from fmnist.drawing.head import HeadTrainer, SplitModel, load_split_model
from fmnist.evaluation.uncertainty import UNCERTAINTY_FILE, choose_threshold
from fmnist.files import save_array
from fmnist.models.keras_import import import_keras
from fmnist.runs import store
from fmnist.runs.fine_tuned_record import Comparison
from fmnist.runs.process import TrainingError, ending_on_stop, record_failure
from fmnist.training.environment import describe_environment
from fmnist.training.scoring import best_epoch, compute_probabilities, score, write_model

FOLDS = 5  # of the cross-validation
MIN_FOR_CROSS_VALIDATION = 4  # corrections; fewer are not cross-validated


def fine_tune(run: store.Run) -> dict[str, Any]:
    """Fine-tune on the corrections in a run's folder, and score the model as any other.

    Writes `model.keras`, `doubt.json`, `taught.json` (what was gained and lost), `history.csv`,
    `batches.csv`, `environment.json`, `test_probabilities.npy` and `results.json`, and leaves the
    run completed or failed.

    Returns:
        `results.json`.

    Raises:
        DatasetError: there is no data.
        TrainingError: there is nothing to train on, or anything else went wrong.
    """
    with record_failure(run.run_dir):
        store.claim_run(run.run_dir)
        with ending_on_stop(run.run_dir) as set_message:
            results = _fine_tune(run, set_message)
        store.write_status(run.run_dir, status="completed", finished_at=time.time(), message="")
    return results


def _fine_tune(run: store.Run, set_message: Any) -> dict[str, Any]:
    began = time.perf_counter()
    try:
        corrections = from_json(run.file(store.CORRECTIONS_FILE).read_bytes())
    except CorrectionError as error:
        raise TrainingError(f"{store.CORRECTIONS_FILE} is damaged: {error}") from error
    if not corrections:
        raise TrainingError("There is no correction to train on: keep one first.")
    dataset = catalogue.load(run.config.dataset)
    import_keras()
    import keras

    from fmnist.training.callbacks import RunReporter

    set_message("drawing the training images")
    assert run.fine_tuned
    drawings = make_fine_tuning_data(dataset)
    count = count_variants(len(corrections))
    variants = np.concatenate([augment_correction(one, count) for one in corrections])
    labels = np.array([one.label for one in corrections], np.uint8)
    images = np.stack([one.image for one in corrections])

    set_message("training the last layer")
    config = run.config
    keras.utils.set_random_seed(config.seed)
    split_model = load_split_model(drawing_model.DRAWING_MODEL)
    trainer = HeadTrainer(split_model, config, drawings, variants, labels)
    before = {
        "corrections": split_model.predict(images),
        "drawings": split_model.predict(drawings.held_out),
        "photographs": _predict_test_images(split_model, dataset),
    }
    reporter = RunReporter(run.run_dir, trainer.length, config.batch_size)
    try:
        trainer.fit(np.ones(len(labels), bool), [reporter], trainer.validation)
    finally:
        reporter.close()
    seconds = time.perf_counter() - began
    write_model(split_model.model, run.file("model.keras"))
    json_files.write_json(
        run.file("environment.json"),
        {
            "parameters": split_model.model.count_params(),
            "seed": config.seed,
            "precision": "float32",
            **describe_environment(dataset),
        },
    )
    set_message("comparing it with the model before")
    uncertainty = choose_threshold(split_model.predict(drawings.validation), drawings.shows_garment)
    json_files.write_json(run.file(UNCERTAINTY_FILE), uncertainty)
    on_corrections = _compare(labels, before["corrections"], split_model.predict(images))
    drawn = _compare(
        drawings.held_out_labels, before["drawings"], split_model.predict(drawings.held_out)
    )
    set_message("cross-validating")
    cross_validated = None
    if len(labels) >= MIN_FOR_CROSS_VALIDATION:
        cross_validated = _compare(labels, before["corrections"], _cross_validate(trainer, images))

    set_message("scoring")
    probabilities = compute_probabilities(run.file("model.keras"), dataset.test_images)
    save_array(run.file("test_probabilities.npy"), probabilities)
    photographs = _compare(dataset.test_labels, before["photographs"], probabilities)
    fine_tuned = replace(
        run.fine_tuned,
        started_from=_hash_model(),
        on_corrections=on_corrections,
        cross_validated=cross_validated,
        drawings=drawn,
        photographs=photographs,
    )
    json_files.write_json(run.file("taught.json"), fine_tuned.to_json())
    results = {
        **score(probabilities, dataset.test_labels),
        **best_epoch(run.run_dir),
        "seconds": round(seconds, 2),
        "train_images": trainer.length,
    }
    json_files.write_json(run.file("results.json"), results)
    return results


def _predict_test_images(split_model: SplitModel, dataset: Dataset) -> np.ndarray:
    """What the model that comes with the Lab says, cached: it is the same in every fine-tuning."""
    images = dataset.test_images
    return read_or_compute(
        cache_dir() / "lessons" / f"{dataset.fingerprint}-{_hash_model()}.npy",
        (len(images), 10),
        lambda: split_model.predict(images),
    )


def _hash_model() -> str:
    """Of the model that comes with the Lab."""
    return hashlib.sha256(drawing_model.DRAWING_MODEL.read_bytes()).hexdigest()[:16]


def _cross_validate(trainer: HeadTrainer, images: np.ndarray) -> np.ndarray:
    """Each correction's probabilities by a head that was trained on the other folds alone."""
    part = np.arange(len(images)) % FOLDS
    probabilities = np.empty((len(images), 10), np.float32)
    for number in range(min(FOLDS, len(images))):
        trainer.fit(part != number)
        probabilities[part == number] = trainer.split_model.predict(images[part == number])
    return probabilities


def _compare(labels: np.ndarray, before: np.ndarray, after: np.ndarray) -> Comparison:
    """Of probabilities (N, 10) given to the same images before and after."""
    was_right, is_right = before.argmax(axis=1) == labels, after.argmax(axis=1) == labels
    return Comparison(
        len(labels),
        int(was_right.sum()),
        int((~was_right & is_right).sum()),
        int((was_right & ~is_right).sum()),
    )
