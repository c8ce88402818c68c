"""Which run is kept as the model for drawings, what of it, and the one that ships."""

import json
from pathlib import Path

import numpy as np
import pytest

from fmnist import json_files
from fmnist.data import catalogue
from fmnist.data.dataset import CLASS_NAMES
from fmnist.drawing.drawing_model import DRAWING_MODEL
from fmnist.drawing.keep_drawing_model import PACKAGED_FILES, keep_drawing_model
from fmnist.evaluation.uncertainty import UNCERTAINTY_FILE, read_threshold
from fmnist.runs import store
from tests.factories import data as data_factory
from tests.factories import runs as run_factory


@pytest.fixture
def drawings(lab) -> catalogue.DatasetInfo:
    """A dataset in the place of the drawings: the made shapes, each as easy as the other."""
    arrays = (*data_factory.make_split(200, [0, 1]), *data_factory.make_split(50, [0, 2]))
    return catalogue.add_dataset("Drawings", CLASS_NAMES, arrays, {})


def test_a_run_on_the_drawings_is_kept_with_a_threshold(lab, drawings, engine, tmp_path):
    run = store.read_run(
        run_factory.write_run(lab.runs_dir, with_model=True, dataset="drawings", batch_size=8)
    )
    target = tmp_path / "package" / "drawing_model"
    target.mkdir(parents=True)
    (target / "of the one before").touch()
    assert keep_drawing_model([run], engine, target) == target
    assert {path.name for path in target.iterdir()} == {*PACKAGED_FILES, UNCERTAINTY_FILE}
    assert [path.name for path in target.parent.iterdir()] == ["drawing_model"]
    assert json.loads((target / "status.json").read_text())["host"] is None
    uncertainty = json.loads((target / UNCERTAINTY_FILE).read_text())
    assert uncertainty["validation_drawings"] == 20  # a tenth of 200
    assert 1 <= read_threshold(target / "model.keras") <= 10


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"dataset": "fashion-mnist"}, "was trained on 'fashion-mnist', expected 'drawings'"),
        ({"dataset": "drawings", "status": "stopped"}, r"is not completed \(stopped\)"),
    ],
)
def test_another_run_is_refused(lab, engine, tmp_path, settings, message):
    run = store.read_run(run_factory.write_run(lab.runs_dir, **settings))
    with pytest.raises(ValueError, match=message):
        keep_drawing_model([run], engine, tmp_path / "drawing_model")
    assert not (tmp_path / "drawing_model").exists()


def test_several_seeds_are_averaged_and_scored_anew(lab, drawings, engine, tmp_path):
    settings = {"with_model": True, "dataset": "drawings", "batch_size": 8}
    folders = [
        run_factory.write_run(lab.runs_dir, f"2026010{n}-000000-made", **settings) for n in (1, 2)
    ]
    config = json_files.read_json(folders[1] / "config.json")
    json_files.write_json(folders[1] / "config.json", {**config, "seed": 7})
    import keras

    model = keras.models.load_model(folders[1] / "model.keras")
    first = model.get_weights()
    second = [weight * 0.5 for weight in first]
    model.set_weights(second)
    model.save(folders[1] / "model.keras")
    target = tmp_path / "drawing_model"
    keep_drawing_model([store.read_run(folder) for folder in folders], engine, target)
    kept = keras.models.load_model(target / "model.keras").get_weights()
    for mean, weight in zip(kept, first, strict=True):
        np.testing.assert_allclose(mean, 0.75 * weight, rtol=1e-6)
    probabilities = np.load(target / "test_probabilities.npy")
    data = catalogue.load("drawings")
    accuracy = (probabilities.argmax(1) == data.test_labels).mean()
    assert json_files.read_json(target / "results.json")["test_accuracy"] == accuracy
    assert json_files.read_json(target / "environment.json")["averaged_seeds"] == [0, 7]


def test_runs_with_other_settings_are_not_averaged(lab, drawings, engine, tmp_path):
    runs = [
        store.read_run(
            run_factory.write_run(
                lab.runs_dir, f"2026010{n}-000000-made", dataset="drawings", dropout=0.1 * n
            )
        )
        for n in (1, 2)
    ]
    with pytest.raises(ValueError, match="with other settings than 20260101"):
        keep_drawing_model(runs, engine, tmp_path / "drawing_model")


@pytest.mark.skipif(not DRAWING_MODEL.is_file(), reason="the package has no model for drawings")
def test_the_shipped_model_is_complete_small_and_anonymous(engine):
    folder = DRAWING_MODEL.parent
    assert {path.name for path in folder.iterdir()} == {*PACKAGED_FILES, UNCERTAINTY_FILE}
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 4_000_000
    run = store.read_run(Path(folder))
    assert (run.damaged, run.status.status, run.status.host) == ("", "completed", None)
    assert run.config.dataset == "drawings"
    assert 1 < read_threshold(DRAWING_MODEL) < 10
    blank = engine.predict(DRAWING_MODEL, np.zeros((1, 28, 28), np.uint8)).probabilities
    assert blank.sum() == pytest.approx(1, abs=1e-5)
