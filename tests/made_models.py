"""Small Keras models as people would bring them: every input, scale and output.

Their weights are those of a ridge regression on the made shapes, so that they recognise most of
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

from tests import made_data


@functools.cache
def ridge_weights() -> tuple[np.ndarray, np.ndarray]:
    """Kernel (784, 10) and bias (10,) from pixels in [0, 1] to about 0 … 1 for the true class."""
    images, labels = made_data.make_split(600, [0, 0])
    inputs = np.c_[images.reshape(-1, 784) / 255, np.ones(600)]
    weights = np.linalg.solve(inputs.T @ inputs + 10 * np.eye(785), inputs.T @ np.eye(10)[labels])
    return weights[:-1], weights[-1]


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
    kernel, bias = ridge_weights()
    middle = 0.5 if activation == "sigmoid" else 0.0
    model.get_layer("ten").set_weights([10 * kernel, 10 * (bias - middle)])
    return model


def save(model: Any, folder: Path, name: str = "theirs.keras") -> Path:
    path = folder / name
    model.save(path)
    return path


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
