"""Trainings of seconds on made images: the run folder, stopping, failing."""

import math
import subprocess
import sys
import threading

import keras
import numpy as np
import pytest

from fmnist.commands.train import train_run
from fmnist.config import ConfigError, TrainConfig
from fmnist.data import catalogue
from fmnist.data.dataset import DatasetError, load_dataset
from fmnist.data.samples import split_train_val
from fmnist.evaluation import evaluate
from fmnist.models.network import build_model, build_network
from fmnist.models.processor import choose_precision
from fmnist.runs import outputs, receipt, store
from fmnist.runs.process import TrainingError
from fmnist.training import callbacks, train
from fmnist.training.scoring import compute_probabilities, score
from tests.factories import data as data_factory
from tests.waits import failure_of, wait_for

SMALL = TrainConfig(filters=(8,), dense_units=(16,), epochs=2, batch_size=32)


def train_small(config: TrainConfig = SMALL, terminal=None) -> tuple[store.Run, dict]:
    run = store.create_run(config)
    results = train_run(run, terminal)
    return store.load_run(run.run_id), results


# -- the run folder -------------------------------------------------------------------------------


def test_a_training_leaves_a_whole_run_folder(lab):
    run, results = train_small()
    assert sorted(path.name for path in run.run_dir.iterdir()) == [
        "batches.csv",
        "config.json",
        "environment.json",
        "history.csv",
        "model.keras",
        "receipt.json",
        "results.json",
        "status.json",
        "tensorboard",
        "test_probabilities.npy",
    ]
    paper = receipt.read_receipt(run)
    assert (paper["status"], receipt.find_edits(run, paper)) == ("completed", [])
    status = run.status
    assert (status.status, status.message, run.damaged) == ("completed", "", "")
    # 600 images, a tenth for validation: 540 in steps of 32 are 17 an epoch
    assert (status.epoch, status.step, status.steps_per_epoch, status.epochs) == (1, 34, 17, 2)
    assert status.queued_at <= status.started_at <= status.heartbeat_at <= status.finished_at

    history = outputs.read_history(run)
    assert list(history.columns) == list(outputs.HISTORY_COLUMNS)
    assert history["epoch"].tolist() == [0, 1]
    assert history["learning_rate"].tolist() == pytest.approx([0.001, 0.001])
    assert history["loss"][1] < history["loss"][0]

    environment = outputs.read_environment(run)
    # 9·8 + 8 + 13·13·8·16 + 16 + 160 + 10; 26·26·9·8 + 13·13·8·16 + 160
    assert environment["parameters"] == 80 + 21_648 + 170
    assert environment["macs_per_image"] == 48_672 + 21_632 + 160
    assert (environment["seed"], environment["precision"]) == (0, choose_precision("auto"))
    assert environment["dataset"] == "custom"
    assert environment["dataset_fingerprint"] == load_dataset().fingerprint
    assert environment["versions"]["keras"] == keras.__version__
    assert environment["hardware"]["cores"] >= 1

    labels = load_dataset().test_labels
    probabilities = outputs.read_probabilities(run)
    assert (probabilities.shape, probabilities.dtype) == ((200, 10), np.float32)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert results == outputs.read_results(run)
    assert results["test_accuracy"] == np.mean(np.argmax(probabilities, 1) == labels)
    targets = keras.utils.to_categorical(labels, 10)
    losses = keras.losses.categorical_crossentropy(targets, probabilities)
    assert results["test_loss"] == pytest.approx(float(np.mean(losses)), rel=1e-4)
    assert results["test_loss"] == evaluate.evaluate(labels, probabilities).loss
    assert results["train_images"] == 540
    best = int(np.argmax(history["val_accuracy"]))
    assert results["best_epoch"] == best
    assert results["best_val_accuracy"] == history["val_accuracy"][best]


EVERYTHING = SMALL.replace(
    filters=(8, 12), padding="same", dense_units=(), epochs=3, batch_norm=True, residual_blocks=1,
    head="max", head_dropout=0.1, flip_average=True, schedule="one-cycle", learning_rate=0.01,
    optimizer="adamw", weight_decay=0.01, label_smoothing=0.1,
    augmentation="flip+shift+erase", augmented_copies=1,
)  # fmt: skip


def test_the_saved_models_open_where_this_project_is_unknown(lab, tmp_path):
    configs = (SMALL, EVERYTHING.replace(precision="bfloat16"))
    trained = [train_small(config)[0] for config in configs]
    script = """
import sys, keras, numpy as np
images, *models = sys.argv[1:]
for number, path in enumerate(models):
    model = keras.models.load_model(path, safe_mode=True)
    assert not model.compiled and "fmnist" not in sys.modules
    assert model.input_shape == (None, 28, 28, 1)
    layers = list(model._flatten_layers(include_self=False))
    assert all(type(layer).__module__.startswith("keras.") for layer in layers)
    assert {layer.compute_dtype for layer in layers} == {"float32"}
    assert {weight.dtype for weight in model.weights} == {"float32"}
    np.save(f"answers-{number}.npy", model.predict(np.load(images)[..., None], verbose=0))
"""
    np.save(tmp_path / "images.npy", load_dataset().test_images)
    files = [tmp_path / "images.npy", *(run.file("model.keras") for run in trained)]
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, files)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr
    for number, run in enumerate(trained):
        answers = np.load(tmp_path / f"answers-{number}.npy")
        np.testing.assert_allclose(answers, outputs.read_probabilities(run), atol=1e-5)
        assert score(answers, load_dataset().test_labels)["test_accuracy"] > 0.5


def test_a_flipping_model_answers_alike_for_an_image_and_its_mirror_image():
    model = build_model(EVERYTHING)
    images = np.random.default_rng(0).integers(0, 256, (4, 28, 28, 1), dtype=np.uint8)
    np.testing.assert_allclose(model(images), model(images[:, :, ::-1]), atol=1e-6)
    network = build_network(EVERYTHING)
    network.set_weights(model.get_weights())
    mean = (network(images).numpy() + network(images[:, :, ::-1]).numpy()) / 2
    np.testing.assert_allclose(model(images), mean, atol=1e-6)


def test_keeping_the_best_epoch_restores_its_weights(lab):
    # Steps this long wreck what the first epochs learned: the last epoch is not the best.
    config = SMALL.replace(epochs=6, learning_rate=0.2, optimizer="sgd", keep="best")
    run, results = train_small(config)
    accuracies = outputs.read_history(run)["val_accuracy"].tolist()
    assert results["best_epoch"] == accuracies.index(max(accuracies))
    assert accuracies[-1] < max(accuracies), "the last epoch must not be the best for this test"
    data = load_dataset()
    _, val = split_train_val(600, config.validation_fraction, config.seed)
    answers = compute_probabilities(run.file("model.keras"), data.train_images[val])
    assert np.mean(answers.argmax(1) == data.train_labels[val]) == pytest.approx(max(accuracies))
    assert not run.file("checkpoint.weights.h5").exists()


def test_early_stopping_ends_a_run_that_no_longer_improves(lab):
    config = SMALL.replace(epochs=50, optimizer="sgd", learning_rate=5.0, early_stopping_patience=1)
    run, _ = train_small(config)
    losses = outputs.read_history(run)["val_loss"].tolist()
    assert 2 <= len(losses) < 50
    assert losses[-1] >= min(losses[:-1])
    assert run.status.status == "completed"
    assert run.status.message == (
        f"Stopped early after epoch {len(losses)}: "
        "the validation loss had not improved for 1 epoch."
    )


def test_a_diverged_loss_fails_the_run_with_advice(lab):
    config = TrainConfig(
        architecture="dense",
        dense_units=(256, 256, 256, 256),
        optimizer="sgd",
        learning_rate=10.0,
        batch_size=8,
    )
    with pytest.raises(TrainingError, match=r"became NaN in epoch \d, step \d+: lower the"):
        train_small(config)
    (run,) = store.list_runs()
    assert run.status.status == "failed"
    assert "lower the learning rate (it was 10)" in run.status.message
    assert not run.has_model
    assert not run.has_scores


@pytest.mark.parametrize(
    ("spoilt", "sentence"),
    [
        # oneDNN's relu makes a 0 of NaN: there the weights alone tell
        ("weights", r"The (validation loss|largest weight) became NaN after epoch 1: lower the"),
        ("answers", r"The model's outputs became NaN: lower the learning rate \(it was 0\.001\)"),
    ],
)
def test_nan_after_the_last_step_fails_the_run(lab, monkeypatch, spoilt, sentence):
    """What the last update, or scoring, breaks is in no training loss."""

    class Spoil(callbacks.StopWatcher):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 16:  # the last of an epoch
                self.model.trainable_variables[0].assign(np.full((3, 3, 1, 8), math.nan))

    if spoilt == "weights":
        monkeypatch.setattr(callbacks, "StopWatcher", Spoil)
    else:
        answers = np.full((200, 10), math.nan, np.float32)
        monkeypatch.setattr(train, "compute_probabilities", lambda *_: answers)
    with pytest.raises(TrainingError, match=f"^{sentence}") as caught:
        train_small(SMALL.replace(epochs=1))
    (run,) = store.list_runs()
    assert (run.status.status, run.status.message) == ("failed", str(caught.value))
    assert not run.has_model
    assert not run.has_scores
    assert not run.file("results.json").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "adamw", "schedule": "cosine", "label_smoothing": 0.1},
        {"optimizer": "rmsprop", "augmentation": "flip+shift", "weight_averaging": True},
        {"architecture": "dense", "optimizer": "sgd", "dropout": 0.1, "keep": "last"},
    ],
)
def test_every_kind_of_setting_trains(lab, changes):
    run, results = train_small(SMALL.replace(epochs=4, learning_rate=0.01, **changes))
    assert run.status.status == "completed"
    assert results["test_accuracy"] > 0.5
    rates = outputs.read_history(run)["learning_rate"]
    if "schedule" in changes:
        # half a cosine: (1 + cos(π/4))/2 after a quarter, nothing at the end
        assert rates[0] == pytest.approx(0.01 * 0.853553, rel=1e-3)
        assert rates[3] == pytest.approx(0, abs=1e-6)


def test_the_seed_repeats_a_run(lab):
    config = SMALL.replace(epochs=1, augmentation="flip+shift", dropout=0.2)
    first, second, other = (train_small(c)[0] for c in (config, config, config.replace(seed=1)))
    np.testing.assert_allclose(
        outputs.read_probabilities(first), outputs.read_probabilities(second), atol=1e-4
    )
    difference = outputs.read_probabilities(first) - outputs.read_probabilities(other)
    assert np.abs(difference).max() > 1e-2


def test_weight_decay_shrinks_kernels_and_spares_the_rest():
    config = TrainConfig(
        filters=(2,), dense_units=(), batch_norm=True, optimizer="sgd", learning_rate=0.1,
        weight_decay=0.5,
    )  # fmt: skip
    network = build_network(config)
    train.compile_model(network, config, 1)
    before = {weight.path: weight.numpy() for weight in network.trainable_weights}
    zeros = [weight * 0 for weight in network.trainable_weights]
    network.optimizer.apply(zeros, network.trainable_weights)
    for weight in network.trainable_weights:
        fraction = 1 - 0.1 * 0.5 if weight.path.endswith("kernel") else 1
        np.testing.assert_allclose(weight, before[weight.path] * fraction, rtol=1e-5)


# -- stopping, failing ----------------------------------------------------------------------------


def test_a_stopped_training_is_kept_and_scored(lab):
    run = store.create_run(SMALL.replace(epochs=200, batch_size=8, weight_averaging=True))
    trained = threading.Thread(target=train_run, args=(run, None))
    trained.start()
    wait_for(
        lambda: (store.read_status(run.run_dir).step or 0) >= 300,
        "it has learnt something",
        300,
        lambda: failure_of(run.run_dir),
    )
    store.request_stop(run)
    trained.join(250)
    run = store.load_run(run.run_id)
    assert run.status.status == "stopped", run.status
    assert not run.damaged
    assert run.status.epoch < 199
    assert outputs.read_results(run)["test_accuracy"] > 0.5
    assert outputs.read_results(run)["best_epoch"] is not None


def test_a_stopped_model_is_kept_as_it_stands_though_the_best_was_asked_for(lab, monkeypatch):
    standing = []

    class StopInTheSecondEpoch(callbacks.StopWatcher):
        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_train_batch_end(self, batch, logs=None):
            if (self.epoch, batch) == (1, 5):
                assert (lab.runs_dir / run.run_id / callbacks.CHECKPOINT_NAME).exists()
                standing.extend(self.model.get_weights())
                raise callbacks.StopRequested

    monkeypatch.setattr(callbacks, "StopWatcher", StopInTheSecondEpoch)
    config = SMALL.replace(keep="best")
    run = store.create_run(config)
    train_run(run, None)
    run = store.load_run(run.run_id)
    assert (run.status.status, run.damaged) == ("stopped", "")
    assert not run.file(callbacks.CHECKPOINT_NAME).exists()
    kept = keras.models.load_model(run.file("model.keras")).get_weights()
    assert len(kept) == len(standing) > 0
    for weights, expected in zip(kept, standing, strict=True):
        np.testing.assert_array_equal(weights, expected)


def test_a_run_stopped_before_its_first_step_has_no_model(lab):
    run = store.create_run(SMALL)
    store.request_stop(run)
    assert train.train_and_evaluate(SMALL, run.run_dir) == {}
    run = store.load_run(run.run_id)
    assert (run.status.status, run.damaged) == ("stopped", "")
    assert run.status.message == "Stopped before the first step."
    assert not run.has_model


def test_an_empty_validation_split_is_a_sentence(lab, tmp_path, monkeypatch):
    monkeypatch.setenv("FMNIST_DATA_DIR", str(data_factory.write_dataset(tmp_path / "d", 10, 10)))
    run = store.create_run(SMALL.replace(validation_fraction=0.02))
    with pytest.raises(ConfigError, match="one side of the split empty"):
        train_run(run, None)
    assert "one side of the split empty" in store.load_run(run.run_id).status.message


def test_a_training_on_a_dataset_of_ones_own(lab):
    images, labels = data_factory.make_split(60, 5)
    entry = catalogue.add_dataset("Shapes", data_factory.SHAPE_NAMES, [images, labels] * 2, {})
    run = store.create_run(
        TrainConfig(architecture="dense", dense_units=(4,), epochs=1, dataset=entry.slug)
    )
    train_run(run, None)
    environment = outputs.read_environment(store.load_run(run.run_id))
    assert environment["dataset"] == "Shapes"
    assert environment["dataset_fingerprint"] == entry.fingerprint
    assert outputs.read_class_names(run) == data_factory.SHAPE_NAMES
    assert outputs.read_probabilities(run).shape == (60, 10)


def test_a_training_on_a_dataset_that_is_gone_says_so(lab):
    run = store.create_run(TrainConfig(dataset="gone"))
    with pytest.raises(DatasetError, match="There is no dataset 'gone'"):
        train_run(run, None)
    assert "There is no dataset 'gone'" in store.load_run(run.run_id).status.message


# -- starting from another model ------------------------------------------------------------------


def test_a_training_can_start_from_the_weights_of_another_model(lab):
    first, _ = train_small()
    barely = SMALL.replace(epochs=1, learning_rate=1e-6)
    run = store.create_run(barely, start=first.file("model.keras").read_bytes())
    train_run(run, None)
    before, after = (
        keras.models.load_model(one.file("model.keras"), safe_mode=True).get_weights()
        for one in (first, run)
    )
    for old, new in zip(before, after, strict=True):
        assert new == pytest.approx(old, abs=1e-4)  # 17 steps of Adam move a weight by 1e-6 each


@pytest.mark.parametrize("other", [SMALL.replace(filters=(4,)), SMALL.replace(batch_norm=True)])
def test_other_layers_to_start_from_are_refused(lab, other):
    first, _ = train_small(SMALL.replace(epochs=1))
    run = store.create_run(other, start=first.file("model.keras").read_bytes())
    with pytest.raises(ConfigError, match="has other layers than these settings describe"):
        train_run(run, None)
    assert store.load_run(run.run_id).status.status == "failed"


def test_what_is_no_model_to_start_from_is_refused(lab):
    run = store.create_run(SMALL, start=b"no model")
    with pytest.raises(ConfigError, match="cannot be opened as a Keras model"):
        train_run(run, None)
