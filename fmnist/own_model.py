"""A model that was trained elsewhere becomes a run: `python -m fmnist.own_model`.

    python -m fmnist.own_model FILE [--name NAME] [--inputs auto|raw|unit]
                               [--outputs auto|probabilities|logits]
                               [--dataset SLUG] [--runs-dir DIR]
    python -m fmnist.own_model RUN_DIR

The `.keras` file is looked into before Keras opens it: it is never asked to run code, and a file
that needs some is refused. What its input and output mean is found out from training images; then
it is wrapped into a model like any other run's, and scored on the test set.

Exit code 0: done. 1: the model cannot be used. 2: bad input. One line on stderr says why.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import psutil

from fmnist import catalogue, json_files, runs
from fmnist.command_line import Parser
from fmnist.config import ConfigError
from fmnist.dataset import STANDARD, Dataset
from fmnist.environment import describe_environment
from fmnist.keras_file import ModelRefused, check_archive
from fmnist.keras_import import import_keras
from fmnist.own_model_record import INPUTS, OUTPUTS, OwnModel
from fmnist.process import choose_runs_dir, first_line, recording_failure, run_command
from fmnist.train import (
    SCORING_BATCH,
    compute_probabilities,
    save_array,
    score,
    write_model,
)
from fmnist.train_command import ensure_dataset

if TYPE_CHECKING:
    import keras
    import numpy as np

CHECKED_IMAGES = 2000  # training images that tell what the input means
MAX_MEMORY = 4e9  # bytes of this process
INPUT_SHAPES = ((28, 28, 1), (28, 28), (784,))  # of one image

_SUM_TOLERANCE = 1e-3
_ABOUT_THE_SAME = 0.05  # between two accuracies
_SMALLEST = 1e-7  # added to scores: ten zeros say nothing of any class
_LOOK_EVERY = 0.2  # seconds


# -- what it expects and what it answers ----------------------------------------------------------


def load_model(path: Path, name: str) -> keras.Model:
    """The model in a checked file; one image in, ten numbers out.

    Raises:
        ModelRefused: Keras cannot open it, or it has other inputs or outputs.
    """
    import_keras()
    import keras

    with _explained(f"{name} cannot be opened by Keras {keras.__version__}"):
        model = keras.models.load_model(path, compile=False, safe_mode=True)
        inputs, outputs = model.inputs, model.outputs
    for what, tensors in (("inputs", inputs), ("outputs", outputs)):
        if len(tensors) != 1:
            raise ModelRefused(
                f"{name} has {len(tensors)} {what}: a model here takes one image and gives one "
                "answer."
            )
    if _image_shape(inputs[0].shape) is None:
        raise ModelRefused(
            f"{name} takes inputs of shape {_words(inputs[0].shape)}: expected (28, 28, 1), "
            "(28, 28) or (784) for each image."
        )
    if tuple(outputs[0].shape[1:]) != (10,):
        raise ModelRefused(
            f"{name} answers each image with shape {_words(outputs[0].shape)}: expected ten "
            "numbers (10), one for each class."
        )
    return model


def _image_shape(shape: tuple[int | None, ...]) -> tuple[int, ...] | None:
    """The shape of one image that fits (batch, …), where None fits every size."""
    for wanted in INPUT_SHAPES:
        sizes = shape[1:]
        if len(sizes) == len(wanted) and all(
            have in (None, want) for have, want in zip(sizes, wanted, strict=True)
        ):
            return wanted
    return None


def _words(shape: tuple[int | None, ...]) -> str:
    return f"({', '.join('any' if size is None else str(size) for size in shape[1:])})"


@contextlib.contextmanager
def _explained(what: str) -> Iterator[None]:
    """Turn what Keras and TensorFlow raise for a model they cannot handle into one sentence."""
    import tensorflow as tf

    try:
        yield
    except (
        *(ValueError, TypeError, KeyError, AttributeError, IndexError),
        *(RuntimeError, OSError, tf.errors.OpError),
    ) as error:
        if isinstance(error, ModelRefused):
            raise
        raise ModelRefused(f"{what}: {first_line(error)}") from error


def find_out(model: keras.Model, own_model: OwnModel, dataset: Dataset) -> OwnModel:
    """What the model expects and answers, from the first training images.

    The input is raw (0 to 255) or unit (0 to 1), whichever more images are recognised with; where
    that is about the same, as for many networks of ReLUs, whichever has the lower loss. The output
    is probabilities when all lie in 0 to 1 and each row sums to 1; positive numbers that do not
    are scores; all others are logits. What the person says goes first.

    Raises:
        ModelRefused: it cannot be run, its answers are not numbers, or are no probabilities
            although the person says so.
    """
    import numpy as np

    name = own_model.file_name
    images = dataset.train_images[:CHECKED_IMAGES]
    labels = dataset.train_labels[:CHECKED_IMAGES]
    answers = {}
    with _explained(f"{name} cannot be run on this computer"):
        for inputs in ("raw", "unit"):
            plain = wrap_model(model, inputs, "")
            answers[inputs] = plain.predict(images[..., None], batch_size=SCORING_BATCH, verbose=0)
    scores = {inputs: _score(given, labels) for inputs, given in answers.items()}
    raw, unit = scores["raw"], scores["unit"]
    if abs(raw["test_accuracy"] - unit["test_accuracy"]) > _ABOUT_THE_SAME:
        is_raw = raw["test_accuracy"] > unit["test_accuracy"]
    else:
        is_raw = raw["test_loss"] < unit["test_loss"]
    found_inputs = "raw" if is_raw else "unit"
    used_inputs = found_inputs if own_model.inputs == "auto" else own_model.inputs
    given = answers[used_inputs]
    if not np.isfinite(given).all():
        raise ModelRefused(f"{name} gives answers that are not numbers: its training diverged.")
    found_outputs = _recognise(given)
    if own_model.outputs == "auto":
        used_outputs = found_outputs
    elif own_model.outputs == "logits":
        used_outputs = "logits"
    elif found_outputs == "logits":
        raise ModelRefused(
            f"{name} gives no probabilities: one of its answers is {given.min():.3g}, below 0. "
            "Say that its outputs are logits."
        )
    else:
        used_outputs = found_outputs
    return replace(
        own_model,
        input_shape=_image_shape(model.inputs[0].shape),
        found_inputs=found_inputs,
        found_outputs=found_outputs,
        used_inputs=used_inputs,
        used_outputs=used_outputs,
        accuracy_raw=raw["test_accuracy"],
        accuracy_unit=unit["test_accuracy"],
        loss_raw=raw["test_loss"],
        loss_unit=unit["test_loss"],
        checked_images=len(labels),
    )


def _score(answers: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Accuracy and loss of a model's own answers, whatever they are."""
    import numpy as np

    answers = np.nan_to_num(answers.astype(np.float64))
    if _recognise(answers) == "logits":
        answers = np.exp(answers - answers.max(axis=1, keepdims=True))
    answers = answers + _SMALLEST
    return score(answers / answers.sum(axis=1, keepdims=True), labels)


def _recognise(answers: np.ndarray) -> str:
    if answers.min() < 0:
        return "logits"
    sums = answers.sum(axis=1)
    return "probabilities" if (abs(sums - 1) <= _SUM_TOLERANCE).all() else "scores"


def wrap_model(model: keras.Model, inputs: str, outputs: str) -> keras.Model:
    """A model from images (None, 28, 28, 1), 0 to 255, to ten float32 numbers.

    They are probabilities when `outputs` says what the model itself gives ("probabilities",
    "scores" or "logits"), and what the model itself gives when it is "". Only Keras's own layers
    and operations are added: the file opens with `safe_mode` wherever Keras is.
    """
    import keras
    from keras import layers

    images = keras.Input((28, 28, 1), name="image")
    x = layers.Rescaling(1 / 255, name="zero_to_one")(images) if inputs == "unit" else images
    shape = _image_shape(model.inputs[0].shape)
    if shape != (28, 28, 1):
        x = layers.Reshape(shape, name="as_it_expects")(x)
    if not isinstance(model, keras.Sequential):  # its one input may stand in a list or a dict
        x = keras.tree.pack_sequence_as(model.input, [x])
    (x,) = keras.tree.flatten(model(x))
    if outputs == "logits":
        x = layers.Softmax(dtype="float32", name="probabilities")(x)
    else:
        x = layers.Activation("linear", dtype="float32", name="answers")(x)
    if outputs in ("probabilities", "scores"):
        x = x + _SMALLEST
        x = x / keras.ops.sum(x, axis=-1, keepdims=True)
    return keras.Model(images, x, name="own_model")


# -- a run ----------------------------------------------------------------------------------------


def check_and_score(run: runs.Run) -> dict[str, Any]:
    """Check a brought model, wrap it, and score it once on the whole test set.

    Writes the run's `model.keras`, `own_model.json`, `environment.json`,
    `test_probabilities.npy` and `results.json`, and leaves it completed or failed.

    Returns:
        `results.json`, and `seconds` that it all took.

    Raises:
        DatasetError: there is no data.
        TrainingError: the model cannot be used (`ModelRefused`), or anything else went wrong.
    """
    began = time.perf_counter()
    with recording_failure(run):
        runs.claim_run(run.run_dir)
        with watched(run.run_dir) as say:
            results = _check_and_score(run, say)
        runs.write_status(run.run_dir, status="completed", finished_at=time.time(), message="")
    return {**results, "seconds": round(time.perf_counter() - began, 2)}


def _check_and_score(run: runs.Run, say: Any) -> dict[str, Any]:
    name, brought = run.own_model.file_name, run.file(runs.BROUGHT_FILE)
    check_archive(brought, name)
    dataset = catalogue.load(run.config.dataset)
    import numpy as np

    model = load_model(brought, name)
    say("finding out what it expects")
    own_model = find_out(model, run.own_model, dataset)
    write_model(
        wrap_model(model, own_model.used_inputs, own_model.used_outputs), run.file("model.keras")
    )
    environment = {"parameters": model.count_params(), **describe_environment(dataset)}
    json_files.write_json(run.file("environment.json"), environment)
    say("scoring")
    probabilities = compute_probabilities(run.file("model.keras"), dataset.test_images)
    if not np.isfinite(probabilities).all():
        raise ModelRefused(f"{name} gives answers that are not numbers: its training diverged.")
    save_array(run.file("test_probabilities.npy"), probabilities)
    results = score(probabilities, dataset.test_labels)
    json_files.write_json(run.file("results.json"), results)
    json_files.write_json(run.file("own_model.json"), own_model.to_json())
    return results


@contextlib.contextmanager
def watched(run_dir: Path) -> Iterator[Any]:
    """End this process when somebody asks for it, or when the model eats the computer's memory.

    One call of Keras may take minutes and gigabytes, and cannot be interrupted. Yields a function
    that puts a message into the status.
    """
    over, writing = threading.Event(), threading.Lock()

    def say(message: str) -> None:
        with writing:
            runs.write_status(run_dir, heartbeat_at=time.time(), message=message)

    def watch() -> None:
        while not over.wait(_LOOK_EVERY):
            if runs.is_stop_requested(run_dir):
                leave("stopped", "Stopped before it was scored.")
            if psutil.Process().memory_info().rss > MAX_MEMORY:
                leave(
                    "failed",
                    f"The model needs more than {MAX_MEMORY / 1e9:.0f} GB of memory: bring a "
                    "smaller one.",
                )

    def leave(status: str, message: str) -> NoReturn:
        with writing, contextlib.suppress(OSError, ValueError):
            runs.write_status(
                run_dir, status=status, started_at=None, finished_at=time.time(), message=message
            )
            print(message, file=sys.stderr, flush=True)
            os._exit(1)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield say
    finally:
        over.set()
        watcher.join()


# -- command line ---------------------------------------------------------------------------------


def open_run(run_dir: Path) -> runs.Run:
    """The run in a folder that the app made for a brought model.

    Raises:
        ConfigError: it is no such folder, it is done, or another process has taken it.
    """
    run = runs.read_run(run_dir.resolve())
    if run.damaged or run.own_model is None:
        reason = run.damaged or "it has no own_model.json"
        raise ConfigError(f"{run_dir} is not the folder of a brought model: {reason}.")
    if not run.is_live:
        raise ConfigError(f"{run_dir} is {run.status.status}: bring the file again instead.")
    if run.status.pid not in (None, os.getpid()):
        raise ConfigError(f"{run_dir} is being checked by process {run.status.pid} already.")
    return run


def build_parser() -> Parser:
    parser = Parser(
        prog="python -m fmnist.own_model",
        description="Make a run of a model that was trained elsewhere: check it, find out what it "
        "expects, score it on the test set. The last line of the output is JSON.",
    )
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="a .keras file, or a run folder that the app made"
    )
    parser.add_argument("--name", metavar="NAME", help="shown in lists (default: the file's name)")
    parser.add_argument(
        "--inputs", choices=INPUTS, help="what its pixels are: raw 0 to 255, unit 0 to 1"
    )
    parser.add_argument("--outputs", choices=OUTPUTS, help="what its ten answers are")
    parser.add_argument(
        "--dataset",
        default=STANDARD,
        metavar="SLUG",
        help="what it is scored on (default: %(default)s)",
    )
    parser.add_argument(
        "--runs-dir", type=Path, metavar="DIR", help="where runs live (default: FMNIST_RUNS_DIR)"
    )
    return parser


def _create_run(options: argparse.Namespace) -> runs.Run:
    """A run of the file that the command line names."""
    path: Path = options.file
    if not path.is_file():
        raise ConfigError(f"There is no file {path}.")
    check_archive(path, path.name)
    ensure_dataset(sys.stderr, options.dataset)
    choose_runs_dir(options.runs_dir)
    own_model = OwnModel(path.name, options.inputs or "auto", options.outputs or "auto")
    name = path.stem[:60] if options.name is None else options.name
    return runs.create_own_model_run(name, own_model, path.read_bytes(), options.dataset)


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    is_new = not options.file.is_dir()

    def open_or_create() -> runs.Run:
        if is_new:
            return _create_run(options)
        defaults = vars(parser.parse_args(["FILE"])) | {"file": options.file}
        others = [name for name, value in vars(options).items() if value != defaults[name]]
        if others:
            parser.error(f"RUN_DIR has its own settings: leave out --{others[0].replace('_', '-')}")
        return open_run(options.file)

    def work(run: runs.Run, screen: TextIO | None) -> dict[str, Any]:
        results = check_and_score(run)
        if screen:
            found = runs.read_run(run.run_dir).own_model.summary
            print(f"Found: {found}", file=screen, flush=True)
        return results

    return run_command(open_or_create, work, is_new=is_new)


if __name__ == "__main__":
    sys.exit(main())
