"""A model from elsewhere: opened, found out, wrapped, scored; and every network that is refused."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import keras
import numpy as np
import psutil
import pytest
import tensorflow as tf
from scipy.special import expit, softmax
from sklearn.metrics import log_loss

from fmnist.data import catalogue
from fmnist.data.dataset import load_dataset
from fmnist.imported import score
from fmnist.imported.config_check import ModelRefused
from fmnist.runs import outputs, store
from fmnist.runs.imported_record import ImportedModel
from tests.factories import data as data_factory
from tests.factories import models as model_factory


def import_file(path: Path, **said: str) -> store.Run:
    """A run of a file, not checked yet."""
    return store.create_import_run("Theirs", ImportedModel(path.name, **said), path.read_bytes())


def check_and_score(run: store.Run, report=lambda what, fraction: None) -> dict[str, float]:
    """In this process; how the command goes about it is tested in test_check.py."""
    with tempfile.TemporaryDirectory() as scratch:
        return score.score_import(run, Path(scratch), report)


def expected_predictions(activation: str | None) -> np.ndarray:
    """What `model_factory.build_model` says of the made test images, in NumPy alone."""
    images, _ = data_factory.make_split(200, [0, 1])
    kernel, bias = model_factory.trained_weights()
    logits = images.reshape(-1, 784) / 255 @ kernel + bias
    if activation == "sigmoid":
        chances = expit(logits - 5)
        return chances / chances.sum(axis=1, keepdims=True)
    return softmax(logits, axis=1)


# -- finding out ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "scale", "activation", "kind"),
    [
        ((28, 28, 1), "unit", None, "logits"),
        ((28, 28), "raw", "softmax", "probabilities"),
        ((784,), "unit", "sigmoid", "scores"),
        ((784,), "raw", None, "logits"),
        ((28, 28), "unit", "softmax", "probabilities"),
    ],
)
def test_shape_scale_and_output_are_found_out(lab, tmp_path, shape, scale, activation, kind):
    model = model_factory.build_model(shape, scale, activation)
    run = import_file(model_factory.save(model, tmp_path))
    results = check_and_score(run)
    run = store.load_run(run.run_id)
    found = run.imported_model
    assert (found.detected_inputs, found.effective_inputs) == (scale, scale)
    assert (found.detected_outputs, found.effective_outputs) == (kind, kind)
    assert found.input_shape == shape
    assert found.checked_images == 500
    assert found.fits_well
    other = {"raw": "unit", "unit": "raw"}[scale]
    assert found.accuracies[scale] > 0.9 > found.accuracies[other]
    expected = expected_predictions(activation)
    probabilities = outputs.read_probabilities(run)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities, expected, atol=1e-4)
    labels = load_dataset().test_labels
    assert results["test_accuracy"] == (expected.argmax(axis=1) == labels).mean()
    assert outputs.read_results(run)["test_accuracy"] == results["test_accuracy"]
    environment = outputs.read_environment(run)
    assert environment["parameters"] == 7850
    assert environment["dataset_fingerprint"] == load_dataset().fingerprint
    assert not {"seed", "precision"} & environment.keys(), "nobody knows those of its training"


@pytest.mark.parametrize("scale", ["unit", "raw"])
def test_a_network_that_is_as_right_in_either_scale_is_told_by_its_loss(
    lab, tmp_path, monkeypatch, scale
):
    # Without a bias, a factor before the softmax changes no answer, only the confidence.
    folder = data_factory.write_dataset(tmp_path / "mislabelled", mislabelled=0.1)
    monkeypatch.setenv("FMNIST_DATA_DIR", str(folder))
    kernel, _ = model_factory.trained_weights()
    flatten, ten = keras.layers.Flatten(), keras.layers.Dense(10, use_bias=False)
    model = network(flatten, ten)
    ten.set_weights([kernel if scale == "unit" else kernel / 255])
    check_and_score(run := import_file(model_factory.save(model, tmp_path)))
    found = store.load_run(run.run_id).imported_model
    assert found.detected_inputs == scale
    assert found.accuracies["raw"] == pytest.approx(found.accuracies["unit"], abs=0.01)
    data, chosen = load_dataset(), np.linspace(0, 599, 500).astype(int)
    logits = data.train_images[chosen].reshape(-1, 784) / 255 @ kernel
    expected = log_loss(data.train_labels[chosen], softmax(logits, axis=1))
    assert found.losses[scale] == pytest.approx(expected, abs=1e-3)


def test_the_wrapped_model_opens_where_this_project_is_not_installed(lab, tmp_path):
    run = import_file(
        model_factory.save(model_factory.build_model((784,), activation="sigmoid"), tmp_path)
    )
    check_and_score(run)
    code = """
import json, sys
import keras, numpy as np
model = keras.models.load_model(sys.argv[1], safe_mode=True)
images = np.load(sys.argv[2])[..., None]
answers = model.predict(images, verbose=0)
print(json.dumps([model.input_shape, model.output_shape, str(answers.dtype), answers.tolist(),
    "fmnist" in sys.modules]))
"""
    np.save(tmp_path / "images.npy", data_factory.make_split(200, [0, 1])[0][:5])
    files = [str(run.file("model.keras")), str(tmp_path / "images.npy")]
    done = subprocess.run(
        [sys.executable, "-c", code, *files], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    shape_in, shape_out, dtype, answers, is_ours = json.loads(done.stdout.splitlines()[-1])
    assert (shape_in, shape_out) == ([None, 28, 28, 1], [None, 10])
    assert (dtype, is_ours) == ("float32", False)
    np.testing.assert_allclose(answers, expected_predictions("sigmoid")[:5], atol=1e-4)


def test_what_the_person_says_goes_first_and_can_be_corrected(lab, tmp_path):
    path = model_factory.save(model_factory.build_model(), tmp_path)
    run = import_file(path, inputs="raw", outputs="logits")
    said_wrong = check_and_score(run)["test_accuracy"]
    record = store.load_run(run.run_id).imported_model
    assert (record.detected_inputs, record.effective_inputs) == ("unit", "raw")
    store.write_status(run.run_dir, status="completed")
    store.reset_import(store.load_run(run.run_id), "auto", "auto")
    waiting = store.load_run(run.run_id)
    assert waiting.status.status == "queued"
    assert not (waiting.has_scores or waiting.has_model), "old scores answer to other words"
    assert check_and_score(waiting)["test_accuracy"] > said_wrong
    np.testing.assert_allclose(
        outputs.read_probabilities(store.load_run(run.run_id)),
        expected_predictions(None),
        atol=1e-4,
    )


def test_logits_are_no_probabilities_whatever_is_said(lab, tmp_path):
    path = model_factory.save(model_factory.build_model(), tmp_path)
    assert_refused(import_file(path, outputs="probabilities"), "Say that its outputs are logits.")


@pytest.mark.parametrize("kind", ["no input layer", "fixed batch", "uint8", "dicts", "bfloat16"])
def test_unusual_models_are_taken_too(lab, tmp_path, kind):
    kernel, bias = model_factory.trained_weights()
    ten = keras.layers.Dense(10, dtype="mixed_bfloat16" if kind == "bfloat16" else None)
    layers = [keras.layers.Rescaling(1 / 255), keras.layers.Flatten(), ten]
    if kind == "dicts":
        image = keras.Input((28, 28), name="image")
        x = image
        for layer in layers:
            x = layer(x)
        model = keras.Model({"image": image}, {"answer": x})
    else:
        shapes = {
            "fixed batch": keras.Input(batch_shape=(16, 28, 28)),
            "uint8": keras.Input((28, 28), dtype="uint8"),
            "bfloat16": keras.Input((28, 28)),
        }
        model = keras.Sequential([*([shapes[kind]] if kind in shapes else []), *layers])
        model(np.zeros((16, 28, 28), np.uint8))
    ten.set_weights([kernel, bias])
    check_and_score(run := import_file(model_factory.save(model, tmp_path)))
    tolerance = 0.05 if kind == "bfloat16" else 1e-4
    np.testing.assert_allclose(
        outputs.read_probabilities(store.load_run(run.run_id)),
        expected_predictions(None),
        atol=tolerance,
    )


def test_a_loss_of_ones_own_is_no_obstacle(lab, tmp_path):
    model = model_factory.build_model()
    model.compile(loss="mse")
    path = model_factory.save(model, tmp_path)

    def name_own_loss(config):
        own_loss = {"module": "mine", "class_name": "MyLoss", "config": {}}
        config["compile_config"]["loss"] = own_loss

    check_and_score(run := import_file(model_factory.change_config(path, name_own_loss)))
    assert store.load_run(run.run_id).has_scores


def test_a_compiled_network_inside_another_is_no_obstacle(lab, tmp_path):
    """As in TensorFlow's own tutorial of Fashion-MNIST: logits first, then Softmax around it."""
    inner = model_factory.build_model()
    inner.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    path = model_factory.save(keras.Sequential([inner, keras.layers.Softmax()]), tmp_path)
    assert "SparseCategoricalCrossentropy" in json.dumps(model_factory.read_config(path))
    check_and_score(run := import_file(path))
    run = store.load_run(run.run_id)
    assert run.imported_model.effective_outputs == "probabilities"
    np.testing.assert_allclose(
        outputs.read_probabilities(run), expected_predictions("softmax"), atol=1e-4
    )


def test_functions_of_tensorflow_as_activations_are_taken(lab, tmp_path):
    image = keras.Input((28, 28))
    x = keras.layers.Flatten()(keras.layers.Activation(tf.nn.relu)(image))
    ten = keras.layers.Dense(10, activation=tf.nn.softmax)
    model = keras.Model(image, ten(x))
    kernel, bias = model_factory.trained_weights()
    ten.set_weights([kernel, bias])
    path = model_factory.save(model, tmp_path)
    assert "softmax_v2" in json.dumps(model_factory.read_config(path))
    check_and_score(run := import_file(path))
    np.testing.assert_allclose(
        outputs.read_probabilities(run), expected_predictions("softmax"), atol=1e-4
    )


def test_three_channels_get_the_grey_three_times(lab, tmp_path):
    kernel, bias = model_factory.trained_weights()
    ten = keras.layers.Dense(10)
    model = network(keras.layers.Flatten(), ten, shape=(28, 28, 3))
    ten.set_weights([np.repeat(kernel, 3, axis=0) / 3, bias])
    check_and_score(run := import_file(model_factory.save(model, tmp_path)))
    run = store.load_run(run.run_id)
    assert run.imported_model.input_shape == (28, 28, 3)
    np.testing.assert_allclose(
        outputs.read_probabilities(run), expected_predictions(None), atol=1e-4
    )


def test_progress_is_told_from_nothing_to_nearly_all(lab, tmp_path):
    told = []
    run = import_file(model_factory.save(model_factory.build_model(), tmp_path))
    check_and_score(run, lambda what, fraction: told.append((what, fraction)))
    fractions = [fraction for _, fraction in told]
    assert fractions == pytest.approx(sorted(fractions))
    assert fractions[0] == 0 < fractions[-1] < 1
    steps = ["opening it", "finding out what it expects", "scoring"]
    assert list(dict.fromkeys(what for what, _ in told)) == steps


# -- refusing -------------------------------------------------------------------------------------


def assert_refused(run: store.Run, sentence: str) -> None:
    with pytest.raises(ModelRefused) as caught:
        check_and_score(run)
    message = str(caught.value)
    assert sentence in message
    assert "\n" not in message
    run = store.load_run(run.run_id)
    assert not run.has_model


def network(*layers, shape: tuple[int, ...] = (28, 28)):
    return keras.Sequential([keras.Input(shape), *layers])


def test_a_lambda_is_never_run(lab, tmp_path):
    trace = str(tmp_path / "was-here")
    touch = keras.layers.Lambda(lambda x: (Path(trace).touch(), x)[1], name="mine")
    model = network(keras.layers.Flatten(), touch, keras.layers.Dense(10))
    path = model_factory.save(model, tmp_path)
    Path(trace).unlink()
    assert_refused(import_file(path), "theirs.keras needs code: its layer “mine” holds a Lambda")
    assert not Path(trace).exists()


def test_an_own_class_is_named(lab, tmp_path):
    @keras.saving.register_keras_serializable("mine")
    class Swirl(keras.layers.Layer):
        def call(self, x):
            return x

    path = model_factory.save(
        network(Swirl(name="twist"), keras.layers.Flatten(), keras.layers.Dense(10)), tmp_path
    )
    assert_refused(
        import_file(path), "its layer “twist” uses Swirl, which is not one of Keras's own"
    )


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        ({"module": "os", "class_name": "function", "config": "system"}, "uses system"),
        ({"module": "keras.utils", "class_name": "function", "config": "get_file"}, "get_file"),
        ({"module": "keras.utils", "class_name": "get_file", "config": {}}, "uses get_file"),
        ({"module": "keras", "class_name": "device", "config": {}}, "uses device"),
        ({"module": "builtins", "class_name": "__lambda__", "config": {}}, "holds a Lambda"),
        ({"module": "keras.layers", "class_name": "TFSMLayer", "config": {}}, "is a TFSMLayer"),
    ],
)
def test_what_reaches_out_of_the_file_is_refused(lab, tmp_path, item, sentence):
    path = model_factory.save(model_factory.build_model(), tmp_path)

    def plant(config):
        config["config"]["layers"][-1]["config"]["activation"] = item

    assert_refused(import_file(model_factory.change_config(path, plant)), sentence)


@pytest.mark.parametrize(
    ("shape", "units", "sentence"),
    [
        ((32, 32, 3), 10, "expects inputs of shape (32, 32, 3): expected (28, 28, 1), (28, 28)"),
        ((28, 28), 5, "returns an output of shape (5) for each image: expected ten numbers"),
    ],
)
def test_another_shape_is_told(lab, tmp_path, shape, units, sentence):
    model = network(keras.layers.Flatten(), keras.layers.Dense(units), shape=shape)
    assert_refused(import_file(model_factory.save(model, tmp_path)), sentence)


def test_several_inputs_and_several_outputs_are_told(lab, tmp_path):
    one, two = keras.Input((784,)), keras.Input((784,))
    ten = keras.layers.Dense(10)
    both = keras.Model([one, two], ten(keras.layers.Add()([one, two])))
    assert_refused(import_file(model_factory.save(both, tmp_path)), "theirs.keras has 2 inputs:")
    twice = keras.Model(one, [ten(one), keras.layers.Softmax()(ten(one))])
    assert_refused(import_file(model_factory.save(twice, tmp_path)), "theirs.keras has 2 outputs:")


def test_answers_that_are_not_numbers_are_told(lab, tmp_path):
    model = model_factory.build_model()
    model.set_weights([np.full_like(weights, np.nan) for weights in model.get_weights()])
    assert_refused(import_file(model_factory.save(model, tmp_path)), "its training diverged")


def test_weights_of_another_network_are_told(lab, tmp_path):
    path = model_factory.save(model_factory.build_model(), tmp_path)

    def widen(config):
        config["config"]["layers"][-1]["config"]["units"] = 20

    assert_refused(
        import_file(model_factory.change_config(path, widen)),
        "contradicts itself: its network needs 15,700 weights, and the file",
    )


def test_a_network_of_gigabytes_is_refused_before_it_is_built(lab, tmp_path):
    path = model_factory.save(model_factory.build_model(), tmp_path)

    def swell(config):
        config["config"]["layers"][-1]["config"]["units"] = 2_000_000

    before = psutil.Process().memory_info().rss
    run = import_file(model_factory.change_config(path, swell))
    assert_refused(run, "describes a network whose weights take 6,280 MB; the limit is 400 MB")
    assert psutil.Process().memory_info().rss < before + 500e6


def test_it_is_scored_on_the_dataset_that_was_chosen(lab, tmp_path):
    images, labels = data_factory.make_split(60, 5)
    entry = catalogue.add_dataset("Shapes", data_factory.SHAPE_NAMES, [images, labels] * 2, {})
    path = model_factory.save(model_factory.build_model(), tmp_path)
    run = store.create_import_run("Theirs", ImportedModel(path.name), path.read_bytes(), entry.slug)
    check_and_score(run)
    run = store.load_run(run.run_id)
    assert outputs.read_environment(run)["dataset_fingerprint"] == entry.fingerprint
    assert outputs.read_probabilities(run).shape == (60, 10)
    assert outputs.read_class_names(run) == data_factory.SHAPE_NAMES
