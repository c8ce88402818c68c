"""The model for drawings learns what people corrected: `python -m fmnist.teach`.

    python -m fmnist.teach [--dataset SLUG] [--runs-dir DIR]
    python -m fmnist.teach RUN_DIR

The last layer of the model that comes with the Lab learns the corrections, each redrawn by many
hands; all layers before it stay as they are. What it says of other drawings is rehearsed meanwhile:
their targets are the model's own answers, so that it is pulled away from them only as far as the
corrections ask (Li and Hoiem 2016, "Learning without Forgetting", https://arxiv.org/abs/1606.09282).
It always starts from the Lab's model and learns all corrections, so that one which is removed is
forgotten, and so that what is kept apart was never seen.

Exit code 0: done. 1: it could not be taught. 2: bad input. One line on stderr says why.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec.structs import replace

from fmnist import catalogue, drawings, json_files, predict, runs, sketch, templates
from fmnist.command_line import Parser
from fmnist.config import ConfigError, TrainConfig
from fmnist.corrections import Correction, CorrectionError, from_json
from fmnist.dataset import STANDARD, Dataset, cache_dir
from fmnist.doubt import DOUBT_FILE, choose_threshold
from fmnist.drawings import bend_picture, draw_again, make_drawings, shows_garment
from fmnist.environment import describe_environment
from fmnist.files import replacing_file, save_array
from fmnist.keras_import import import_keras
from fmnist.process import choose_runs_dir, recording_failure, run_command, watched
from fmnist.sketch import INK_ABOVE, ink_to_image
from fmnist.strokes import render
from fmnist.taught_record import Comparison
from fmnist.teaching import create_teaching
from fmnist.train import (
    SCORING_BATCH,
    TrainingError,
    best_epoch,
    compute_probabilities,
    score,
    write_model,
)
from fmnist.train_command import ensure_dataset

if TYPE_CHECKING:
    import keras

REHEARSED, VALIDATED, UNTOUCHED = 1000, 400, 500  # drawings made from photographs
MOST_VARIANTS, FEWEST_VARIANTS, ALL_VARIANTS = 24, 2, 1200  # of a correction; of all of them
CORRECTED_WEIGHT = 0.2  # of all corrections, as a share of what is rehearsed
FOLDS = 5  # parts of the corrections, of which each is kept apart once
FEWEST_APART = 4  # corrections; of fewer, none is kept apart
SEED = 3  # of the drawings; those of the dataset of drawings have 1 and 2


# -- what is learnt -------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Lessons:
    """Drawings made from a dataset's photographs; images are uint8 (N, 28, 28)."""

    rehearsed: np.ndarray  # from training photographs, nonsense among them
    validated: np.ndarray  # from others of them, nonsense among them
    validated_labels: np.ndarray
    shows_garment: np.ndarray  # bool (VALIDATED,)
    untouched: np.ndarray  # from test photographs, never learnt and never chosen by
    untouched_labels: np.ndarray


def make_lessons(dataset: Dataset) -> Lessons:
    """The same for the same dataset; kept in the cache, for they take seconds to draw, until the
    code that draws them changes.
    """
    sources = (__file__, drawings.__file__, sketch.__file__, templates.__file__)
    code = hashlib.sha256(b"".join(Path(source).read_bytes() for source in sources)).hexdigest()
    kept = cache_dir() / "lessons" / f"{dataset.fingerprint}-{code[:16]}.npz"
    with (
        contextlib.suppress(OSError, ValueError, EOFError, TypeError, zipfile.BadZipFile),
        np.load(kept, allow_pickle=False) as arrays,
    ):
        return Lessons(**arrays)
    rng = np.random.default_rng(SEED)
    chosen = rng.permutation(len(dataset.train_labels))[: REHEARSED + VALIDATED]
    tested = rng.permutation(len(dataset.test_labels))[:UNTOUCHED]
    made = make_drawings(dataset.train_images[chosen], dataset.train_labels[chosen], SEED)
    split = max(1, round(len(chosen) * REHEARSED / (REHEARSED + VALIDATED)))
    lessons = Lessons(
        rehearsed=made[:split],
        validated=made[split:],
        validated_labels=dataset.train_labels[chosen[split:]],
        shows_garment=np.array([shows_garment(i, SEED) for i in range(split, len(chosen))]),
        untouched=make_drawings(
            dataset.test_images[tested], dataset.test_labels[tested], SEED + 1, nonsense=0
        ),
        untouched_labels=dataset.test_labels[tested],
    )
    with contextlib.suppress(OSError):  # a cache that cannot be written costs time, nothing else
        kept.parent.mkdir(parents=True, exist_ok=True)
        with replacing_file(kept, ".npz") as draft:
            np.savez(draft, **vars(lessons))
    return lessons


def make_variants(correction: Correction, count: int) -> np.ndarray:
    """What a correction shows, as it is, mirrored, and bent by other hands: uint8 (count, 28, 28).

    Its strokes get gaps and doubled lines and pens of other widths; a picture is bent alone.
    """
    rng = np.random.default_rng(int(correction.key, 16))
    image = correction.image
    variants = [image, image[:, ::-1]]
    ink = render(correction.drawing) > INK_ABOVE if correction.drawing else None
    while len(variants) < count:
        if ink is None or not ink.any():
            variants.append(bend_picture(image, rng))
        else:
            again = draw_again(ink, rng)
            variants.append(ink_to_image(again if again.any() else ink))
    return np.stack(variants[:count])


# -- who learns -----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Pupil:
    """A loaded model, and its last layer with weights apart from what comes before.

    `look` gives that layer's inputs, float32 (N, features), for images; `answer` the network's ten
    probabilities for those. Where the model averages its network's answers to several views of an
    image, both are about one view.
    """

    model: keras.Model
    look: keras.Model
    answer: keras.Model
    head: keras.layers.Dense

    def see(self, images: np.ndarray) -> np.ndarray:
        """The head's inputs, float32 (N, F), for images uint8 (N, 28, 28)."""
        return self.look.predict(images[..., None], batch_size=SCORING_BATCH, verbose=0)

    def recognise(self, images: np.ndarray) -> np.ndarray:
        """The whole model's probabilities, float32 (N, 10), for images uint8 (N, 28, 28)."""
        return self.model.predict(images[..., None], batch_size=SCORING_BATCH, verbose=0)


def load_pupil(path: Path) -> Pupil:
    """The model of a file that this project wrote.

    Raises TrainingError when its last layer is no Dense of ten.
    """
    import keras

    model = keras.models.load_model(path, compile=False, safe_mode=True)
    network = model
    while True:
        inner = [layer for layer in network.layers if layer.weights]
        if len(inner) != 1 or not isinstance(inner[0], keras.Model):
            break
        network = inner[0]
    head = inner[-1] if inner else None
    if not isinstance(head, keras.layers.Dense) or head.units != 10:
        raise TrainingError(
            f"{path.name} cannot be taught: its last layer with weights is no dense layer of ten. "
            "Use the model for drawings that comes with the Lab."
        )
    look = keras.Model(network.inputs, head.input)
    return Pupil(model, look, keras.Model(head.input, network.outputs), head)


# -- a teaching -----------------------------------------------------------------------------------


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


class _Course:
    """What the head learns, seen once by the layers before it: features, targets and weights."""

    def __init__(
        self,
        pupil: Pupil,
        config: TrainConfig,
        lessons: Lessons,
        variants: np.ndarray,
        labels: np.ndarray,
    ) -> None:
        """variants: uint8 (N × V, 28, 28) of corrections with these labels (N,), one by one."""
        import keras

        self.pupil, self._config = pupil, config
        self._rehearsed = pupil.see(lessons.rehearsed)
        self._rehearsed_targets = pupil.answer.predict(self._rehearsed, verbose=0)
        self._variants = pupil.see(variants)
        self._numbers = np.repeat(np.arange(len(labels)), len(variants) // len(labels))
        self._targets = np.eye(10, dtype=np.float32)[labels][self._numbers]
        shown = lessons.shows_garment
        self.validation = (
            pupil.see(lessons.validated[shown]),
            np.eye(10, dtype=np.float32)[lessons.validated_labels[shown]],
        )
        self.length = len(self._rehearsed) + len(self._variants)
        optimizer = keras.optimizers.Adam(config.learning_rate)
        pupil.answer.compile(optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
        optimizer.build(pupil.answer.trainable_variables)
        self._variables = [*pupil.head.weights, *optimizer.variables]
        self._values_before = [variable.numpy() for variable in self._variables]

    def learn(self, are_learnt: np.ndarray, callbacks: Sequence[Any] = (), validation=None) -> None:
        """Teach the head anew, from its weights before: bool (N,), which corrections."""
        chosen = are_learnt[self._numbers]
        rehearsed, corrected = len(self._rehearsed), int(chosen.sum())
        weights = np.ones(rehearsed + corrected, np.float32)
        weights[rehearsed:] = CORRECTED_WEIGHT * rehearsed / corrected
        answer, config = self.pupil.answer, self._config
        for variable, value in zip(self._variables, self._values_before, strict=True):
            variable.assign(value)
        answer.fit(
            np.concatenate([self._rehearsed, self._variants[chosen]]),
            np.concatenate([self._rehearsed_targets, self._targets[chosen]]),
            sample_weight=weights,
            validation_data=validation,
            epochs=config.epochs,
            batch_size=config.batch_size,
            callbacks=list(callbacks),
            verbose=0,
        )


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


# -- command line ---------------------------------------------------------------------------------


def open_run(run_dir: Path) -> runs.Run:
    """The run in a folder that the app made for a teaching.

    Raises:
        ConfigError: it is no such folder, it is done, or another process has taken it.
    """
    run = runs.reconcile_run(run_dir.resolve())
    if run.damaged or run.taught is None:
        reason = run.damaged or "it has no taught.json"
        raise ConfigError(f"{run_dir} is not the folder of a teaching: {reason}.")
    if not run.is_live or run.status.pid not in (None, os.getpid()):
        raise ConfigError(f"{run_dir} has been begun already: teach again instead.")
    return run


def build_parser() -> Parser:
    parser = Parser(
        prog="python -m fmnist.teach",
        description="Teach the model for drawings the corrections that were kept on the Draw page. "
        "The last line of the output is JSON.",
    )
    parser.add_argument(
        "run_dir", nargs="?", type=Path, metavar="RUN_DIR", help="a folder that the app made"
    )
    parser.add_argument(
        "--dataset",
        metavar="SLUG",
        help=f"whose photographs are rehearsed and scored (default: {STANDARD})",
    )
    parser.add_argument(
        "--runs-dir", type=Path, metavar="DIR", help="where runs live (default: FMNIST_RUNS_DIR)"
    )
    return parser


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = build_parser()
    options = parser.parse_args(arguments)

    def open_or_create() -> runs.Run:
        if options.run_dir:
            if options.dataset or options.runs_dir:
                parser.error("RUN_DIR has its own settings: leave out the others")
            return open_run(options.run_dir)
        choose_runs_dir(options.runs_dir)
        slug = options.dataset or STANDARD
        ensure_dataset(sys.stderr, slug)
        try:
            return create_teaching(slug)
        except CorrectionError as error:
            raise ConfigError(str(error)) from error

    return run_command(
        open_or_create,
        lambda run, _: teach(run),
        is_new=not options.run_dir,
        module="fmnist.teach",
    )


if __name__ == "__main__":
    sys.exit(main())
