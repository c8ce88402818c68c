"""Files of Keras 3 and of Keras 2, `.keras` and `.h5`, opened; what cannot be is told in one line.

Files of Keras 2 are made from those of Keras 3, by saying the same as Keras 2 says it. Where the
folder of real files is at hand, one of Keras 2.15 is tried too (see test_cases_models.py).
"""

import io
import json
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from fmnist.imported.archive_check import WEIGHTS
from fmnist.imported.config_check import ModelRefused
from fmnist.imported.open_model import open_model, telling_line
from tests.factories import models as model_factory

MODULES = {"keras.initializers", "keras.layers", "keras"}


def build(kind: str) -> keras.Model:
    keras.utils.set_random_seed(3)
    image = keras.Input((28, 28, 1))
    if kind == "dense":
        model = keras.Sequential(
            [keras.Input((28, 28)), layers.Flatten(), layers.Dropout(0.5), layers.Dense(10)]
        )
    elif kind == "graph":
        x = layers.Conv2D(4, 3, padding="same", activation="relu")(image)
        y = layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same")(x))
        x = layers.GlobalAveragePooling2D()(layers.Add()([x, y]))
        model = keras.Model(image, layers.Dense(10, activation="softmax")(x))
    elif kind == "nested":
        inner = keras.Sequential([keras.Input((28, 28)), layers.Flatten(), layers.Dense(10)])
        inner.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        model = keras.Sequential([keras.Input((28, 28)), inner, layers.Softmax()])
    elif kind == "recurrent":
        both = layers.Bidirectional(layers.GRU(4))
        model = keras.Sequential([keras.Input((28, 28)), layers.LSTM(6, return_sequences=True)])
        model.add(both)
        model.add(layers.Dense(10))
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if "float" in str(weight.dtype):
            weight.assign(rng.uniform(0.1, 1, weight.shape))
    return model


def as_keras_2(value, *, has_modules: bool):
    """A config in the words of Keras 2: plain dtypes, other shapes' names, lists as nodes."""
    if isinstance(value, list):
        return [as_keras_2(inner, has_modules=has_modules) for inner in value]
    if not isinstance(value, dict):
        return value
    if value.get("class_name") == "DTypePolicy":
        return value["config"]["name"]
    if value.get("class_name") == "__keras_tensor__":
        return value["config"]["keras_history"]
    renamed = {"batch_shape": "batch_input_shape"}
    told = {
        renamed.get(key, key): as_keras_2(inner, has_modules=has_modules)
        for key, inner in value.items()
        if key not in ("quantization_config", "optional", "registered_name", "seed_generator")
    }
    if "inbound_nodes" in told:
        told["inbound_nodes"] = [
            [[*tensor, {}] for tensor in flatten_tensors(node["args"])]
            for node in told["inbound_nodes"]
        ]
    if "class_name" in told:
        told["registered_name"] = None
        if told["class_name"] == "Functional":
            told["module"] = "keras.src.engine.functional"
        if not has_modules:
            for key in ("module", "registered_name", "build_config"):
                told.pop(key, None)
    return told


def flatten_tensors(value) -> list:
    is_tensor = len(value) == 3 and isinstance(value[0], str)
    return (
        [value] if is_tensor else [tensor for inner in value for tensor in flatten_tensors(inner)]
    )


def save(model: keras.Model, folder: Path, kind: str) -> Path:
    """kind: "keras 3", "h5 of keras 3", "keras 2" or "h5 of keras 2"."""
    path = folder / ("theirs.h5" if kind.startswith("h5") else "theirs.keras")
    model.save(path)
    if kind == "keras 2":
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        members["config.json"] = json.dumps(
            as_keras_2(json.loads(members["config.json"]), has_modules=True)
        ).encode()
        members["metadata.json"] = json.dumps({"keras_version": "2.15.0"}).encode()
        members[WEIGHTS] = without_seeds(members[WEIGHTS])
        path.write_bytes(model_factory.zip_of(members))
    if kind == "h5 of keras 2":
        with h5py.File(path, "a") as file:
            config = json.loads(file.attrs["model_config"])
            file.attrs["model_config"] = json.dumps(as_keras_2(config, has_modules=False))
            file.attrs["keras_version"] = "2.4.0"
    return path


def without_seeds(weights: bytes) -> bytes:
    """Keras 2 keeps no states of random generators."""
    buffer = io.BytesIO(weights)
    with h5py.File(buffer, "a") as file:
        found = []
        file.visit(lambda name: found.append(name) if name.endswith("seed_generator") else None)
        for name in found:
            del file[name]
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["keras 3", "h5 of keras 3", "keras 2", "h5 of keras 2"])
@pytest.mark.parametrize("network", ["dense", "graph", "nested", "recurrent"])
def test_a_file_gives_the_network_that_was_saved(tmp_path, network, kind):
    model = build(network)
    path = save(model, tmp_path, kind)
    opened = open_model(path, path.name, tmp_path)
    images = np.random.default_rng(1).uniform(0, 1, (3, *model.inputs[0].shape[1:]))
    np.testing.assert_allclose(
        opened.predict(images, verbose=0), model.predict(images, verbose=0), atol=1e-5
    )


def test_weights_alone_are_told(tmp_path):
    model = build("dense")
    for name in ("x.weights.h5", "y.weights.h5"):
        model.save_weights(tmp_path / name)
        with pytest.raises(ModelRefused, match=rf"^{name} holds only weights, without their net"):
            open_model(tmp_path / name, name, tmp_path)


def test_a_network_of_another_size_than_its_weights_is_told(tmp_path):
    path = model_factory.save(build("dense"), tmp_path)

    def widen(config):
        config["config"]["layers"][-1]["config"]["units"] = 20

    model_factory.change_config(path, widen)
    with pytest.raises(ModelRefused, match="its network needs 15,700 weights, and the file says"):
        open_model(path, path.name, tmp_path)


def test_what_keras_2_has_and_keras_3_has_not_is_told_with_the_way_that_works(tmp_path):
    for kind, way in (
        ("keras 2", "save it as .h5 where it was"),
        ("h5 of keras 2", "load the wei"),
    ):
        path = save(build("dense"), tmp_path, kind)
        change = {"class_name": "ThresholdedReLU", "config": {"name": "old", "theta": 1.0}}
        if kind == "keras 2":
            change["module"] = "keras.layers"
            model_factory.change_config(path, lambda c, it=change: c["config"]["layers"].append(it))
        else:
            with h5py.File(path, "a") as file:
                config = json.loads(file.attrs["model_config"])
                config["config"]["layers"].append(change)
                file.attrs["model_config"] = json.dumps(config)
        with pytest.raises(ModelRefused) as caught:
            open_model(path, path.name, tmp_path)
        message = str(caught.value)
        assert "cannot be opened by Keras 3" in message
        assert "ThresholdedReLU" in message
        assert "Keras 2." in message
        assert way in message
        assert "\n" not in message


def test_weights_in_a_file_of_keras_2_that_lie_otherwise_are_not_guessed(tmp_path):
    path = save(build("dense"), tmp_path, "keras 2")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    buffer = io.BytesIO(members[WEIGHTS])
    with h5py.File(buffer, "a") as file:
        file.move("layers/dense", "layers/other")
    members[WEIGHTS] = buffer.getvalue()
    path.write_bytes(model_factory.zip_of(members))
    with pytest.raises(ModelRefused, match=r"no weights for its layer .* Keras 2\.15\.0 wrote it"):
        open_model(path, path.name, tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One line", "One line."),
        ("", "ValueError."),
        ("Only this:", "Only this."),
        (
            (
                "A total of 1 objects could not be loaded. Example error message for <Dense>:\n\n"
                "Layer 'ten' expected 1 variables, but received 0 variables during loading.\n\n"
                "List of objects that could not be loaded:\n[<Dense>]"
            ),
            "Layer 'ten' expected 1 variables, but received 0 variables during loading.",
        ),
        (
            (
                "Error when deserializing class 'GRU' using config={'a': 1}.\n\n"
                "Exception encountered: Unrecognized keyword arguments: {'time': False}"
            ),
            "Unrecognized keyword arguments: {'time': False}.",
        ),
    ],
)
def test_the_telling_line_of_keras_is_taken(text, expected):
    assert telling_line(ValueError(text)) == expected
