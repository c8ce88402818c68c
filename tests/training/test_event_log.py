"""What TensorBoard reads of a training: the same curves as `history.csv`."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from fmnist.commands.train import train_run
from fmnist.config import TrainConfig
from fmnist.runs import outputs, store
from fmnist.training import event_log

SMALL = TrainConfig(architecture="dense", dense_units=(8,), epochs=2, batch_size=128)


def read_scalars(folder) -> dict[str, list[tuple[int, float]]]:
    events = EventAccumulator(str(folder)).Reload()
    return {
        tag: [
            (event.step, float(tf.make_ndarray(event.tensor_proto)))
            for event in events.Tensors(tag)
        ]
        for tag in events.Tags()["tensors"]
    }


def test_tensorboard_reads_the_curves(lab):
    run = store.create_run(SMALL)
    train_run(run, None)
    history = outputs.read_history(run)
    train, validation = (
        read_scalars(run.file("tensorboard") / split) for split in ("train", "validation")
    )
    assert set(train) == {"epoch_loss", "epoch_accuracy", "epoch_learning_rate"}
    assert set(validation) == {"epoch_loss", "epoch_accuracy"}
    for found, prefix in ((train, ""), (validation, "val_")):
        for name in ("loss", "accuracy"):
            steps, values = zip(*found[f"epoch_{name}"], strict=True)
            assert steps == (0, 1)
            np.testing.assert_allclose(values, history[prefix + name], rtol=1e-6)


def test_nothing_is_written_where_nobody_could_read_it(lab, monkeypatch):
    monkeypatch.setattr(event_log.importlib.util, "find_spec", lambda name: None)
    assert not event_log.can_be_read()


def test_a_folder_that_cannot_be_written_ends_the_curves_alone(tmp_path, capsys):
    (tmp_path / "tensorboard").write_text("a file where the folder should be")
    log = event_log.EventLog(tmp_path)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    log.set_model(model)
    logs = {"loss": 1.0, "accuracy": 0.5, "val_loss": 1.0, "val_accuracy": 0.5}
    log.on_epoch_end(0, logs)
    log.on_epoch_end(1, logs)
    log.close()
    assert capsys.readouterr().out.count("The curves for TensorBoard end here") == 1


@pytest.mark.parametrize("epochs", [0, 1])
def test_closing_twice_is_no_mistake(tmp_path, epochs):
    log = event_log.EventLog(tmp_path)
    log.close()
    log.close()
