"""The last layer of a model apart from the others."""

import keras
import numpy as np
import pytest

from fmnist.corrections import correct
from fmnist.head import load_pupil
from fmnist.process import TrainingError
from fmnist.strokes import load_examples
from tests import made_models

EXAMPLES = list(load_examples().values())


def test_a_network_without_flips_is_taught_as_well(tmp_path):
    path = made_models.save(made_models.build_model((28, 28, 1), activation="softmax"), tmp_path)
    pupil = load_pupil(path)
    images = load_images()
    features = pupil.see(images)
    assert features.shape == (5, 784)
    np.testing.assert_allclose(
        pupil.answer.predict(features, verbose=0), pupil.recognise(images), atol=1e-6
    )


def load_images() -> np.ndarray:
    return np.stack([correct(0, 1, drawing).image for drawing in EXAMPLES[:5]])


def test_a_model_of_another_make_is_refused(tmp_path):
    model = keras.Sequential(
        [keras.Input((28, 28, 1)), keras.layers.Conv2D(10, 28), keras.layers.Flatten()]
    )
    with pytest.raises(TrainingError, match="its last layer with weights is no dense layer of ten"):
        load_pupil(made_models.save(model, tmp_path))
