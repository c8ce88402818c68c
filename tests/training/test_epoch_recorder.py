"""What is recorded after every epoch is what the saved model would have predicted."""

import numpy as np
import pytest

from fmnist.commands.train import train_run
from fmnist.config import TrainConfig
from fmnist.runs import epochs, outputs, store

SMALL = TrainConfig(
    filters=(8,), dense_units=(16,), epochs=3, batch_size=32, keep="last", record_epochs=True
)


def train(config: TrainConfig) -> store.Run:
    run = store.create_run(config)
    train_run(run, None)
    return store.load_run(run.run_id)


@pytest.mark.parametrize(
    "changes", [{}, {"weight_averaging": True, "flip_average": True, "batch_norm": True}]
)
def test_the_last_epoch_is_what_is_published(lab, changes):
    run = train(SMALL.replace(**changes))
    assert epochs.list_epochs(run) == [0, 1, 2]
    published = outputs.read_probabilities(run)
    last = epochs.read_epoch(run, 2, 200)
    np.testing.assert_array_equal(last.argmax(axis=1), published.argmax(axis=1))
    np.testing.assert_allclose(last, published, atol=2e-3)
    assert not np.allclose(epochs.read_epoch(run, 0, 200), published, atol=2e-2)


def test_recording_changes_nothing_else(lab):
    with_it, without = train(SMALL), train(SMALL.replace(record_epochs=False))
    assert epochs.list_epochs(without) == []
    np.testing.assert_allclose(
        outputs.read_history(with_it)["loss"], outputs.read_history(without)["loss"], rtol=1e-5
    )
    np.testing.assert_allclose(
        outputs.read_probabilities(with_it), outputs.read_probabilities(without), atol=1e-3
    )


def test_a_stop_while_it_records_ends_the_training(lab, monkeypatch):
    from fmnist.training import epoch_recorder

    write = epoch_recorder.write_epoch

    def write_and_ask(run_dir, epoch, probabilities):
        write(run_dir, epoch, probabilities)
        (run_dir / "stop").touch()

    monkeypatch.setattr(epoch_recorder, "write_epoch", write_and_ask)
    run = train(SMALL)
    assert run.status.status == "stopped"
    assert epochs.list_epochs(run) == [0]
    assert run.has_scores
