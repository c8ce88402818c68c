"""A teaching with real numbers: what becomes right, what stays as it was, what is refused."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from fmnist import (
    corrections,
    json_files,
    lessons,
    predict,
    run_files,
    runs,
    settings,
    teach,
    teaching,
)
from fmnist.commands.fine_tune import open_run
from fmnist.commands.predict import find_model
from fmnist.config import ConfigError, TrainConfig
from fmnist.corrections import add, correct
from fmnist.dataset import load_dataset
from fmnist.doubt import read_threshold
from fmnist.head import load_pupil
from fmnist.models import build_model
from fmnist.process import TrainingError
from fmnist.strokes import load_examples
from tests import made_runs

ROOT = Path(__file__).parent.parent
EXAMPLES = list(load_examples().values())


@pytest.fixture
def drawing_model(tmp_path, monkeypatch) -> Path:
    """A small untrained network in the place of the model for drawings, averaging over flips."""
    keras.utils.set_random_seed(0)
    config = TrainConfig(filters=(4,), dense_units=(), flip_average=True, batch_norm=True)
    path = tmp_path / "drawing_model" / "model.keras"
    path.parent.mkdir()
    build_model(config).save(path)
    json_files.write_json(path.with_name("config.json"), config.to_json())
    monkeypatch.setattr(predict, "DRAWING_MODEL", path)
    for name, count in (("REHEARSED", 40), ("VALIDATED", 30), ("UNTOUCHED", 30)):
        monkeypatch.setattr(lessons, name, count)
    return path


def wrong_ones(path: Path, count: int) -> list[corrections.Correction]:
    """Corrections of example drawings that the model gives another label than a made-up one."""
    found = [correct(0, 1, drawing) for drawing in EXAMPLES[:count]]
    answers = load_pupil(path).recognise(np.stack([one.image for one in found])).argmax(axis=1)
    return [
        correct((int(answer) + 1) % 10, int(answer), one.drawing)
        for one, answer in zip(found, answers, strict=True)
    ]


def test_corrected_drawings_become_right_and_earlier_layers_stay(lab, drawing_model):
    kept = wrong_ones(drawing_model, 4)
    kept.append(correct(kept[0].label, 0, image=load_dataset().train_images[0]))
    add(*kept)
    run = teaching.create_teaching("fashion-mnist")
    results = teach.teach(run)
    run = runs.load_run(run.run_id)
    assert (run.status.status, run.damaged, run.title) == ("completed", "", "taught")
    before, after = load_pupil(drawing_model), load_pupil(run.file("model.keras"))
    images, labels = np.stack([one.image for one in kept]), [one.label for one in kept]
    assert (before.recognise(images).argmax(axis=1) != labels)[:4].all()
    assert (after.recognise(images).argmax(axis=1) == labels)[:4].all()

    old, new = before.model.get_weights(), after.model.get_weights()
    same = [np.array_equal(a, b) for a, b in zip(old, new, strict=True)]
    assert same == [True] * (len(old) - 2) + [False, False]
    taught = run.taught
    assert (taught.corrections, taught.before) == (5, "")
    assert taught.learnt.images == taught.kept_apart.images == 5
    assert taught.learnt.gained >= 4
    # the counts again, from the two models alone
    data = load_dataset()
    right = [
        p.recognise(data.test_images).argmax(axis=1) == data.test_labels for p in (before, after)
    ]
    pair = taught.photographs
    assert (pair.images, pair.before, pair.after) == (200, right[0].sum(), right[1].sum())
    assert (pair.gained, pair.lost) == ((~right[0] & right[1]).sum(), (right[0] & ~right[1]).sum())
    assert (
        results["test_accuracy"] == right[1].mean() == run_files.read_results(run)["test_accuracy"]
    )
    np.testing.assert_allclose(
        run_files.read_probabilities(run), after.recognise(data.test_images), atol=1e-5
    )
    assert taught.drawings.images == 30
    assert 1 <= read_threshold(run.file("model.keras")) <= 10
    assert len(run_files.read_history(run)) == run.config.epochs
    assert run_files.read_fingerprint(run) == data.fingerprint
    assert corrections.from_json(run.file("corrections.json").read_bytes()) == tuple(kept)

    with pytest.raises(ConfigError, match="has been begun already: teach again"):
        open_run(run.run_dir)
    expect_plain_keras(run.file("model.keras"), lab.runs_dir)

    # an answer, the way back, and a taught model that is gone or damaged
    assert predict.find_drawing_model() == (drawing_model, "")
    settings.write_drawing_run(run.run_id)
    assert predict.find_drawing_model() == (run.file("model.keras"), "")
    assert find_model(sketch=True) == run.file("model.keras")
    assert teaching.create_teaching("fashion-mnist").taught.before == run.run_id
    assert teaching.find_before(run.run_id) == ""
    run.file("doubt.json").write_text("{")
    path, sentence = predict.find_drawing_model()
    assert path == drawing_model
    assert "doubt.json is damaged" in sentence
    runs.delete_run(run)
    path, sentence = predict.find_drawing_model()
    assert path == drawing_model
    assert "it may have been deleted" in sentence
    settings.write_drawing_run("")
    assert predict.find_drawing_model() == (drawing_model, "")


def expect_plain_keras(path: Path, elsewhere: Path) -> None:
    """The file opens where this project is not installed, without running any code in it."""
    code = """
import sys, keras
model = keras.models.load_model(sys.argv[1], safe_mode=True)
print(model.input_shape, model.output_shape, "fmnist" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], cwd=elsewhere, capture_output=True, text=True
    )
    assert done.stdout.strip() == "(None, 28, 28, 1) (None, 10) False", done.stderr


def test_one_teaching_at_a_time_and_nothing_without_corrections(lab, drawing_model):
    with pytest.raises(ConfigError, match="no correction to learn"):
        teaching.create_teaching("fashion-mnist")
    add(correct(4, 6, EXAMPLES[0]))
    first = teaching.create_teaching("fashion-mnist")
    assert not first.is_training, "it takes nobody's place in the queue"
    with pytest.raises(ConfigError, match="A teaching is under way"):
        teaching.create_teaching("fashion-mnist")
    runs.write_status(first.run_dir, pid=2**22 + 1, pid_started_at=0.0, host=None)
    drawing_model.unlink()
    runs.write_status(first.run_dir, status="failed")
    with pytest.raises(ConfigError, match="no model for drawings"):
        teaching.create_teaching("fashion-mnist")


def test_a_teaching_that_was_killed_has_failed(lab, drawing_model):
    add(correct(4, 6, EXAMPLES[0]))
    run = teaching.create_teaching("fashion-mnist")
    runs.claim_run(run.run_dir)
    runs.write_status(run.run_dir, pid_started_at=0.0)  # a reused pid
    run = runs.load_run(run.run_id)
    assert run.status.status == "failed"
    assert "killed" in run.status.message
    with pytest.raises(ConfigError, match="has been begun already"):
        open_run(run.run_dir)


def test_damaged_corrections_and_missing_data_fail_in_one_sentence(lab, drawing_model):
    add(correct(4, 6, EXAMPLES[0]))
    run = teaching.create_teaching("nowhere")
    with pytest.raises(ValueError, match="There is no dataset 'nowhere'"):
        teach.teach(run)
    assert runs.load_run(run.run_id).status.status == "failed"
    run = teaching.create_teaching("fashion-mnist")
    run.file("corrections.json").write_text("{")
    with pytest.raises(TrainingError, match="corrections.json is damaged: The file holds no"):
        teach.teach(run)


def test_a_damaged_record_is_said(lab):
    run_dir = made_runs.write_run(lab.runs_dir)
    (run_dir / "taught.json").write_text('{"corrections": -1}')
    assert "taught.json cannot be read" in runs.read_run(run_dir).damaged
