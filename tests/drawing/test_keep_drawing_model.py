"""Which run is kept as the model for drawings, what of it, and the one that ships."""

import json
from pathlib import Path

import numpy as np
import pytest

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
    assert keep_drawing_model(run, engine, target) == target
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
        keep_drawing_model(run, engine, tmp_path / "drawing_model")
    assert not (tmp_path / "drawing_model").exists()


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
