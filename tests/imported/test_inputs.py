"""Each way of preparing images against the library that people prepare them with, and found out."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.preprocessing import StandardScaler

from fmnist.data.dataset import Dataset, load_dataset
from fmnist.imported import inspect
from fmnist.imported.inputs import CANDIDATES, Pixels, build_preparation
from fmnist.imported.inspect import find_out, wrap_model
from fmnist.runs.imported_record import ImportedModel
from tests.factories import data as data_factory

TRAIN, _ = data_factory.make_split(600, [0, 0])


def standardise_each_pixel(x: np.ndarray) -> np.ndarray:
    scaler = StandardScaler().fit(TRAIN.reshape(-1, 784).astype(float))
    return scaler.transform(x.reshape(-1, 784).astype(float)).reshape(x.shape)


AS_PEOPLE_DO = {
    "unit": lambda x: x / 255.0,
    "raw": lambda x: x.astype(float),
    "signed": lambda x: x / 127.5 - 1,
    "centred": lambda x: x / 255.0 - 0.5,
    "standardised": lambda x: (x - TRAIN.astype(float).mean()) / TRAIN.astype(float).std(),
    "pixels": standardise_each_pixel,
    "images": lambda x: tf.image.per_image_standardization(x[..., None] / 255.0).numpy()[..., 0],
    "columns": lambda x: keras.utils.normalize(x.astype(float), axis=1),
    "rows": lambda x: keras.utils.normalize(x.astype(float)),
    "lengths": lambda x: keras.utils.normalize(x.reshape(-1, 784).astype(float)).reshape(x.shape),
    "unit_inverted": lambda x: 1 - x / 255.0,
    "raw_inverted": lambda x: 255.0 - x,
    "signed_inverted": lambda x: 1 - x / 127.5,
}


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Dataset:
    """The made images; some labels are wrong, so that no way of preparing them is flawless."""
    folder = tmp_path_factory.mktemp("mislabelled")
    return load_dataset(data_factory.write_dataset(folder, mislabelled=0.15))


@pytest.fixture(scope="module")
def pixels() -> Pixels:
    return Pixels.of(TRAIN)


def test_every_way_is_compared():
    assert {*CANDIDATES} == {*AS_PEOPLE_DO}


@pytest.mark.parametrize("inputs", CANDIDATES)
def test_the_layers_do_what_people_do(pixels, inputs):
    images = np.concatenate([TRAIN[:20], np.zeros((1, 28, 28), np.uint8)])
    ours = build_preparation(inputs, pixels)(images[..., None], training=False)
    np.testing.assert_allclose(ours[..., 0], AS_PEOPLE_DO[inputs](images), atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("inputs", CANDIDATES)
def test_the_way_a_network_was_trained_is_found_out_and_kept_in_the_model(
    data, tmp_path, pixels, inputs
):
    model = train(AS_PEOPLE_DO[inputs](TRAIN), data.train_labels)
    found = find_out(model, ImportedModel("theirs.keras"), data)
    assert (found.detected_inputs, found.fits_well) == (inputs, True)
    path = tmp_path / "model.keras"
    wrap_model(model, inputs, "logits", pixels).save(path)
    plain = keras.models.load_model(path, safe_mode=True)
    test_images, _ = data_factory.make_split(200, [0, 1])
    expected = model.predict(AS_PEOPLE_DO[inputs](test_images), verbose=0)
    answers = plain.predict(test_images[..., None], verbose=0)
    assert (plain.input_shape, plain.output_shape) == ((None, 28, 28, 1), (None, 10))
    np.testing.assert_allclose(answers, keras.ops.softmax(expected), atol=2e-3)


def test_a_network_that_nothing_suits_is_pointed_out(data):
    model = train(TRAIN[:, ::-1, ::-1] / 255.0, np.roll(data.train_labels, 1))
    found = find_out(model, ImportedModel("theirs.keras"), data)
    assert not found.fits_well
    assert found.warning.startswith("No way of preparing the images suits it well")


def test_a_dataset_sorted_by_class_is_looked_at_as_a_whole(data):
    order = np.argsort(data.train_labels, kind="stable")
    kept = replace(
        data, train_images=data.train_images[order], train_labels=data.train_labels[order]
    )
    model = train(TRAIN / 127.5 - 1, data.train_labels)
    assert find_out(model, ImportedModel("theirs.keras"), kept).detected_inputs == "signed"


def train(prepared: np.ndarray, labels: np.ndarray) -> keras.Model:
    """A little network that was trained on images prepared in one way; ten logits.

    It begins with weights that suit the size of its inputs, as people see to it in other ways.
    """
    keras.utils.set_random_seed(0)
    hidden = keras.layers.Dense(32, activation="relu")
    model = keras.Sequential(
        [keras.Input((28, 28)), keras.layers.Flatten(), hidden, keras.layers.Dense(10)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(2e-3), loss)
    size = np.abs(prepared).max()
    model.fit(prepared / size, labels, batch_size=32, epochs=20, verbose=0)
    hidden.kernel.assign(hidden.kernel / size)
    return model


def test_what_is_best_by_loss_and_by_right_answers_is_it():
    """Two ways that ten answers fit: 9 right with 0.9, 1 wrong at 0.001 (loss 0.79); or 8 right and
    2 wrong by a hair, all of them unsure (loss 2.3; were they surer, it would be 0.15).
    """
    labels = np.arange(10)
    sure = np.full((10, 10), 0.1 / 9)
    np.fill_diagonal(sure, 0.9)
    sure[0] = [0.001, 0.991, *[0.001] * 8]
    unsure = np.eye(10) * 10
    unsure[0, 1], unsure[1, 2] = 10.1, 10.1
    answers = {"raw": unsure / 1000 - 1, "unit": sure / sure.sum(axis=1, keepdims=True)}
    assert inspect._choose(answers, labels) == "unit"
