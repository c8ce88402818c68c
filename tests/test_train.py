"""Trainings of seconds on made images: the run folder, stopping, failing, the command."""

import errno
import functools
import hashlib
import http.server
import io
import json
import math
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import keras
import numpy as np
import psutil
import pytest

from fmnist import callbacks, dataset, evaluate, runs, train
from fmnist.config import ConfigError, TrainConfig
from fmnist.dataset import load_dataset, split_train_val
from fmnist.models import build_model, build_network

ROOT = Path(__file__).parent.parent
SMALL = TrainConfig(filters=(8,), dense_units=(16,), epochs=2, batch_size=32)


def train_small(config: TrainConfig = SMALL, screen=None) -> tuple[runs.Run, dict]:
    run = runs.create_run(config)
    results = train.train_run(run, screen)
    return runs.load_run(run.run_id), results


def command(*arguments: str, timeout: float = 120) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "fmnist.train", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
    )


# -- the run folder -------------------------------------------------------------------------------


def test_a_training_leaves_a_whole_run_folder(lab):
    run, results = train_small()
    assert sorted(path.name for path in run.run_dir.iterdir()) == [
        "batches.csv",
        "config.json",
        "environment.json",
        "history.csv",
        "model.keras",
        "results.json",
        "status.json",
        "test_probabilities.npy",
    ]
    status = run.status
    assert (status.status, status.message, run.damaged) == ("completed", "", "")
    # 600 images, a tenth for validation: 540 in steps of 32 are 17 a epoch
    assert (status.epoch, status.step, status.steps_per_epoch, status.epochs) == (1, 34, 17, 2)
    assert status.queued_at <= status.started_at <= status.heartbeat_at <= status.finished_at

    history = runs.read_history(run)
    assert list(history.columns) == list(runs.HISTORY_COLUMNS)
    assert history["epoch"].tolist() == [0, 1]
    assert history["learning_rate"].tolist() == pytest.approx([0.001, 0.001])
    assert history["loss"][1] < history["loss"][0]

    environment = runs.read_environment(run)
    # 9·8 + 8 + 13·13·8·16 + 16 + 160 + 10; 26·26·9·8 + 13·13·8·16 + 160
    assert environment["parameters"] == 80 + 21_648 + 170
    assert environment["macs_per_image"] == 48_672 + 21_632 + 160
    assert environment["dataset"] == "custom"
    assert environment["dataset_fingerprint"] == load_dataset().fingerprint
    assert environment["versions"]["keras"] == keras.__version__
    assert environment["hardware"]["cores"] >= 1

    labels = load_dataset().test_labels
    probabilities = runs.read_probabilities(run)
    assert (probabilities.shape, probabilities.dtype) == ((200, 10), np.float32)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert results == runs.read_results(run)
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


@pytest.mark.parametrize(
    "config",
    [SMALL, EVERYTHING.replace(precision="bfloat16")],
    ids=["small", "everything, in bfloat16"],
)
def test_the_saved_model_opens_where_this_project_is_unknown(lab, tmp_path, config):
    run, _ = train_small(config)
    script = """
import sys, keras, numpy as np
model = keras.models.load_model(sys.argv[1], safe_mode=True)
images = np.load(sys.argv[2])
assert not model.compiled and "fmnist" not in sys.modules
assert model.input_shape == (None, 28, 28, 1)
layers = list(model._flatten_layers(include_self=False))
assert all(type(layer).__module__.startswith("keras.") for layer in layers)
assert {layer.compute_dtype for layer in layers} == {"float32"}
assert {weight.dtype for weight in model.weights} == {"float32"}
np.save(sys.argv[3], model.predict(images[..., None], verbose=0))
"""
    np.save(tmp_path / "images.npy", load_dataset().test_images)
    files = [run.file("model.keras"), tmp_path / "images.npy", tmp_path / "answers.npy"]
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, files)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    answers = np.load(files[2])
    np.testing.assert_allclose(answers, runs.read_probabilities(run), atol=1e-5)
    assert train.score(answers, load_dataset().test_labels)["test_accuracy"] > 0.5


def test_a_flipping_model_answers_alike_for_an_image_and_its_mirror_image():
    model = build_model(EVERYTHING)
    images = np.random.default_rng(0).integers(0, 256, (4, 28, 28, 1), dtype=np.uint8)
    np.testing.assert_allclose(model(images), model(images[:, :, ::-1]), atol=1e-6)
    network = build_network(EVERYTHING)
    network.set_weights(model.get_weights())
    mean = (network(images).numpy() + network(images[:, :, ::-1]).numpy()) / 2
    np.testing.assert_allclose(model(images), mean, atol=1e-6)


def test_keeping_the_best_epoch_restores_its_weights(lab):
    # Steps this long wreck what the first epochs learnt: the last epoch is not the best.
    config = SMALL.replace(epochs=6, learning_rate=0.2, optimizer="sgd", keep="best")
    run, results = train_small(config)
    accuracies = runs.read_history(run)["val_accuracy"].tolist()
    assert results["best_epoch"] == accuracies.index(max(accuracies))
    assert accuracies[-1] < max(accuracies), "the last epoch must not be the best for this test"
    data = load_dataset()
    _, val = split_train_val(600, config.validation_fraction, config.seed)
    answers = train.compute_probabilities(run.file("model.keras"), data.train_images[val])
    assert np.mean(answers.argmax(1) == data.train_labels[val]) == pytest.approx(max(accuracies))
    assert not run.file("checkpoint.weights.h5").exists()


def test_early_stopping_ends_a_run_that_no_longer_improves(lab):
    config = SMALL.replace(epochs=50, optimizer="sgd", learning_rate=5.0, early_stopping_patience=1)
    run, _ = train_small(config)
    losses = runs.read_history(run)["val_loss"].tolist()
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
    with pytest.raises(train.TrainingError, match=r"became NaN in epoch \d, step \d+: lower the"):
        train_small(config)
    (run,) = runs.list_runs()
    assert run.status.status == "failed"
    assert "lower the learning rate (it was 10)" in run.status.message
    assert not run.has_model
    assert not run.has_scores


@pytest.mark.parametrize(
    ("spoilt", "sentence"),
    [
        ("weights", "The validation loss became NaN after epoch 1: lower the learning rate"),
        ("answers", "The model's answers became NaN: lower the learning rate (it was 0.001)."),
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
    with pytest.raises(train.TrainingError) as caught:
        train_small(SMALL.replace(epochs=1))
    assert str(caught.value).startswith(sentence)
    (run,) = runs.list_runs()
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
    rates = runs.read_history(run)["learning_rate"]
    if "schedule" in changes:
        # half a cosine: (1 + cos(π/4))/2 after a quarter, nothing at the end
        assert rates[0] == pytest.approx(0.01 * 0.853553, rel=1e-3)
        assert rates[3] == pytest.approx(0, abs=1e-6)


def test_the_seed_repeats_a_run(lab):
    config = SMALL.replace(epochs=1, augmentation="flip+shift", dropout=0.2)
    first, second, other = (train_small(c)[0] for c in (config, config, config.replace(seed=1)))
    np.testing.assert_allclose(
        runs.read_probabilities(first), runs.read_probabilities(second), atol=1e-4
    )
    difference = runs.read_probabilities(first) - runs.read_probabilities(other)
    assert np.abs(difference).max() > 1e-2


# -- batches --------------------------------------------------------------------------------------


def test_an_epoch_holds_every_training_image_once_in_an_order_of_its_own():
    images = np.arange(50, dtype=np.uint8).repeat(784).reshape(50, 28, 28)
    labels = np.arange(50, dtype=np.uint8) % 10
    batches = train.make_training_batches(images, labels, TrainConfig(batch_size=16))
    epochs = []
    taken = [(x.numpy(), y.numpy()) for x, y in batches.take(8)]  # 4 a epoch: 16, 16, 16, 2
    assert [len(x) for x, _ in taken] == [16, 16, 16, 2] * 2
    for part in (taken[:4], taken[4:]):
        seen = np.concatenate([x[:, 0, 0, 0] for x, _ in part])
        targets = np.concatenate([y for _, y in part])
        assert sorted(seen) == list(range(50))
        np.testing.assert_array_equal(targets.argmax(1), seen % 10)
        epochs.append(seen.tolist())
    assert epochs[0] != epochs[1]
    assert taken[0][0].dtype == np.uint8


def test_copies_enlarge_an_epoch_by_changed_images():
    images = np.zeros((20, 28, 28), np.uint8)
    images[:, :, 0] = np.arange(1, 21)[:, None]  # mirrored, the column lies at the other end
    config = TrainConfig(batch_size=10, augmentation="flip", augmented_copies=2)
    batches = train.make_training_batches(images, np.arange(20) % 10, config)
    seen = np.concatenate([x.numpy() for x, _ in batches.take(6)])[..., 0]
    assert len(seen) == config.epoch_images(20) == 60
    left, right = seen[:, 5, 0], seen[:, 5, 27]
    assert sorted(left + right) == sorted(list(range(1, 21)) * 3)
    assert set(range(1, 21)) <= set(left[left > 0])  # each original
    assert 5 < (right > 0).sum() < 35  # half of the 40 copies


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
        share = 1 - 0.1 * 0.5 if weight.path.endswith("kernel") else 1
        np.testing.assert_allclose(weight, before[weight.path] * share, rtol=1e-5)


def test_label_smoothing_spreads_the_training_targets_alone():
    images, labels = np.zeros((8, 28, 28), np.uint8), np.full(8, 3, np.uint8)
    config = TrainConfig(batch_size=8, label_smoothing=0.2)
    _, targets = next(iter(train.make_training_batches(images, labels, config)))
    # 0.2 spread over ten classes: 0.02 each, and 0.8 more for the true one
    np.testing.assert_allclose(targets[0], [0.02] * 3 + [0.82] + [0.02] * 6, rtol=1e-6)
    _, targets = next(iter(train.make_validation_batches(images, labels)))
    np.testing.assert_array_equal(targets[0], [0, 0, 0, 1, 0, 0, 0, 0, 0, 0])


# -- stopping, waiting, failing -------------------------------------------------------------------


def test_a_stopped_training_is_kept_and_scored(lab):
    run = runs.create_run(SMALL.replace(epochs=200, batch_size=8, weight_averaging=True))
    trained = threading.Thread(target=train.train_run, args=(run, None))
    trained.start()
    deadline = time.monotonic() + 60
    while (runs.read_status(run.run_dir).step or 0) < 100 and time.monotonic() < deadline:
        time.sleep(0.05)
    runs.request_stop(run)
    asked = time.time()
    trained.join(60)
    run = runs.load_run(run.run_id)
    assert run.status.status == "stopped", run.status
    assert not run.damaged
    assert run.status.epoch < 199
    assert run.status.heartbeat_at < asked + 2
    assert runs.read_results(run)["test_accuracy"] > 0.5
    assert runs.read_results(run)["best_epoch"] is not None


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
    run = runs.create_run(config)
    train.train_run(run, None)
    run = runs.load_run(run.run_id)
    assert (run.status.status, run.damaged) == ("stopped", "")
    assert not run.file(callbacks.CHECKPOINT_NAME).exists()
    kept = keras.models.load_model(run.file("model.keras")).get_weights()
    assert len(kept) == len(standing) > 0
    for weights, expected in zip(kept, standing, strict=True):
        np.testing.assert_array_equal(weights, expected)


def test_a_run_stopped_before_its_first_step_has_no_model(lab):
    run = runs.create_run(SMALL)
    runs.request_stop(run)
    assert train.train_and_evaluate(SMALL, run.run_dir) == {}
    run = runs.load_run(run.run_id)
    assert (run.status.status, run.damaged) == ("stopped", "")
    assert run.status.message == "Stopped before the first step."
    assert not run.has_model


def test_a_waiting_run_that_is_stopped_never_starts(lab):
    run = runs.create_run(SMALL)
    runs.request_stop(run)
    assert train.wait_for_turn(run.run_dir) is False
    status = runs.load_run(run.run_id).status
    assert (status.status, status.message) == ("stopped", "Cancelled before it started.")
    assert status.started_at is None


def test_only_the_oldest_waiting_run_goes_on(lab):
    first, second = runs.create_run(SMALL), runs.create_run(SMALL)
    is_over = threading.Event()

    def wait():
        train.wait_for_turn(second.run_dir)
        is_over.set()

    waiter = threading.Thread(target=wait, daemon=True)
    waiter.start()
    assert not is_over.wait(1), "the second run must not overtake the first"
    runs.claim_run(first.run_dir)
    assert train.wait_for_turn(first.run_dir) is True
    assert not is_over.wait(1), "one training at a time"
    runs.claim_run(second.run_dir)
    runs.write_status(first.run_dir, status="completed")
    assert is_over.wait(3)
    assert runs.read_status(second.run_dir).status == "running"


def wait_in_a_thread(run: runs.Run) -> tuple[threading.Thread, list[bool]]:
    answers: list[bool] = []
    waiter = threading.Thread(
        target=lambda: answers.append(train.wait_for_turn(run.run_dir)), daemon=True
    )
    waiter.start()
    return waiter, answers


def test_a_waiting_run_that_was_taken_for_dead_queues_again(lab):
    first, second = runs.create_run(SMALL), runs.create_run(SMALL)
    for run in (first, second):
        runs.claim_run(run.run_dir)
    waiter, answers = wait_in_a_thread(second)
    runs.write_status(second.run_dir, status="failed", finished_at=1.0, message="it is gone")
    deadline = time.monotonic() + 5
    while runs.read_status(second.run_dir).status != "queued" and time.monotonic() < deadline:
        time.sleep(0.05)
    status = runs.read_status(second.run_dir)
    assert (status.status, status.finished_at, status.message) == ("queued", None, "")
    assert answers == []
    runs.write_status(first.run_dir, status="completed")
    waiter.join(5)
    assert answers == [True]
    assert runs.read_status(second.run_dir).status == "running"


def test_a_waiting_run_whose_folder_is_deleted_ends_quietly(lab):
    first, second = runs.create_run(SMALL), runs.create_run(SMALL)
    for run in (first, second):
        runs.claim_run(run.run_dir)
    waiter, answers = wait_in_a_thread(second)
    second.run_dir.rename(lab.cache_dir / "gone")
    waiter.join(5)
    assert answers == [False]
    assert not second.run_dir.exists()


def test_a_folder_that_another_process_waits_in_is_refused(lab):
    run = runs.create_run(SMALL)
    runs.claim_run(run.run_dir)
    assert train.open_run(run.run_dir).run_id == run.run_id, "this process's own"
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        started_at = psutil.Process(other.pid).create_time()
        runs.write_status(run.run_dir, pid=other.pid, pid_started_at=started_at)
        with pytest.raises(ConfigError, match=f"already belongs to process {other.pid} on"):
            train.open_run(run.run_dir)
    finally:
        other.communicate(b"\n")
    with pytest.raises(ConfigError, match="is failed: only a queued run"):
        train.open_run(run.run_dir)


def test_two_places_let_two_runs_train(lab):
    runs.write_parallel_trainings(2)
    for run in (runs.create_run(SMALL), runs.create_run(SMALL)):
        runs.claim_run(run.run_dir)
        assert train.wait_for_turn(run.run_dir) is True


@pytest.mark.parametrize(
    ("code", "with_file", "advice"),
    [
        (errno.ENOSPC, False, "the disk is full; free some space."),
        (errno.EROFS, True, "it is read-only; allow writing there."),
        (errno.EACCES, True, "allow writing there."),
    ],
)
def test_a_folder_that_can_no_longer_be_written_fails_the_run(
    lab, monkeypatch, code, with_file, advice
):
    run = runs.create_run(SMALL)

    def refuse(*_, **__):
        path = [str(run.file("model.keras"))] if with_file else []
        raise OSError(code, os.strerror(code), *path)

    monkeypatch.setattr(train, "train_and_evaluate", refuse)
    with pytest.raises(train.TrainingError) as caught:
        train.train_run(run, None)
    expected = f"{run.run_dir} could not be written or read ({os.strerror(code)}): {advice}"
    assert str(caught.value) == expected
    status = runs.load_run(run.run_id).status
    assert (status.status, status.message) == ("failed", expected)


def test_an_empty_validation_split_is_a_sentence(lab, tmp_path, monkeypatch):
    from tests import made_data

    monkeypatch.setenv("FMNIST_DATA_DIR", str(made_data.write_dataset(tmp_path / "d", 10, 10)))
    run = runs.create_run(SMALL.replace(validation_fraction=0.02))
    with pytest.raises(ConfigError, match="one side of the split empty"):
        train.train_run(run, None)
    assert "one side of the split empty" in runs.load_run(run.run_id).status.message


# -- the command ----------------------------------------------------------------------------------


def test_the_command_trains_and_ends_with_json(lab, tmp_path):
    runs_dir = tmp_path / "elsewhere"
    done = command(
        *("--architecture", "cnn", "--filters", "4,8", "--dense-units", "16", "--epochs", "1"),
        *("--batch-size", "32", "--weight-averaging", "--runs-dir", str(runs_dir)),
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert sorted(answer) == ["run_id", "seconds", "test_accuracy", "test_loss"]
    run = runs.read_run(runs_dir / answer["run_id"])
    assert run.config == TrainConfig(
        filters=(4, 8), dense_units=(16,), epochs=1, batch_size=32, weight_averaging=True
    )
    assert answer["test_accuracy"] == runs.read_results(run)["test_accuracy"]
    assert "Epoch 1/1: loss" in done.stderr
    assert "TensorFlow" not in done.stderr, "TensorFlow's own messages go to the log"
    assert run.file("log.txt").stat().st_size > 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--filters", "8,x"], "argument --filters: expected a whole number, got 'x'"),
        (["--epochs", "0"], "epochs is between 1 and 200, got 0"),
        (["--dropout", "nan"], "dropout is a number, got nan"),
        (["--optimizer", "magic"], "optimizer is one of adam, adamw, sgd, rmsprop, got 'magic'"),
        (["--recipe", "none-such"], "There is no recipe 'none-such': choose one of"),
        (["--filters", "8,8,8,8,8"], "Convolution 4 has a 3×3 kernel"),
        (["--weight-averaging", "maybe"], "expected true or false, got 'maybe'"),
        (["--no-such-option"], "unrecognized arguments: --no-such-option"),
        (["no/such/folder"], "config.json is missing"),
        (["some/folder", "--epochs", "3"], "leave out --epochs"),
        (["some/folder", "--seed", "0"], "leave out --seed"),
        (["some/folder", "--weight-averaging", "false"], "leave out --weight-averaging"),
        (["some/folder", "--recipe", ""], "leave out --recipe"),
        (["some/folder", "--runs-dir", "."], "leave out --runs-dir"),
    ],
)
def test_bad_input_gets_one_line(lab, arguments, sentence, capfd):
    try:
        code = train.main(arguments)
    except SystemExit as left:
        code = left.code
    printed = capfd.readouterr()
    assert code == 2
    assert sentence in printed.err
    assert len(printed.err.splitlines()) == 1
    assert printed.out == ""
    assert runs.list_runs() == []


class Screen(io.StringIO):
    def __init__(self, is_terminal: bool):
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal


@pytest.fixture
def no_dataset(lab, tmp_path, monkeypatch) -> None:
    """No FMNIST_DATA_DIR, and an empty home and cache; the made files are the published ones."""
    monkeypatch.delenv("FMNIST_DATA_DIR")
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    sums = {n: hashlib.md5((lab.data_dir / n).read_bytes()).hexdigest() for n in dataset.FILES}
    monkeypatch.setattr(dataset, "FILES", sums)


@pytest.fixture
def mirror(lab, no_dataset, monkeypatch) -> None:
    """A server of the made files, in the place of the published mirrors."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=str(lab.data_dir))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    download = functools.partial(
        dataset.download_dataset, mirrors=[f"http://127.0.0.1:{server.server_port}/"]
    )
    monkeypatch.setattr(train, "download_dataset", download)
    yield
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("is_terminal", [True, False])
def test_the_command_downloads_what_is_missing(lab, mirror, monkeypatch, is_terminal):
    screen = Screen(is_terminal)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(train, "keep_logs_off_screen", lambda _: screen)
    trained_on = []

    def train_run(run, _):
        trained_on.append(load_dataset())
        return {}

    monkeypatch.setattr(train, "train_run", train_run)
    assert train.main(["--epochs", "1"]) == 0
    assert trained_on[0].folder == lab.cache_dir / "fashion-mnist"
    assert len(trained_on[0].train_labels) == 600
    text = screen.getvalue()
    assert text.startswith(f"Downloading Fashion-MNIST to {trained_on[0].folder}\n")
    for name in dataset.FILES:
        size = f"{(lab.data_dir / name).stat().st_size / 1e6:.1f}"
        assert f"{name}: {size} of {size} MB" in text
    if is_terminal:
        assert text.split("\n")[1].endswith(
            f"\r\033[KRun {runs.list_runs()[0].run_id} in {lab.runs_dir}"
        )
    else:
        assert "\r" not in text
    assert train.main(["--epochs", "1"]) == 0
    assert screen.getvalue().count("Downloading") == 1


def test_a_training_itself_never_downloads(lab, mirror):
    run = runs.create_run(SMALL)
    with pytest.raises(dataset.DatasetMissing, match="was not found"):
        train.train_run(run, None)
    assert runs.load_run(run.run_id).status.status == "failed"


def test_no_mirror_makes_no_run_and_a_sentence(lab, no_dataset, monkeypatch, capfd):
    unreachable = functools.partial(dataset.download_dataset, mirrors=["http://127.0.0.1:9/"])
    monkeypatch.setattr(train, "download_dataset", unreachable)
    assert train.main(["--epochs", "1"]) == 2
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("No mirror gave the dataset (http://127.0.0.1:9/: ")
    assert runs.list_runs() == []


def test_a_data_folder_of_ones_own_is_never_filled(lab, monkeypatch, tmp_path, capfd):
    monkeypatch.setenv("FMNIST_DATA_DIR", str(tmp_path / "mine"))
    assert train.main(["--epochs", "1"]) == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"FMNIST_DATA_DIR names {tmp_path / 'mine'}, which is not a folder.")


@pytest.mark.parametrize("in_a_folder", [False, True])
def test_an_unforeseen_error_gets_one_line_and_its_traceback_lies_in_the_log(lab, in_a_folder):
    code = """
import sys
from fmnist import train

class ResourceExhaustedError(Exception):
    pass

def run_out(*_, **__):
    raise ResourceExhaustedError("OOM when allocating " + 99 * "word " + "\\nand pages more")

train.train_and_evaluate = run_out
sys.exit(train.main(sys.argv[1:]))
"""
    arguments = [str(runs.create_run(SMALL).run_dir)] if in_a_folder else ["--epochs", "1"]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (1, "")
    (run,) = runs.list_runs()
    line = done.stderr.splitlines()[-1]
    assert line.startswith("The training failed: ResourceExhaustedError: OOM when allocating word")
    assert line.endswith(f" … (the whole story is in {run.file('log.txt')})")
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == (1 if in_a_folder else 2), "the first names the run"
    assert "Traceback" in runs.read_log(run)
    assert "and pages more" in runs.read_log(run)
    assert run.status.status == "failed"
    assert run.status.message.startswith("ResourceExhaustedError: OOM when allocating")
    assert len(run.status.message) < 260


def test_a_runs_folder_that_cannot_be_made_gets_one_line(lab, tmp_path):
    blocked = tmp_path / "a-file"
    blocked.write_text("in the way")
    done = command("--runs-dir", str(blocked / "runs"))
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "cannot be written" in done.stderr


def test_waiting_and_refusing_need_no_tensorflow():
    code = "import sys, fmnist.train; print(sorted({'keras', 'tensorflow'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


def test_the_options_are_the_config_fields():
    options = vars(train.build_parser().parse_args(["--filters", "8,24,48", "--dropout", ".5"]))
    assert options["filters"] == (8, 24, 48)
    assert options["dropout"] == 0.5
    assert "epochs" not in options
    recipe = {"recipe": "conv-8-24-48-strided", "epochs": 3}
    assert train.read_config(recipe).differences(TrainConfig(epochs=3))["strides"] == (2, 1)
    assert train.read_config(recipe).epochs == 3
