"""Small Keras models as people would import them: every input, scale and output.

Their weights are those of a softmax regression on the made shapes, so that they recognise most of
them, but only from pixels in the scale that they are made for.
"""

import functools
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.factories import data as data_factory


@functools.cache
def trained_weights() -> tuple[np.ndarray, np.ndarray]:
    """Kernel (784, 10) and bias (10,) of a softmax regression from pixels in [0, 1], trained.

    Stopped early, so that it is about as sure as it is right: what a network expects is told by it.
    """
    import keras

    images, labels = data_factory.make_split(600, [0, 0])
    keras.utils.set_random_seed(0)
    layers = [keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10)]
    model = keras.Sequential(layers)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-3), loss)
    model.fit(images / 255, labels, batch_size=32, epochs=12, verbose=0)
    return tuple(model.get_weights())


def build_model(
    shape: tuple[int, ...] = (28, 28), scale: str = "unit", activation: str | None = None
) -> Any:
    """One dense layer. scale: "unit", or "raw" with the division inside the model."""
    import keras

    layers = [keras.Input(shape)]
    if scale == "raw":
        layers += [keras.layers.Rescaling(1 / 255)]
    # Nothing brighter than 1: raw pixels, noise included, all look white to it.
    layers += [keras.layers.ReLU(max_value=1.0), keras.layers.Flatten()]
    layers += [keras.layers.Dense(10, activation=activation, name="ten")]
    model = keras.Sequential(layers, name="theirs")
    kernel, bias = trained_weights()
    middle = 5.0 if activation == "sigmoid" else 0.0
    model.get_layer("ten").set_weights([kernel, bias - middle])
    return model


def save(model: Any, folder: Path, name: str = "theirs.keras") -> Path:
    path = folder / name
    model.save(path)
    return path


def read_config(path: Path) -> dict[str, Any]:
    """A file's config.json."""
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("config.json"))


def change_config(path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """Rewrite a file's config.json in place."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    change(config)
    members["config.json"] = json.dumps(config).encode()
    path.write_bytes(zip_of(members))
    return path


def zip_of(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def list_layers(model) -> list[tuple[str, str, tuple[int, ...]]]:
    """Name, kind and output shape (of one image) of a model's layers, without the input."""
    return [
        (layer.name, type(layer).__name__, layer.output.shape[1:])
        for layer in model.layers
        if type(layer).__name__ != "InputLayer"
    ]
