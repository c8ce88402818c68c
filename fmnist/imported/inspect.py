"""What an imported model expects and what it puts out, found out from training images.

Then it is wrapped into a model like any other run's.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace
from scipy.special import log_softmax, logsumexp, softmax

from fmnist.data.dataset import Dataset
from fmnist.imported.config_check import ModelRefused
from fmnist.imported.inputs import CANDIDATES, Pixels, build_preparation, prepare
from fmnist.imported.open_model import explained, open_model
from fmnist.runs.imported_record import ImportedModel
from fmnist.training.scoring import SCORING_BATCH, score

if TYPE_CHECKING:
    import keras

CHECKED_IMAGES = 500  # training images that tell what the input means
INPUT_SHAPES = ((28, 28, 1), (28, 28), (784,), (28, 28, 3), (1, 28, 28))  # of one image

_SUM_TOLERANCE = 1e-3
_FLAWLESS = 0.01  # nats
_SURENESS = np.geomspace(0.001, 100, 51)  # by what logarithms of probabilities are multiplied
_SMALLEST = 1e-7  # added to scores: ten zeros say nothing of any class


def load_model(path: Path, name: str, scratch: Path) -> keras.Model:
    """The model in a file; one image in, ten numbers out.

    Raises:
        ModelRefused: it cannot be opened (see `open_model`), or has other inputs or outputs.
    """
    model = open_model(path, name, scratch)
    with explained(f"{name} has no fixed inputs and outputs"):
        inputs, outputs = model.inputs, model.outputs
    for what, tensors in (("inputs", inputs), ("outputs", outputs)):
        if len(tensors) != 1:
            raise ModelRefused(
                f"{name} has {len(tensors)} {what}: a model here takes one image and gives one "
                "answer."
            )
    if not _image_shape(inputs[0].shape):
        raise ModelRefused(
            f"{name} expects inputs of shape {_words(inputs[0].shape)}: expected (28, 28, 1), "
            "(28, 28), (784), (28, 28, 3) or (1, 28, 28) for each image."
        )
    if tuple(outputs[0].shape[1:]) != (10,):
        raise ModelRefused(
            f"{name} returns an output of shape {_words(outputs[0].shape)} for each image: "
            "expected ten numbers (10), one for each class."
        )
    return model


def _image_shape(shape: tuple[int | None, ...]) -> tuple[int, ...]:
    """The shape of one image that fits (batch, …), where None fits every size, or ()."""
    for wanted in INPUT_SHAPES:
        sizes = shape[1:]
        if len(sizes) == len(wanted) and all(
            have in (None, want) for have, want in zip(sizes, wanted, strict=True)
        ):
            return wanted
    return ()


def _words(shape: tuple[int | None, ...]) -> str:
    return f"({', '.join('any' if size is None else str(size) for size in shape[1:])})"


def find_out(
    model: keras.Model,
    imported_model: ImportedModel,
    dataset: Dataset,
    report: Callable[[float], None] = lambda fraction: None,
) -> ImportedModel:
    """What the model expects and puts out, from training images.

    The input is the one of `CANDIDATES` with which the outputs fit the labels best, however sure
    they are of themselves: values that are merely larger make many networks surer, and the loss
    alone would praise them for it. Among those that fit as well, as for many networks of ReLUs, it
    is the one with the lowest loss, or the most usual one where none makes a mistake. The output is
    probabilities when all lie in 0 to 1 and each row sums to 1; positive numbers that do not are
    scores; all others are logits. What the person says goes first. `report` is told how much of
    this is done, from 0 to 1.

    Raises:
        ModelRefused: it cannot be run, its outputs are not numbers, or are no probabilities
            although the person says so.
    """
    name = imported_model.file_name
    count = min(CHECKED_IMAGES, len(dataset.train_labels))
    # Spread over all of them: a dataset may be sorted by class.
    chosen = np.linspace(0, len(dataset.train_labels) - 1, count).astype(int)
    images, labels = dataset.train_images[chosen][..., None], dataset.train_labels[chosen]
    pixels = Pixels.of(dataset.train_images)
    answers = {}
    with explained(f"{name} cannot be run on this computer"):
        core = _after_preparation(model)
        for number, inputs in enumerate(CANDIDATES):
            prepared = build_preparation(inputs, pixels)(images, training=False)
            answers[inputs] = core.predict(prepared, batch_size=SCORING_BATCH, verbose=0)
            report((number + 1) / len(CANDIDATES))
    scores = {inputs: score(_as_probabilities(a), labels) for inputs, a in answers.items()}
    detected_inputs = _choose(answers, labels)
    effective_inputs = detected_inputs if imported_model.inputs == "auto" else imported_model.inputs
    given = answers[effective_inputs]
    if not np.isfinite(given).all():
        raise ModelRefused(
            f"{name} returns outputs that are not numbers: its training diverged. Train it again "
            "with a lower learning rate."
        )
    detected_outputs = _recognise(given)
    if imported_model.outputs == "probabilities" and detected_outputs == "logits":
        raise ModelRefused(
            f"{name} does not return probabilities: one of its outputs is {given.min():.3g}, below "
            "0. Say that its outputs are logits."
        )
    return replace(
        imported_model,
        input_shape=_image_shape(model.inputs[0].shape),
        detected_inputs=detected_inputs,
        detected_outputs=detected_outputs,
        effective_inputs=effective_inputs,
        effective_outputs="logits" if imported_model.outputs == "logits" else detected_outputs,
        accuracies={inputs: each["test_accuracy"] for inputs, each in scores.items()},
        losses={inputs: each["test_loss"] for inputs, each in scores.items()},
        checked_images=count,
    )


def _choose(answers: dict[str, np.ndarray], labels: np.ndarray) -> str:
    """The name under which the outputs fit best, see `find_out`."""
    logs = {inputs: _as_logarithms(given) for inputs, given in answers.items()}
    losses = {inputs: [_loss(log * by, labels) for by in _SURENESS] for inputs, log in logs.items()}
    best = min(min(each) for each in losses.values())
    as_good = [inputs for inputs, each in losses.items() if min(each) < best * 1.03 + 0.002]
    if best < _FLAWLESS:  # the surest is no better then
        return as_good[0]
    right = {inputs: int((log.argmax(axis=1) == labels).sum()) for inputs, log in logs.items()}
    surest = min(logs, key=lambda inputs: _loss(logs[inputs], labels))
    if right[surest] == max(right.values()):  # best by both
        return surest
    return min(as_good, key=lambda inputs: _loss(logs[inputs], labels))


def _loss(logits: np.ndarray, labels: np.ndarray) -> float:
    return float((logsumexp(logits, axis=1) - logits[np.arange(len(labels)), labels]).mean())


def _as_logarithms(answers: np.ndarray) -> np.ndarray:
    """Those of a model's probabilities; of logits, exactly, however sure they are."""
    if _recognise(answers) != "logits":
        return np.log(_as_probabilities(answers))
    return log_softmax(np.nan_to_num(answers.astype(np.float64)), axis=1)


def _as_probabilities(answers: np.ndarray) -> np.ndarray:
    """A model's own outputs, whatever they are, as float64 (N, 10) whose rows sum to 1."""
    answers = np.nan_to_num(answers.astype(np.float64))
    if _recognise(answers) == "logits":
        answers = softmax(answers, axis=1)
    answers = answers + _SMALLEST
    return answers / answers.sum(axis=1, keepdims=True)


def _recognise(answers: np.ndarray) -> str:
    if answers.min() < 0:
        return "logits"
    sums = answers.sum(axis=1)
    return "probabilities" if (abs(sums - 1) <= _SUM_TOLERANCE).all() else "scores"


# -- wrapping -------------------------------------------------------------------------------------


def wrap_model(model: keras.Model, inputs: str, outputs: str, pixels: Pixels) -> keras.Model:
    """A model from images (None, 28, 28, 1), 0 to 255, to ten float32 probabilities.

    inputs, outputs: what the model itself expects (one of `CANDIDATES`) and gives ("probabilities",
    "scores" or "logits"). Only Keras's own layers and operations are added: the file opens with
    `safe_mode` wherever Keras is.
    """
    import keras
    from keras import layers

    images = keras.Input((28, 28, 1), name="image")
    x = _apply(model, prepare(images, inputs, pixels))
    if outputs == "logits":
        x = layers.Softmax(dtype="float32", name="probabilities")(x)
    else:
        x = layers.Activation("linear", dtype="float32", name="answers")(x)
        x = x + _SMALLEST
        x = x / keras.ops.sum(x, axis=-1, keepdims=True)
    return keras.Model(images, x, name="own_model")


def _after_preparation(model: keras.Model) -> keras.Model:
    """The model from prepared images (None, 28, 28, 1) to its own outputs as float32 (None, 10)."""
    import keras

    images = keras.Input((28, 28, 1), name="image")
    answers = keras.layers.Activation("linear", dtype="float32")(_apply(model, images))
    return keras.Model(images, answers)


def _apply(model: keras.Model, images: keras.KerasTensor) -> keras.KerasTensor:
    """What the model makes of prepared images in the shape that it takes them."""
    import keras
    from keras import layers

    x = images
    shape = _image_shape(model.inputs[0].shape)
    if shape[-1] == 3:
        x = layers.Concatenate(name="grey_as_colours")([x, x, x])
    elif shape != (28, 28, 1):
        x = layers.Reshape(shape, name="as_it_expects")(x)
    if not isinstance(model, keras.Sequential):  # its one input may stand in a list or a dict
        x = keras.tree.pack_sequence_as(model.input, [x])
    (x,) = keras.tree.flatten(model(x))
    return x
