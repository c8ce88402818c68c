"""The model for drawings learns what people corrected.

The last layer of the model that comes with the Lab learns the corrections, each redrawn by many
hands; all layers before it stay as they are. What it says of other drawings is rehearsed meanwhile:
their targets are the model's own answers, so that it is pulled away from them only as far as the
corrections ask (Li and Hoiem 2016, "Learning without Forgetting", https://arxiv.org/abs/1606.09282).
It always starts from the Lab's model and learns all corrections, so that one which is removed is
forgotten, and so that what is kept apart was never seen.
"""

from __future__ import annotations

import hashlib
import time
from typing import Any

import numpy as np
from msgspec.structs import replace

from fmnist import catalogue, json_files, predict, runs
from fmnist.corrections import CorrectionError, from_json
from fmnist.doubt import DOUBT_FILE, choose_threshold
from fmnist.environment import describe_environment
from fmnist.files import save_array
from fmnist.head import _Course, load_pupil
from fmnist.keras_import import import_keras
from fmnist.lessons import (
    ALL_VARIANTS,
    FEWEST_VARIANTS,
    MOST_VARIANTS,
    make_lessons,
    make_variants,
)
from fmnist.process import TrainingError, recording_failure, watched
from fmnist.scoring import best_epoch, compute_probabilities, score, write_model
from fmnist.taught_record import Comparison

FOLDS = 5  # parts of the corrections, of which each is kept apart once
FEWEST_APART = 4  # corrections; of fewer, none is kept apart


def teach(run: runs.Run) -> dict[str, Any]:
    """Teach the corrections in a run's folder, and score the taught model as any other.

    Writes `model.keras`, `doubt.json`, `taught.json` (what was gained and lost), `history.csv`,
    `batches.csv`, `environment.json`, `test_probabilities.npy` and `results.json`, and leaves the
    run completed or failed.

    Returns:
        `results.json`.

    Raises:
        DatasetError: there is no data.
        TrainingError: there is nothing to learn, or anything else went wrong.
    """
    with recording_failure(run):
        runs.claim_run(run.run_dir)
        with watched(run.run_dir) as say:
            results = _teach(run, say)
        runs.write_status(run.run_dir, status="completed", finished_at=time.time(), message="")
    return results


def _teach(run: runs.Run, say: Any) -> dict[str, Any]:
    began = time.perf_counter()
    try:
        corrections = from_json(run.file(runs.CORRECTIONS_FILE).read_bytes())
    except CorrectionError as error:
        raise TrainingError(f"{runs.CORRECTIONS_FILE} is damaged: {error}") from error
    if not corrections:
        raise TrainingError("There is no correction to learn: keep one first.")
    dataset = catalogue.load(run.config.dataset)
    import_keras()
    import keras

    from fmnist.callbacks import RunReporter

    say("drawing what is to be learnt")
    assert run.taught
    lessons = make_lessons(dataset)
    count = min(MOST_VARIANTS, max(FEWEST_VARIANTS, ALL_VARIANTS // len(corrections)))
    variants = np.concatenate([make_variants(one, count) for one in corrections])
    labels = np.array([one.label for one in corrections], np.uint8)
    images = np.stack([one.image for one in corrections])

    say("learning")
    config = run.config
    keras.utils.set_random_seed(config.seed)
    pupil = load_pupil(predict.DRAWING_MODEL)
    course = _Course(pupil, config, lessons, variants, labels)
    before = {
        "learnt": pupil.recognise(images),
        "drawings": pupil.recognise(lessons.untouched),
        "photographs": pupil.recognise(dataset.test_images),
    }
    reporter = RunReporter(run.run_dir, course.length, config.batch_size)
    try:
        course.learn(np.ones(len(labels), bool), [reporter], course.validation)
    finally:
        reporter.close()
    seconds = time.perf_counter() - began
    write_model(pupil.model, run.file("model.keras"))
    json_files.write_json(
        run.file("environment.json"),
        {
            "parameters": pupil.model.count_params(),
            "seed": config.seed,
            "precision": "float32",
            **describe_environment(dataset),
        },
    )
    say("comparing it with the model before")
    doubt = choose_threshold(pupil.recognise(lessons.validated), lessons.shows_garment)
    json_files.write_json(run.file(DOUBT_FILE), doubt)
    learnt = _compare(labels, before["learnt"], pupil.recognise(images))
    drawn = _compare(
        lessons.untouched_labels, before["drawings"], pupil.recognise(lessons.untouched)
    )
    say("trying it on corrections kept apart")
    kept_apart = None
    if len(labels) >= FEWEST_APART:
        kept_apart = _compare(labels, before["learnt"], _answer_kept_apart(course, images))

    say("scoring")
    probabilities = compute_probabilities(run.file("model.keras"), dataset.test_images)
    save_array(run.file("test_probabilities.npy"), probabilities)
    photographs = _compare(dataset.test_labels, before["photographs"], probabilities)
    taught = replace(
        run.taught,
        taught_from=hashlib.sha256(predict.DRAWING_MODEL.read_bytes()).hexdigest()[:16],
        learnt=learnt,
        kept_apart=kept_apart,
        drawings=drawn,
        photographs=photographs,
    )
    json_files.write_json(run.file("taught.json"), taught.to_json())
    results = {
        **score(probabilities, dataset.test_labels),
        **best_epoch(run.run_dir),
        "seconds": round(seconds, 2),
        "train_images": course.length,
    }
    json_files.write_json(run.file("results.json"), results)
    return results


def _answer_kept_apart(course: _Course, images: np.ndarray) -> np.ndarray:
    """Each correction's probabilities by a head that learnt only those of the other parts."""
    part = np.arange(len(images)) % FOLDS
    probabilities = np.empty((len(images), 10), np.float32)
    for number in range(min(FOLDS, len(images))):
        course.learn(part != number)
        probabilities[part == number] = course.pupil.recognise(images[part == number])
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
