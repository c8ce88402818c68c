"""A checked model file becomes a Keras model: its config is built, its weights are put in.

What Keras 2 wrote is taken over where that is certain: the same layers, and every array of the file
in the place that its name and its shape say.
"""

from __future__ import annotations

import contextlib
import copy
import math
import re
import shutil
import textwrap
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fmnist.imported.archive_check import (
    MAX_WEIGHT_BYTES,
    WEIGHTS,
    check_kind,
    is_hdf5,
    parse_json,
    read_archive,
)
from fmnist.imported.config_check import ModelRefused, read_model_config
from fmnist.imported.weights_check import Declared, check_weights, open_weights, read_texts

if TYPE_CHECKING:
    import h5py
    import keras
    import numpy as np

_LONGEST_REASON = 200  # characters of what Keras says
_INNER_LAYERS = ("cell", "forward_layer", "backward_layer", "layer")  # of layers around layers


class OutOfMemory(ModelRefused):
    """A model that needs more memory than it is given."""


def open_model(path: Path, name: str, scratch: Path) -> keras.Model:
    """The network in a `.keras` or `.h5` file, not compiled.

    name: what the person calls the file. scratch: a folder for a copy of its weights.

    Raises:
        ModelRefused: it is no whole model of bounded size made of Keras's own parts, or Keras
            cannot build it.
    """
    check_kind(path, name)
    if is_hdf5(path):
        weights = scratch / "whole.h5"  # Keras goes by the ending
        shutil.copyfile(path, weights)
        with open_weights(weights, name) as file:
            declared = check_weights(file, name)
            text, version = read_texts(file)
        if text is None:
            raise ModelRefused(
                f"{name} holds only weights, without their network: load them into the network "
                "where you built it, save the whole with model.save('model.keras'), and import "
                "that file."
            )
        config = parse_json(text, "its model_config", name)
        config = read_model_config(config, name, is_legacy=True)
    else:
        archive = read_archive(path, name)
        config, version = archive.config, archive.keras_version
        weights = scratch / WEIGHTS
        with zipfile.ZipFile(path) as file, file.open(WEIGHTS) as source, weights.open("wb") as to:
            shutil.copyfileobj(source, to)
        with open_weights(weights, name) as file:
            declared = check_weights(file, name)
    is_keras_2 = version.startswith(("1.", "2."))
    with explained(f"{name} cannot be opened by {_keras_name()}", _advise(path, version)):
        _require_fitting(config, declared, name)
        model = _build(config)
        if is_keras_2 and not is_hdf5(path):
            with open_weights(weights, name) as file:
                _assign_keras_2(model, file, declared)
        else:
            model.load_weights(weights)
    return model


def _keras_name() -> str:
    import keras

    return f"Keras {keras.__version__}"


def _advise(path: Path, version: str) -> str:
    """What to do with a file of Keras 2 that cannot be taken over; nothing for other files."""
    if not version.startswith(("1.", "2.")):
        return ""
    way = (
        "build the same network with Keras 3 (TensorFlow 2.16 or later), load the weights of this "
        "file into it"
        if is_hdf5(path)
        else "save it as .h5 where it was trained, load that with TensorFlow 2.16 or later"
    )
    return (
        f" Keras {version} wrote it: {way}, and import what model.save('model.keras') writes there."
    )


@contextlib.contextmanager
def explained(what: str, advice: str = "") -> Iterator[None]:
    """Turn what Keras and TensorFlow raise for a model they cannot handle into a sentence.

    Raises:
        ModelRefused: `what`, the line of theirs that tells most, and `advice`.
        OutOfMemory: where it was memory that was missing.
    """
    import tensorflow as tf

    try:
        yield
    except ModelRefused:
        raise
    except (MemoryError, tf.errors.ResourceExhaustedError) as error:
        raise OutOfMemory(what) from error
    except (
        *(ValueError, TypeError, KeyError, AttributeError, IndexError, NotImplementedError),
        *(RuntimeError, OSError, AssertionError, OverflowError, tf.errors.OpError),
    ) as error:
        raise ModelRefused(f"{what}: {telling_line(error)}{advice}") from error


def telling_line(error: Exception) -> str:
    """The one line of Keras's pages that names the trouble; it never ends with a colon."""
    text = str(error).strip()
    text = text.rsplit("Exception encountered:", 1)[-1]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = next((line for line in lines if not line.endswith((":", "["))), "")
    if not telling:
        telling = lines[0].rstrip(":[ ") if lines else type(error).__name__
    shortened = textwrap.shorten(telling, _LONGEST_REASON, placeholder=" …")
    return shortened if shortened.endswith((".", "!", "?", "…")) else shortened + "."


def _build(config: dict[str, Any]) -> keras.Model:
    import keras

    # Keras takes apart what it reads, so it gets a copy.
    model = keras.saving.deserialize_keras_object(copy.deepcopy(config), safe_mode=True)
    if not isinstance(model, keras.Model):
        raise ModelRefused("The file describes no network.")
    return model


def _require_fitting(config: dict[str, Any], declared: Declared, name: str) -> None:
    """Refuse a network whose own sizes are not those that its file declares.

    It is built once without any memory for its weights, so that a config of a few bytes that asks
    for gigabytes costs nothing.
    """
    import keras

    with keras.StatelessScope(initialize_variables=False):
        weights = _build(config).weights
    floats = [weight for weight in weights if "float" in str(weight.dtype)]
    numbers = sum(math.prod(weight.shape) for weight in floats)
    size = sum(math.prod(weight.shape) * 4 for weight in weights)
    if size > MAX_WEIGHT_BYTES:
        raise ModelRefused(
            f"{name} describes a network whose weights take {size / 1e6:,.0f} MB; the limit is "
            f"{MAX_WEIGHT_BYTES / 1e6:,.0f} MB. Import a smaller model."
        )
    if weights and numbers != declared.numbers:
        raise ModelRefused(
            f"{name} contradicts itself: its network needs {numbers:,} weights, and the file "
            f"says that it holds {declared.numbers:,}. Save the model again."
        )


# -- weights of Keras 2 ---------------------------------------------------------------------------


def _assign_keras_2(model: keras.Model, file: h5py.File, declared: Declared) -> None:
    """Put the weights of a `.keras` file of Keras 2 into the same network built by Keras 3.

    Raises:
        ValueError: they are not certainly those of this network.
    """
    assigned = _assign_layers(model, file)
    if assigned != declared.numbers:
        raise ValueError("Its weights are not in the order that Keras 3 expects")


def _assign_layers(model: keras.Model, group: h5py.Group) -> int:
    """Returns how many numbers found their place."""
    used: Counter[str] = Counter()
    assigned = 0
    for layer in model.layers:
        kind = _to_snake_case(type(layer).__name__)
        place = f"layers/{kind}_{used[kind]}" if used[kind] else f"layers/{kind}"
        used[kind] += 1
        if not layer.weights:
            continue
        if place not in group:
            raise ValueError(f"It has no weights for its layer “{layer.name[:60]}”")
        if hasattr(layer, "layers"):
            assigned += _assign_layers(layer, group[place])
            continue
        arrays = _collect_arrays(group[place])
        shapes = [tuple(weight.shape) for weight in layer.weights]
        if [array.shape for array in arrays] != shapes:
            raise ValueError(f"The weights of its layer “{layer.name[:60]}” have different shapes")
        layer.set_weights(arrays)
        assigned += sum(array.size for array in arrays)
    return assigned


def _collect_arrays(group: h5py.Group) -> list[np.ndarray]:
    """The arrays of one layer, and of the layers in it, in Keras's order."""
    variables = group.get("vars", {})
    arrays = [variables[number][()] for number in sorted(variables, key=int)]
    for inner in _INNER_LAYERS:
        arrays += _collect_arrays(group[inner]) if inner in group else []
    return arrays


def _to_snake_case(name: str) -> str:
    """What Keras calls the group of a class: Conv2D is conv2d, BatchNormalization has a bar."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
