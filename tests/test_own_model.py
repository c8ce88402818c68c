"""A model from elsewhere: found out, wrapped, scored; and every file that is refused."""

import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.metrics import log_loss

from fmnist import catalogue, run_files, runs
from fmnist import own_model as own
from fmnist.dataset import load_dataset
from fmnist.own_model import ModelRefused, check_and_score, main
from fmnist.own_model_record import OwnModel
from tests import made_data, made_models

ROOT = Path(__file__).parent.parent


def bring(path: Path, **said: str) -> runs.Run:
    """A run of a file, not checked yet."""
    return runs.create_own_model_run("Theirs", OwnModel(path.name, **said), path.read_bytes())


def expected_answers(activation: str | None) -> np.ndarray:
    """What `made_models.build_model` says of the made test images, in NumPy alone."""
    images, _ = made_data.make_split(200, [0, 1])
    kernel, bias = made_models.ridge_weights()
    logits = 10 * (images.reshape(-1, 784) / 255 @ kernel + bias)
    if activation == "sigmoid":
        chances = expit(logits - 5)
        return chances / chances.sum(axis=1, keepdims=True)
    return softmax(logits, axis=1)


# -- finding out ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "scale", "activation", "outputs"),
    [
        ((28, 28, 1), "unit", None, "logits"),
        ((28, 28), "raw", "softmax", "probabilities"),
        ((784,), "unit", "sigmoid", "scores"),
        ((784,), "raw", None, "logits"),
        ((28, 28), "unit", "softmax", "probabilities"),
    ],
)
def test_shape_scale_and_output_are_found_out(lab, tmp_path, shape, scale, activation, outputs):
    model = made_models.build_model(shape, scale, activation)
    run = bring(made_models.save(model, tmp_path))
    results = check_and_score(run)
    run = runs.load_run(run.run_id)
    assert (run.status.status, run.damaged) == ("completed", "")
    found = run.own_model
    assert (found.found_inputs, found.used_inputs) == (scale, scale)
    assert (found.found_outputs, found.used_outputs) == (outputs, outputs)
    assert found.input_shape == shape
    assert found.checked_images == 600
    better, worse = sorted((found.accuracy_raw, found.accuracy_unit), reverse=True)
    assert better > 0.9 > worse
    expected = expected_answers(activation)
    probabilities = run_files.read_probabilities(run)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities, expected, atol=1e-4)
    labels = load_dataset().test_labels
    assert results["test_accuracy"] == (expected.argmax(axis=1) == labels).mean()
    assert run_files.read_results(run)["test_accuracy"] == results["test_accuracy"]
    environment = run_files.read_environment(run)
    assert environment["parameters"] == 7850
    assert environment["dataset_fingerprint"] == load_dataset().fingerprint
    assert not {"seed", "precision"} & environment.keys(), "nobody knows those of its training"


@pytest.mark.parametrize("scale", ["unit", "raw"])
def test_a_network_that_is_about_as_right_in_either_scale_is_told_by_its_loss(lab, tmp_path, scale):
    # Without a bias, a factor before the softmax changes no answer, only the confidence.
    kernel, _ = made_models.ridge_weights()
    flatten, ten = keras.layers.Flatten(), keras.layers.Dense(10, use_bias=False)
    model = network(flatten, ten)
    ten.set_weights([10 * kernel if scale == "unit" else 10 * kernel / 255])
    check_and_score(run := bring(made_models.save(model, tmp_path)))
    found = runs.load_run(run.run_id).own_model
    assert found.found_inputs == scale
    assert found.accuracy_raw == pytest.approx(found.accuracy_unit, abs=0.01)
    losses = {"raw": found.loss_raw, "unit": found.loss_unit}
    images, labels = made_data.make_split(600, [0, 0])
    logits = 10 * (images.reshape(-1, 784) / 255 @ kernel)
    assert losses[scale] == pytest.approx(log_loss(labels, softmax(logits, axis=1)), abs=1e-3)


def test_the_wrapped_model_opens_where_this_project_is_not_installed(lab, tmp_path):
    run = bring(made_models.save(made_models.build_model((784,), activation="sigmoid"), tmp_path))
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
    np.save(tmp_path / "images.npy", made_data.make_split(200, [0, 1])[0][:5])
    files = [str(run.file("model.keras")), str(tmp_path / "images.npy")]
    done = subprocess.run(
        [sys.executable, "-c", code, *files], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    shape_in, shape_out, dtype, answers, is_ours = json.loads(done.stdout.splitlines()[-1])
    assert (shape_in, shape_out) == ([None, 28, 28, 1], [None, 10])
    assert (dtype, is_ours) == ("float32", False)
    np.testing.assert_allclose(answers, expected_answers("sigmoid")[:5], atol=1e-4)


def test_what_the_person_says_goes_first_and_can_be_corrected(lab, tmp_path):
    path = made_models.save(made_models.build_model(), tmp_path)
    run = bring(path, inputs="raw", outputs="logits")
    said_wrong = check_and_score(run)["test_accuracy"]
    record = runs.load_run(run.run_id).own_model
    assert (record.found_inputs, record.used_inputs) == ("unit", "raw")
    runs.reset_own_model(runs.load_run(run.run_id), "auto", "auto")
    waiting = runs.load_run(run.run_id)
    assert waiting.status.status == "running"
    assert not (waiting.has_scores or waiting.has_model), "old scores answer to other words"
    assert check_and_score(waiting)["test_accuracy"] > said_wrong
    np.testing.assert_allclose(
        run_files.read_probabilities(runs.load_run(run.run_id)), expected_answers(None), atol=1e-4
    )


def test_logits_are_no_probabilities_whatever_is_said(lab, tmp_path):
    path = made_models.save(made_models.build_model(), tmp_path)
    assert_refused(bring(path, outputs="probabilities"), "Say that its outputs are logits.")


@pytest.mark.parametrize("kind", ["no input layer", "fixed batch", "uint8", "dicts", "bfloat16"])
def test_unusual_models_are_taken_too(lab, tmp_path, kind):
    kernel, bias = made_models.ridge_weights()
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
    ten.set_weights([10 * kernel, 10 * bias])
    check_and_score(run := bring(made_models.save(model, tmp_path)))
    tolerance = 0.05 if kind == "bfloat16" else 1e-4
    np.testing.assert_allclose(
        run_files.read_probabilities(runs.load_run(run.run_id)),
        expected_answers(None),
        atol=tolerance,
    )


def test_a_loss_of_ones_own_is_no_obstacle(lab, tmp_path):
    model = made_models.build_model()
    model.compile(loss="mse")
    path = made_models.save(model, tmp_path)

    def name_own_loss(config):
        own_loss = {"module": "mine", "class_name": "MyLoss", "config": {}}
        config["compile_config"]["loss"] = own_loss

    check_and_score(run := bring(made_models.change_config(path, name_own_loss)))
    assert runs.load_run(run.run_id).status.status == "completed"


# -- refusing -------------------------------------------------------------------------------------


def assert_refused(run: runs.Run, sentence: str) -> None:
    with pytest.raises(ModelRefused) as caught:
        check_and_score(run)
    message = str(caught.value)
    assert sentence in message
    assert "\n" not in message
    run = runs.load_run(run.run_id)
    assert (run.status.status, run.status.message) == ("failed", message)
    assert not run.has_model


def network(*layers, shape: tuple[int, ...] = (28, 28)):
    return keras.Sequential([keras.Input(shape), *layers])


def test_a_lambda_is_never_run(lab, tmp_path):
    trace = str(tmp_path / "was-here")
    touch = keras.layers.Lambda(lambda x: (Path(trace).touch(), x)[1], name="mine")
    model = network(keras.layers.Flatten(), touch, keras.layers.Dense(10))
    path = made_models.save(model, tmp_path)
    Path(trace).unlink()
    assert_refused(bring(path), "theirs.keras needs code: its layer “mine” holds a Lambda")
    assert not Path(trace).exists()


def test_an_own_class_is_named(lab, tmp_path):
    @keras.saving.register_keras_serializable("mine")
    class Swirl(keras.layers.Layer):
        def call(self, x):
            return x

    path = made_models.save(
        network(Swirl(name="twist"), keras.layers.Flatten(), keras.layers.Dense(10)), tmp_path
    )
    assert_refused(bring(path), "its layer “twist” uses Swirl, which is not one of Keras's own")


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
    path = made_models.save(made_models.build_model(), tmp_path)

    def plant(config):
        config["config"]["layers"][-1]["config"]["activation"] = item

    assert_refused(bring(made_models.change_config(path, plant)), sentence)


@pytest.mark.parametrize(
    ("shape", "units", "sentence"),
    [
        ((32, 32, 3), 10, "takes inputs of shape (32, 32, 3): expected (28, 28, 1), (28, 28)"),
        ((28, 28), 5, "answers each image with shape (5): expected ten numbers"),
    ],
)
def test_another_shape_is_told(lab, tmp_path, shape, units, sentence):
    model = network(keras.layers.Flatten(), keras.layers.Dense(units), shape=shape)
    assert_refused(bring(made_models.save(model, tmp_path)), sentence)


def test_several_inputs_and_several_outputs_are_told(lab, tmp_path):
    one, two = keras.Input((784,)), keras.Input((784,))
    ten = keras.layers.Dense(10)
    both = keras.Model([one, two], ten(keras.layers.Add()([one, two])))
    assert_refused(bring(made_models.save(both, tmp_path)), "theirs.keras has 2 inputs:")
    twice = keras.Model(one, [ten(one), keras.layers.Softmax()(ten(one))])
    assert_refused(bring(made_models.save(twice, tmp_path)), "theirs.keras has 2 outputs:")


def test_answers_that_are_not_numbers_are_told(lab, tmp_path):
    model = made_models.build_model()
    model.set_weights([np.full_like(weights, np.nan) for weights in model.get_weights()])
    assert_refused(bring(made_models.save(model, tmp_path)), "its training diverged")


def test_weights_of_another_network_are_told(lab, tmp_path):
    path = made_models.save(made_models.build_model(), tmp_path)

    def widen(config):
        config["config"]["layers"][-1]["config"]["units"] = 20

    assert_refused(bring(made_models.change_config(path, widen)), "cannot be opened by Keras 3")


def test_a_network_that_eats_the_memory_ends_alone(lab, tmp_path):
    path = made_models.save(made_models.build_model(), tmp_path)

    def swell(config):
        config["config"]["layers"][-1]["config"]["units"] = 2_000_000

    run = bring(made_models.change_config(path, swell))
    done = subprocess.run(
        [sys.executable, "-c", _SMALL_MEMORY, str(run.run_dir)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    status = runs.load_run(run.run_id).status
    assert status.status == "failed"
    assert "The model needs more than 1 GB of memory" in status.message


_SMALL_MEMORY = """
import sys
from fmnist import own_model
own_model.MAX_MEMORY, own_model._LOOK_EVERY = 1e9, 0.02
sys.exit(own_model.main(sys.argv[1:]))
"""


def test_a_check_can_be_stopped(lab, tmp_path):
    run = bring(made_models.save(made_models.build_model(), tmp_path))
    runs.request_stop(run)
    done = subprocess.run(
        [sys.executable, "-m", "fmnist.own_model", str(run.run_dir)], cwd=ROOT, timeout=120
    )
    assert done.returncode == 1
    run = runs.load_run(run.run_id)
    assert (run.status.status, run.damaged) == ("stopped", "")
    assert run.status.message == "Stopped before it was scored."


def test_it_is_scored_on_the_dataset_that_was_chosen(lab, tmp_path):
    images, labels = made_data.make_split(60, 5)
    entry = catalogue.add_dataset("Shapes", made_data.SHAPE_NAMES, [images, labels] * 2, {})
    path = made_models.save(made_models.build_model(), tmp_path)
    run = runs.create_own_model_run("Theirs", OwnModel(path.name), path.read_bytes(), entry.slug)
    check_and_score(run)
    run = runs.load_run(run.run_id)
    assert run_files.read_environment(run)["dataset_fingerprint"] == entry.fingerprint
    assert run_files.read_probabilities(run).shape == (60, 10)
    assert run_files.read_class_names(run) == made_data.SHAPE_NAMES


# -- files that are no model ----------------------------------------------------------------------


def model_members(folder: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(made_models.save(made_models.build_model(), folder)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (lambda folder: b"", "is not a .keras file: save the model with Keras 3"),
        (lambda folder: b"\x80\x04pickle", "is not a .keras file"),
        (lambda folder: b"\x89HDF\r\n\x1a\n" + bytes(99), "is an HDF5 file (.h5)"),
        (lambda folder: made_models.zip_of({"saved_model.pb": b""}), "it has no config.json"),
        (
            lambda folder: cut(made_models.zip_of(model_members(folder))),
            "is damaged or cut short (File is not a zip file)",
        ),
        (
            lambda folder: made_models.zip_of({**model_members(folder), "config.json": b"[1"}),
            "config.json is no JSON",
        ),
        (
            lambda folder: made_models.zip_of(
                {**model_members(folder), "config.json": b"[" * 200_000}
            ),
            "config.json is no JSON",
        ),
        (
            lambda folder: made_models.zip_of({**model_members(folder), "assets/x": b"1"}),
            "holds more than a network and its weights (assets/x)",
        ),
        (
            lambda folder: made_models.zip_of(
                {**model_members(folder), "model.weights.h5": bytes(500_000_000)}
            ),
            "is too large when unpacked: its model.weights.h5 takes 500 MB",
        ),
        (
            lambda folder: made_models.zip_of({**model_members(folder), "model.weights.h5": b"?"}),
            "cannot be opened by Keras 3",
        ),
    ],
    ids=["empty", "pickle", "h5", "zip", "cut", "half a json", "deep", "assets", "bomb", "weights"],
)
def test_a_file_that_is_no_model_gets_one_sentence(lab, tmp_path, content, sentence):
    path = tmp_path / "theirs.keras"
    path.write_bytes(content(tmp_path))
    assert_refused(bring(path), sentence)


def test_bytes_that_changed_on_the_way_are_noticed(lab, tmp_path):
    path = made_models.save(made_models.build_model(), tmp_path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1  # Keras stores weights uncompressed
    path.write_bytes(content)
    assert_refused(bring(path), "model.weights.h5")


# -- the command ----------------------------------------------------------------------------------


def test_the_command_scores_a_file_and_ends_with_json(lab, tmp_path):
    path = made_models.save(made_models.build_model((784,)), tmp_path, "flat one.keras")
    runs_dir = tmp_path / "elsewhere"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "fmnist.own_model", str(path)),
            *("--outputs", "logits", "--runs-dir", str(runs_dir)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert sorted(answer) == ["run_id", "seconds", "test_accuracy", "test_loss"]
    run = runs.read_run(runs_dir / answer["run_id"])
    assert run.title == "flat one"
    assert answer["test_accuracy"] == run_files.read_results(run)["test_accuracy"] > 0.9
    found = "Found: 784 in, values 0 to 1; logits (a softmax follows)"
    assert done.stderr.splitlines()[-1] == found
    assert "TensorFlow" not in done.stderr, "TensorFlow's own messages go to the log"
    settings = {"name": "flat one", "dataset": "fashion-mnist"}
    assert json.loads((run.run_dir / "config.json").read_text()) == settings


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["missing.keras"], 2, "There is no file missing.keras."),
        (["text.keras"], 1, "text.keras is not a .keras file"),
        (["text.keras", "--inputs", "grey"], 2, "invalid choice: 'grey'"),
        (["."], 2, ". is not the folder of a brought model: config.json is missing"),
        ([".", "--name", "x"], 2, "RUN_DIR has its own settings: leave out --name"),
    ],
)
def test_bad_input_is_one_line_and_makes_no_run(
    lab, tmp_path, monkeypatch, capfd, arguments, code, sentence
):
    (tmp_path / "text.keras").write_text("hello")
    monkeypatch.chdir(tmp_path)
    try:
        assert main(arguments) == code
    except SystemExit as ended:
        assert ended.code == code
    (line,) = capfd.readouterr().err.splitlines()
    assert sentence in line
    assert runs.list_runs() == []


def test_a_folder_is_checked_by_one_process(lab, tmp_path):
    path = made_models.save(made_models.build_model(), tmp_path)
    run = bring(path)
    runs.write_status(run.run_dir, pid=os.getppid(), pid_started_at=0.0)
    runs.write_status(run.run_dir, host="elsewhere", heartbeat_at=time.time())
    with pytest.raises(ValueError, match="is being checked by process"):
        own.open_run(run.run_dir)
    check_and_score(run)
    with pytest.raises(ValueError, match="is completed: bring the file again instead"):
        own.open_run(run.run_dir)
