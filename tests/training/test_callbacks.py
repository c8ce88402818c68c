"""Callbacks driven by hand or by a tiny model: what they write, when they stop, what they cost."""

import io
import math
import time

import keras
import numpy as np
import pytest

from fmnist.config import TrainConfig
from fmnist.runs import outputs, store
from fmnist.training import callbacks, terminal_progress


@pytest.fixture
def run(lab) -> store.Run:
    return store.create_run(TrainConfig(epochs=2))


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """The callbacks' clock, in seconds; set clock[0]."""
    now = [100.0]
    monkeypatch.setattr(callbacks.time, "perf_counter", lambda: now[0])
    return now


def tiny_model(**compile_options) -> keras.Model:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, activation="softmax")])
    options = {"optimizer": keras.optimizers.SGD(0.25), "loss": "mse", "metrics": ["accuracy"]}
    model.compile(**{**options, **compile_options})
    return model


@pytest.fixture
def make_reporter(run, clock):
    """Makes a reporter for so many training images, ten a step."""
    made = []

    def make(train_images: int = 1000) -> callbacks.RunReporter:
        reporter = callbacks.RunReporter(run.run_dir, train_images, batch_size=10)
        made.append(reporter)
        reporter.set_model(tiny_model())
        reporter.on_train_begin()
        return reporter

    yield make
    for reporter in made:
        reporter.close()


def test_batch_rows_are_means_since_the_row_before(run, clock, make_reporter):
    reporter = make_reporter()
    reporter.on_epoch_begin(1)
    # Keras reports means over the epoch so far: 10 images of loss 4, then 20 of loss 1.
    reporter.on_train_batch_end(0, {"loss": 4.0, "accuracy": 0.0})  # traces: not measured
    clock[0] += 0.4
    reporter.on_train_batch_end(1, {"loss": 2.5, "accuracy": 0.25})
    assert outputs.read_batches(run).empty, "not yet half a second"
    clock[0] += 0.1
    began = time.time()
    reporter.on_train_batch_end(2, {"loss": 2.0, "accuracy": 0.4})
    (row,) = outputs.read_batches(run).to_dict("records")
    # (2.0·30 − 4.0·10) / 20 = 1; (0.4·30 − 0) / 20 = 0.6; 20 images in 0.5 s
    assert row == pytest.approx(
        {"step": 103, "epoch": 1, "loss": 1.0, "accuracy": 0.6, "images_per_second": 40.0}
    )
    status = store.read_status(run.run_dir)
    assert (status.epoch, status.step, status.steps_per_epoch) == (1, 103, 100)
    assert status.images_per_second == 40.0
    assert began <= status.heartbeat_at <= time.time()


def test_at_most_two_rows_a_second(run, clock, make_reporter):
    reporter = make_reporter(train_images=10_000)
    reporter.on_epoch_begin(0)
    for batch in range(1000):
        clock[0] += 0.01
        reporter.on_train_batch_end(batch, {"loss": 1.0, "accuracy": 0.5})
    assert 18 <= len(outputs.read_batches(run)) <= 20


def test_a_row_goes_on_where_an_epoch_ends_and_leaves_out_the_validation(run, clock, make_reporter):
    reporter = make_reporter(train_images=20)  # two steps an epoch
    reporter.on_epoch_begin(0)
    reporter.on_train_batch_end(0, {"loss": 9.0, "accuracy": 0.0})  # traces: not measured
    clock[0] += 0.2
    reporter.on_train_batch_end(1, {"loss": 5.0, "accuracy": 0.5})  # this batch: 1, all right
    clock[0] += 7  # validation
    reporter.on_epoch_begin(1)
    clock[0] += 0.3
    reporter.on_train_batch_end(0, {"loss": 2.0, "accuracy": 0.5})
    (row,) = outputs.read_batches(run).to_dict("records")
    # losses 1 and 2, accuracies 1 and 0.5, ten images each, 0.2 s and 0.3 s
    assert row == pytest.approx(
        {"step": 3, "epoch": 1, "loss": 1.5, "accuracy": 0.75, "images_per_second": 40.0}
    )


def test_the_last_partial_batch_counts_its_images(run, clock, make_reporter):
    reporter = make_reporter(train_images=25)
    reporter.on_epoch_begin(0)
    reporter.on_train_batch_end(0, {"loss": 1.0, "accuracy": 0.0})
    clock[0] += 1
    reporter.on_train_batch_end(2, {"loss": 1.0, "accuracy": 0.6})
    # 15 images after the first ten, all of them right
    assert outputs.read_batches(run)["accuracy"].tolist() == [1.0]
    assert outputs.read_batches(run)["images_per_second"].tolist() == [15.0]


def test_history_has_a_row_an_epoch_at_once(run, clock, make_reporter):
    reporter = make_reporter()
    logs = {"loss": 1.5, "accuracy": 0.5, "val_loss": 1.25, "val_accuracy": 0.75}
    for epoch in range(2):
        reporter.on_epoch_begin(epoch)
        clock[0] += 12
        reporter.on_epoch_end(epoch, logs)
        rows = outputs.read_history(run).to_dict("records")
        assert len(rows) == epoch + 1
        assert rows[-1] == {"epoch": epoch, **logs, "learning_rate": 0.25, "seconds": 12}


def test_a_folder_that_is_gone_ends_the_training(run, clock, make_reporter):
    reporter = make_reporter()
    reporter.on_epoch_begin(0)
    run.file("status.json").unlink()
    clock[0] += 1
    with pytest.raises(OSError, match=r"status\.json"):
        reporter.on_test_batch_end(0)


def test_stop_is_seen_between_steps_and_in_validation(run, clock):
    watcher = callbacks.StopWatcher(run.run_dir)
    watcher.on_train_begin()
    watcher.on_train_batch_end(0)
    store.request_stop(run)
    clock[0] += 0.15
    watcher.on_train_batch_end(1)  # looked less than 0.2 s ago
    clock[0] += 0.15
    with pytest.raises(callbacks.StopRequested):
        watcher.on_train_batch_end(2)
    clock[0] += 0.2
    with pytest.raises(callbacks.StopRequested):
        watcher.on_test_batch_end(0)


def test_a_run_that_was_taken_for_dead_takes_itself_back(run, clock, make_reporter):
    reporter = make_reporter()
    reporter.on_epoch_begin(0)
    store.write_status(run.run_dir, status="failed", finished_at=1.0, message="it is gone")
    clock[0] += 0.5
    reporter.on_train_batch_end(0, {"loss": 1.0, "accuracy": 0.5})
    status = store.read_status(run.run_dir)
    assert (status.status, status.finished_at, status.message) == ("running", None, "")


@pytest.mark.parametrize(("loss", "word"), [(math.nan, "NaN"), (math.inf, "infinite")])
def test_divergence_is_named_with_its_place(loss, word):
    guard = callbacks.DivergenceGuard(0.5)
    guard.on_epoch_begin(2)
    guard.on_train_batch_end(118, {"loss": 3.0})
    with pytest.raises(callbacks.TrainingDiverged) as caught:
        guard.on_train_batch_end(119, {"loss": loss})
    assert str(caught.value) == (
        f"The loss became {word} in epoch 3, step 120: lower the learning rate (it was 0.5)."
    )


def test_the_checkpoint_is_the_first_of_the_best_epochs(run):
    model = tiny_model()
    checkpoint = callbacks.BestCheckpoint(run.run_dir)
    checkpoint.set_model(model)
    for epoch, accuracy in enumerate([0.5, 0.75, 0.75, 0.25]):
        model.set_weights([np.full((2, 2), epoch), np.zeros(2)])
        checkpoint.on_epoch_end(epoch, {"val_accuracy": accuracy})
    checkpoint.restore()
    assert checkpoint.best_epoch == 1
    np.testing.assert_array_equal(model.get_weights()[0], np.ones((2, 2)))
    assert [path.name for path in run.run_dir.glob("*.h5")] == [callbacks.CHECKPOINT_NAME]


def test_no_finished_epoch_leaves_the_model_as_it_stands(run):
    model = tiny_model()
    before = model.get_weights()
    checkpoint = callbacks.BestCheckpoint(run.run_dir)
    checkpoint.set_model(model)
    checkpoint.restore()
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_averaged_weights_validate_and_training_goes_on_from_the_raw_ones():
    optimizer = keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.5)
    model = tiny_model(optimizer=optimizer)
    averaged = callbacks.AveragedWeights()
    averaged.set_model(model)
    kernel, bias = model.trainable_variables
    # The average starts as the first step's weights; gradient 1, rate 0.5: 1 → 0.5 → 0.
    kernel.assign(np.ones((2, 2)))
    for _ in range(2):
        optimizer.apply([np.ones((2, 2)), np.zeros(2)], [kernel, bias])
    averaged.on_test_begin()
    # 0.5·0.5 + 0.5·0
    np.testing.assert_allclose(kernel.numpy(), 0.25)
    averaged.use_average()  # a stop in the middle of the validation
    np.testing.assert_allclose(kernel.numpy(), 0.25)
    averaged.on_epoch_begin(1)
    np.testing.assert_allclose(kernel.numpy(), 0.0)


@pytest.mark.parametrize(
    ("logs", "what"),
    [
        ({"loss": math.nan, "val_loss": 1.0}, "The loss became NaN in epoch 3"),
        ({"loss": 1.0, "val_loss": math.nan}, "The validation loss became NaN after epoch 3"),
        ({"loss": 1.0, "val_loss": math.inf}, "The validation loss became infinite after epoch 3"),
    ],
)
def test_divergence_shows_at_the_end_of_an_epoch(logs, what):
    guard = callbacks.DivergenceGuard(0.5)
    guard.set_model(tiny_model())
    guard.on_epoch_end(2, {"loss": 1.0, "val_loss": 2.0})
    with pytest.raises(callbacks.TrainingDiverged) as caught:
        guard.on_epoch_end(2, logs)
    assert str(caught.value) == f"{what}: lower the learning rate (it was 0.5)."


@pytest.mark.parametrize(("value", "became"), [(math.nan, "NaN"), (-math.inf, "infinite")])
def test_a_weight_that_no_loss_shows_is_found_at_the_end_of_an_epoch(value, became):
    model = tiny_model()
    guard = callbacks.DivergenceGuard(0.5)
    guard.set_model(model)
    model.trainable_variables[0].assign([[1.0, value], [1.0, 1.0]])
    with pytest.raises(callbacks.TrainingDiverged, match=f"largest weight became {became} after"):
        guard.on_epoch_end(0, {"loss": 1.0, "val_loss": 2.0})


class Terminal(io.StringIO):
    def __init__(self, is_terminal: bool):
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


SCORES = {"loss": 0.5, "accuracy": 0.8}
VALIDATION = {**SCORES, "val_loss": 0.4567, "val_accuracy": 0.85}
EPOCH_LINE = (
    "Epoch 1/3: loss 0.500, accuracy 80.0\N{NO-BREAK SPACE}%, validation loss 0.457, "
    "accuracy 85.0\N{NO-BREAK SPACE}%, 12\N{NO-BREAK SPACE}s\n"
)


def test_the_progress_bar_tells_rate_and_time_left(clock, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    terminal = Terminal(is_terminal=True)
    progress = terminal_progress.TerminalProgress(
        terminal, epochs=3, train_images=1000, batch_size=10
    )
    progress.on_train_begin()
    progress.on_epoch_begin(0)
    for batch in (9, 49):
        clock[0] += 4
        progress.on_train_batch_end(batch, SCORES)
    # 400 images in 4 s: 5 s more for this epoch, 10 s for each of the two others
    line = terminal.getvalue().splitlines()[-1]
    assert "Epoch 1/3" in line
    assert "loss 0.500, accuracy 80.0\N{NO-BREAK SPACE}%" in line
    assert "100 images/s, 25\N{NO-BREAK SPACE}s left" in line
    clock[0] += 4
    progress.on_epoch_end(0, VALIDATION)
    assert EPOCH_LINE in terminal.getvalue()
    progress.close()
    assert terminal.getvalue().rfind("\x1b[?25h") > terminal.getvalue().rfind("\x1b[?25l")


def test_a_log_file_gets_a_line_an_epoch_and_no_bar(clock, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    terminal = Terminal(is_terminal=False)
    progress = terminal_progress.TerminalProgress(
        terminal, epochs=3, train_images=1000, batch_size=10
    )
    progress.on_train_begin()
    progress.on_epoch_begin(0)
    clock[0] += 12
    progress.on_train_batch_end(49, SCORES)
    progress.on_epoch_end(0, VALIDATION)
    progress.on_train_end()
    assert terminal.getvalue() == EPOCH_LINE
