"""Recorded epochs: read as they were written, and whatever lies there, a value or an error."""

import numpy as np
import pytest

from fmnist.runs import epochs
from tests.factories import runs as run_factory


def test_as_they_were_written(made, labels):
    written = [run_factory.make_probabilities(labels, accuracy, 1) for accuracy in (0.5, 0.8)]
    for number, probabilities in enumerate(written):
        epochs.write_epoch(made.run_dir, number, probabilities)
    assert epochs.list_epochs(made) == [0, 1]
    found = epochs.read_epoch(made, 1, 200)
    np.testing.assert_allclose(found, written[1], atol=1e-3)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    numbers, predictions = epochs.read_predictions(made, 200)
    assert numbers == [0, 1]
    assert (predictions == labels).sum(axis=1).tolist() == [100, 160]


def test_the_most_probable_class_stays_so():
    close = np.array([[0.1, 0.45001, 0.45002] + 7 * [0.0], [0.4, 0.3, 0.3] + 7 * [0.0]])
    half = epochs.to_half(close.astype(np.float32))
    assert half.dtype == np.float16
    assert half.argmax(axis=1).tolist() == [2, 0]
    assert close.astype(np.float16).argmax(axis=1).tolist() == [1, 0]


@pytest.mark.parametrize(
    "content",
    [
        np.zeros((200, 10), np.float16),
        np.full((200, 10), np.nan, np.float16),
        np.full((150, 10), 0.1, np.float16),
        np.full((200, 10), 0.1, np.float32),
    ],
)
def test_what_is_damaged_is_left_out(made, content):
    (made.run_dir / "epochs").mkdir()
    np.save(made.run_dir / "epochs" / "0003.npy", content)
    (made.run_dir / "epochs" / "0004.npy").write_bytes(b"half a file")
    (made.run_dir / "epochs" / "notes.txt").touch()
    assert epochs.list_epochs(made) == [3, 4]
    assert epochs.read_predictions(made, 200)[0] == []
    with pytest.raises(ValueError):
        epochs.read_epoch(made, 3, 200)


def test_a_run_without_any(made):
    assert epochs.list_epochs(made) == []
    assert epochs.read_predictions(made, 200)[1].shape == (0, 200)
    with pytest.raises(OSError):
        epochs.read_epoch(made, 0, 200)
