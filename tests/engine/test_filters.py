"""What filters look for: asked in parts, and cached until the model or the data change."""

import os

import numpy as np
import pytest

from fmnist.data.dataset import load_dataset
from fmnist.engine import filters
from fmnist.engine.client import EngineError
from fmnist.explain.results import Excitement


class BrightestPixel:
    """An engine whose one filter is the image itself."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def excite(self, model_path, images, layer) -> Excitement:
        self.asked.append(len(images))
        flat = images.reshape(len(images), -1)
        return Excitement(
            flat.max(axis=1, keepdims=True).astype(np.float32),
            flat.argmax(axis=1)[:, None],
            np.arange(len(images))[:, None],
        )


@pytest.fixture
def data(lab):
    return load_dataset()


def test_the_brightest_images_of_all_parts(made, data, monkeypatch):
    monkeypatch.setattr(filters, "_CHUNK", 60)
    engine, told = BrightestPixel(), []
    found = filters.find_exciting(made, data, "conv_1", 10, engine, told.append)
    assert engine.asked == [60, 60, 60, 20] and told == [0.3, 0.6, 0.9, 1.0]
    brightest = data.test_images.reshape(200, -1).max(axis=1)
    order = np.argsort(-brightest.astype(int), kind="stable")[:16]
    assert found.images[:, 0].tolist() == order.tolist()
    assert found.values[:, 0].tolist() == brightest[order].tolist()


def test_it_is_asked_once_for_a_layer_and_a_model(made, data):
    engine = BrightestPixel()
    assert filters.find_cached(made, data, "conv_1") is None
    first = filters.find_exciting(made, data, "conv_1", 10, engine)
    again = filters.find_exciting(made, data, "conv_1", 10, engine)
    assert engine.asked == [200]
    for name in ("values", "places", "images"):
        np.testing.assert_array_equal(getattr(again, name), getattr(first, name))
    filters.find_exciting(made, data, "conv_2", 10, engine)
    assert engine.asked == [200, 200]
    os.utime(made.file("model.keras"), ns=(0, 1_000_000))
    assert filters.find_cached(made, data, "conv_1") is None
    filters.find_exciting(made, data, "conv_1", 10, engine)
    kept = list(filters._cached(made, data, "conv_1").parent.iterdir())
    assert len(kept) == 2, "what an earlier model left is gone"


def test_a_damaged_cache_is_asked_for_anew(made, data):
    engine = BrightestPixel()
    filters.find_exciting(made, data, "conv_1", 10, engine)
    filters._cached(made, data, "conv_1").write_bytes(b"junk")
    assert filters.find_cached(made, data, "conv_1") is None
    filters.find_exciting(made, data, "conv_1", 10, engine)
    assert filters.find_cached(made, data, "conv_1") is not None


def test_what_the_engine_cannot_answer_is_not_kept(made, data):
    class Broken:
        def excite(self, *_):
            raise EngineError("no")

    with pytest.raises(EngineError):
        filters.find_exciting(made, data, "conv_1", 10, Broken())
    assert filters.find_cached(made, data, "conv_1") is None
