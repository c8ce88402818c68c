"""The last layer of a model apart from the others."""

import keras
import numpy as np
import pytest

from fmnist.drawing.corrections import correct
from fmnist.drawing.head import load_split_model
from fmnist.drawing.strokes import load_examples
from fmnist.runs.process import TrainingError
from tests.factories import models as model_factory

EXAMPLES = list(load_examples().values())


def test_a_network_without_flips_is_fine_tuned_as_well(tmp_path):
    path = model_factory.save(
        model_factory.build_model((28, 28, 1), activation="softmax"), tmp_path
    )
    split_model = load_split_model(path)
    images = load_images()
    features = split_model.features(images)
    assert features.shape == (5, 784)
    np.testing.assert_allclose(
        split_model.classifier.predict(features, verbose=0), split_model.predict(images), atol=1e-6
    )


def load_images() -> np.ndarray:
    return np.stack([correct(0, 1, drawing).image for drawing in EXAMPLES[:5]])


def test_a_model_of_another_make_is_refused(tmp_path):
    model = keras.Sequential(
        [keras.Input((28, 28, 1)), keras.layers.Conv2D(10, 28), keras.layers.Flatten()]
    )
    with pytest.raises(TrainingError, match="its last layer with weights is no dense layer of ten"):
        load_split_model(model_factory.save(model, tmp_path))
