"""Features of the test images: asked in parts, and cached until the model changes."""

import os

import numpy as np
import pytest

from fmnist.data.dataset import load_dataset
from fmnist.engine import features
from fmnist.engine.client import EngineError


class FirstRows:
    """An engine whose model's features are the first two rows of the image."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def features(self, model_path, images) -> np.ndarray:
        self.asked.append(len(images))
        return images[:, :2].reshape(len(images), -1).astype(np.float32)


@pytest.fixture
def data(lab):
    return load_dataset()


def test_all_parts_in_their_order_and_asked_once(made, data, monkeypatch):
    monkeypatch.setattr(features, "_CHUNK", 60)
    engine, told = FirstRows(), []
    assert features.find_cached(made, data) is None
    found = features.find_features(made, data, engine, told.append)
    assert engine.asked == [60, 60, 60, 20] and told == [0.3, 0.6, 0.9, 1.0]
    np.testing.assert_array_equal(found, data.test_images[:, :2].reshape(200, -1))
    again = features.find_features(made, data, engine)
    np.testing.assert_array_equal(again, found)
    assert sum(engine.asked) == 200


def test_another_model_is_asked_anew(made, data):
    engine = FirstRows()
    features.find_features(made, data, engine)
    os.utime(made.file("model.keras"), ns=(0, 1_000_000))
    assert features.find_cached(made, data) is None
    features.find_features(made, data, engine)
    assert engine.asked == [200, 200]
    assert len(list(features._cached(made, data).parent.iterdir())) == 1, "the earlier one is gone"


def test_of_a_large_dataset_the_first(made, data, monkeypatch):
    monkeypatch.setattr(features, "MOST_IMAGES", 150)
    assert len(features.find_features(made, data, FirstRows())) == 150


def test_a_refusal_is_passed_on(made, data):
    class Refusing(FirstRows):
        def features(self, model_path, images):
            raise EngineError("no")

    with pytest.raises(EngineError):
        features.find_features(made, data, Refusing())
    assert features.find_cached(made, data) is None
