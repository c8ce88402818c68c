"""The mean of several networks' weights."""

import keras
import numpy as np
import pytest
from keras import layers

from fmnist.drawing.average_models import average_models


def save(path, units: int, value: float):
    model = keras.Sequential([layers.Input((3,)), layers.Dense(units)])
    model.set_weights([np.full((3, units), value, "float32"), np.full(units, 2 * value, "float32")])
    model.save(path)
    return path


def test_each_weight_is_the_mean(tmp_path):
    paths = [save(tmp_path / f"{value}.keras", 2, value) for value in (1, 2, 6)]
    average_models(paths, tmp_path / "mean.keras")
    kernel, bias = keras.models.load_model(tmp_path / "mean.keras").get_weights()
    np.testing.assert_array_equal(kernel, np.full((3, 2), 3))
    np.testing.assert_array_equal(bias, np.full(2, 6))


def test_other_layers_are_refused(tmp_path):
    paths = [save(tmp_path / f"{units}.keras", units, 1) for units in (2, 3)]
    with pytest.raises(ValueError, match="layers differ"):
        average_models(paths, tmp_path / "mean.keras")
    assert not (tmp_path / "mean.keras").exists()
