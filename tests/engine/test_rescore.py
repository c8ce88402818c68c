"""fmnist/engine/rescore.py: a model is asked once for each data and each model file."""

import os

import numpy as np
import pytest

from fmnist.data.dataset import load_dataset
from fmnist.data.samples import split_train_val
from fmnist.engine import rescore
from fmnist.engine.client import EngineError, Prediction
from fmnist.runs import store
from tests.factories import data as data_factory


class Counting:
    """Answers every image with the class that its first pixel names, and keeps how many came."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def predict(self, model_path, images):
        assert model_path.name == "model.keras"
        self.asked.append(len(images))
        return Prediction(np.eye(10, dtype=np.float32)[images[:, 0, 0] % 10], 1.0)


@pytest.fixture
def data(lab, tmp_path):
    return load_dataset(data_factory.write_dataset(tmp_path / "other", train=20, test=1200, seed=3))


def test_the_model_is_asked_in_parts_once(made, data, monkeypatch):
    engine = Counting()
    first = rescore.predict_test_images(made, data, engine)
    assert engine.asked == [500, 500, 200]
    assert np.array_equal(first.argmax(axis=1), data.test_images[:, 0, 0] % 10)
    assert np.array_equal(rescore.predict_test_images(made, data, engine), first)
    assert len(engine.asked) == 3


def test_the_validation_images_are_those_the_training_held_back(made):
    engine, data = Counting(), load_dataset()
    chosen = split_train_val(600, made.config.validation_fraction, made.config.seed)[1]
    found = rescore.predict_validation_images(made, data, chosen, engine)
    assert np.array_equal(found.argmax(axis=1), data.train_images[chosen, 0, 0] % 10)
    assert np.array_equal(rescore.predict_validation_images(made, data, chosen, engine), found)
    assert engine.asked == [60]


def test_mirrored_images_are_shown_from_right_to_left(made, data):
    engine, chosen = Counting(), np.array([3, 1, 4])
    found = rescore.predict_mirrored(made, data, chosen, engine)
    assert np.array_equal(found.argmax(axis=1), data.test_images[chosen, 0, -1] % 10)
    assert np.array_equal(rescore.predict_mirrored(made, data, chosen, engine), found)
    rescore.predict_mirrored(made, data, chosen[:2], engine)
    assert engine.asked == [3, 2]


def test_another_model_file_and_other_data_are_asked_anew(lab, made, data):
    engine = Counting()
    rescore.predict_test_images(made, data, engine)
    rescore.predict_test_images(made, load_dataset(), engine)
    assert engine.asked == [500, 500, 200, 200]
    os.utime(made.file("model.keras"), (1, 1))
    rescore.predict_test_images(store.read_run(made.run_dir), data, engine)
    assert engine.asked == [500, 500, 200, 200, 500, 500, 200]
    assert len(list((lab.cache_dir / "scores").iterdir())) == 2  # those of the old file are gone


def test_a_damaged_file_in_the_cache_is_written_again(lab, made, data):
    engine = Counting()
    first = rescore.predict_test_images(made, data, engine)
    [kept] = (lab.cache_dir / "scores").iterdir()
    for content in (b"", kept.read_bytes()[:1000]):
        kept.write_bytes(content)
        assert np.array_equal(rescore.predict_test_images(made, data, engine), first)
        assert np.array_equal(np.load(kept), first)


def test_a_cache_that_cannot_be_written_is_no_error(made, data, monkeypatch, tmp_path):
    (tmp_path / "in-the-way").write_text("")
    monkeypatch.setenv("FMNIST_CACHE_DIR", str(tmp_path / "in-the-way"))
    assert rescore.predict_test_images(made, data, Counting()).shape == (1200, 10)


def test_what_the_engine_cannot_do_is_said(made, data):
    class Broken:
        def predict(self, model_path, images):
            raise EngineError("No model.")

    with pytest.raises(EngineError, match="No model"):
        rescore.predict_test_images(made, data, Broken())
