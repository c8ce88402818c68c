"""What a model that has not seen a training image predicts for it, to suspect labels by.

Confident learning (see `fmnist.evaluation.label_issues`) asks for predictions out of sample. So the
training images are cut into parts, and each part is classified by a model trained on the others
(k-fold cross-validation), by a recipe that is cheap.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fmnist.analysis import FILES
from fmnist.analysis.job import Job
from fmnist.config import TrainConfig
from fmnist.data.cached_arrays import read_or_compute
from fmnist.files import save_array
from fmnist.models.keras_import import import_keras
from fmnist.models.network import build_model, build_network
from fmnist.models.processor import choose_precision, computing_in
from fmnist.recipes import RECIPES
from fmnist.runs.process import TrainingError
from fmnist.training.batches import make_training_batches
from fmnist.training.scoring import SCORING_BATCH
from fmnist.training.train import compile_model

if TYPE_CHECKING:
    import keras

FILE = FILES["label-issues"]
FOLDS = 5
RECIPE = "quick"


def compute(job: Job) -> None:
    """Writes `FILE`: float32 (N, 10) by training image, each by a model not trained on it.

    The predictions of a fold are kept as soon as it is done, so that one stopped goes on there.

    Raises TrainingError where there are fewer images than folds.
    """
    from sklearn.model_selection import KFold

    labels = job.data.train_labels
    if len(labels) < FOLDS:
        raise TrainingError(f"{len(labels)} training images are too few to be cut into {FOLDS}.")
    config = replace(RECIPES[RECIPE].config, dataset=job.data.slug, seed=0)
    probabilities = np.empty((len(labels), 10), np.float32)
    folds = KFold(FOLDS, shuffle=True, random_state=0).split(labels)
    for number, (known, held_out) in enumerate(folds):
        probabilities[held_out] = read_or_compute(
            job.folder / f"fold_{number}.npy",
            (len(held_out), 10),
            lambda known=known, held_out=held_out, number=number: _classify(  # type: ignore[misc]
                job, config, known, held_out, number
            ),
        )
    save_array(job.folder / FILE, probabilities)
    for number in range(FOLDS):
        (job.folder / f"fold_{number}.npy").unlink(missing_ok=True)


def _classify(
    job: Job, config: TrainConfig, known: np.ndarray, held_out: np.ndarray, number: int
) -> np.ndarray:
    """Train on the images `known` and classify those held out: float32 (len(held_out), 10)."""
    import_keras()
    import keras

    images, labels = job.data.train_images, job.data.train_labels
    steps = math.ceil(config.epoch_images(len(known)) / config.batch_size)
    keras.utils.set_random_seed(config.seed + number)
    with computing_in(choose_precision(config.precision)):
        model = build_network(config, fast=True)
    compile_model(model, config, steps)
    total = steps * config.epochs
    model.fit(
        make_training_batches(images[known], labels[known], config),
        steps_per_epoch=steps,
        epochs=config.epochs,
        callbacks=[_watcher(job, number, total)],
        shuffle=False,
        verbose=0,
    )
    plain = build_model(config)  # float32, as a run's model is scored
    plain.set_weights(model.get_weights())
    return plain.predict(images[held_out][..., None], batch_size=SCORING_BATCH, verbose=0)


def _watcher(job: Job, number: int, steps: int) -> keras.callbacks.Callback:
    """Reports every step, and raises Stopped between two of them."""
    import keras

    class Watcher(keras.callbacks.Callback):
        def __init__(self) -> None:
            super().__init__()
            self.done = number * steps

        def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
            message = f"training model {number + 1} of {FOLDS}"
            job.report(self.done, FOLDS * steps, message)
            self.done += 1

    return Watcher()
