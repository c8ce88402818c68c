"""What is measured of a trained model, against figures worked out by hand."""

import math

import keras
import numpy as np
import pytest

from fmnist.files import save_array
from fmnist.training.scoring import score, write_model


def test_accuracy_and_loss():
    probabilities = np.array([[0.5, 0.25, 0.25], [0.5, 0.25, 0.25]], np.float32)
    results = score(probabilities, np.array([0, 1], np.uint8))
    assert results["test_accuracy"] == 0.5
    assert results["test_loss"] == pytest.approx((math.log(2) + math.log(4)) / 2)


def test_a_file_that_could_not_be_written_leaves_the_one_before(tmp_path, monkeypatch):
    path = tmp_path / "test_probabilities.npy"
    save_array(path, np.ones(3))

    def fail(file, _):
        file.write(b"half")
        raise OSError("full")

    monkeypatch.setattr(np, "save", fail)
    with pytest.raises(OSError, match="full"):
        save_array(path, np.zeros(3))
    assert np.load(path).tolist() == [1, 1, 1]
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    write_model(model, tmp_path / "model.keras")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [path.name, "model.keras"][::-1]
