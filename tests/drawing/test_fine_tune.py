"""A fine-tuning with real numbers: what becomes right, what stays as it was, what is refused."""

import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import keras
import numpy as np
import pytest

from fmnist import json_files
from fmnist.commands.fine_tune import open_run
from fmnist.commands.predict import find_model
from fmnist.config import ConfigError, TrainConfig
from fmnist.data.dataset import load_dataset
from fmnist.drawing import corrections, fine_tune, fine_tuning_data, fine_tuning_runs
from fmnist.drawing import drawing_model as shipped_model
from fmnist.drawing.corrections import add, correct
from fmnist.drawing.head import SplitModel, load_split_model
from fmnist.drawing.strokes import load_examples
from fmnist.evaluation.uncertainty import read_threshold
from fmnist.models.network import build_model
from fmnist.runs import outputs, settings, store
from fmnist.runs.process import TrainingError
from tests.conftest import Lab
from tests.factories import runs as run_factory

EXAMPLES = list(load_examples().values())


@pytest.fixture
def drawing_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return write_drawing_model(tmp_path, monkeypatch)


def write_drawing_model(folder: Path, patch: pytest.MonkeyPatch) -> Path:
    """A small untrained network in the place of the model for drawings, averaging over flips."""
    keras.utils.set_random_seed(0)
    config = TrainConfig(filters=(8,), dense_units=(), flip_average=True, batch_norm=True)
    path = folder / "drawing_model" / "model.keras"
    path.parent.mkdir()
    build_model(config).save(path)
    json_files.write_json(path.with_name("config.json"), config.to_json())
    patch.setattr(shipped_model, "DRAWING_MODEL", path)
    for name, count in (("REHEARSAL", 40), ("VALIDATION", 30), ("HELD_OUT", 30)):
        patch.setattr(fine_tuning_data, name, count)
    return path


@dataclass(frozen=True)
class FineTuning:
    """One fine-tuning that several tests look at: on corrections of four drawings and a picture."""

    run: store.Run
    kept: list[corrections.Correction]
    results: dict
    before_path: Path  # the model for drawings

    @cached_property
    def before(self) -> SplitModel:
        return load_split_model(self.before_path)

    @cached_property
    def after(self) -> SplitModel:
        return load_split_model(self.run.file("model.keras"))


@pytest.fixture(scope="module")
def one_fine_tuning(tmp_path_factory: pytest.TempPathFactory, small_data_dir: Path) -> FineTuning:
    folder = tmp_path_factory.mktemp("fine_tuning")
    (folder / "runs").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("runs", "cache", "datasets"):
            patch.setenv(f"FMNIST_{name.upper()}_DIR", str(folder / name))
        patch.setenv("FMNIST_DATA_DIR", str(small_data_dir))
        path = write_drawing_model(folder, patch)
        kept = wrong_ones(path, 4)
        kept.append(correct(kept[0].label, 0, image=load_dataset().train_images[0]))
        add(*kept)
        run = fine_tuning_runs.create_fine_tuning("fashion-mnist")
        results = fine_tune.fine_tune(run)
        return FineTuning(store.load_run(run.run_id), kept, results, path)


@pytest.fixture
def fine_tuning(
    lab: Lab, one_fine_tuning: FineTuning, monkeypatch: pytest.MonkeyPatch
) -> FineTuning:
    """The fine-tuning in the runs folder of this test, which may change it."""
    shutil.copytree(one_fine_tuning.run.run_dir.parent, lab.runs_dir, dirs_exist_ok=True)
    monkeypatch.setattr(shipped_model, "DRAWING_MODEL", one_fine_tuning.before_path)
    return replace(one_fine_tuning, run=store.load_run(one_fine_tuning.run.run_id))


def wrong_ones(path: Path, count: int) -> list[corrections.Correction]:
    """Corrections of example drawings that the model gives another label than a made-up one."""
    found = [correct(0, 1, drawing) for drawing in EXAMPLES[:count]]
    predictions = (
        load_split_model(path).predict(np.stack([one.image for one in found])).argmax(axis=1)
    )
    return [
        correct((int(predicted) + 1) % 10, int(predicted), one.drawing)
        for one, predicted in zip(found, predictions, strict=True)
    ]


def test_corrected_drawings_become_right_and_earlier_layers_stay(fine_tuning):
    run = fine_tuning.run
    assert (run.status.status, run.damaged, run.title) == ("completed", "", "fine-tuned")
    images = np.stack([one.image for one in fine_tuning.kept])
    labels = [one.label for one in fine_tuning.kept]
    assert (fine_tuning.before.predict(images).argmax(axis=1) != labels)[:4].all()
    assert (fine_tuning.after.predict(images).argmax(axis=1) == labels)[:4].all()
    weights = zip(
        fine_tuning.before.model.get_weights(), fine_tuning.after.model.get_weights(), strict=True
    )
    same = [np.array_equal(old, new) for old, new in weights]
    assert same == [True] * (len(same) - 2) + [False, False]


def test_what_a_fine_tuning_changed_is_counted_as_the_two_models_say(fine_tuning):
    fine_tuned, data = fine_tuning.run.fine_tuned, load_dataset()
    assert (fine_tuned.corrections, fine_tuned.before) == (5, "")
    assert fine_tuned.on_corrections.images == fine_tuned.cross_validated.images == 5
    assert fine_tuned.on_corrections.gained >= 4
    assert fine_tuned.drawings.images == 30
    before, after = (
        split_model.predict(data.test_images).argmax(axis=1) == data.test_labels
        for split_model in (fine_tuning.before, fine_tuning.after)
    )
    pair = fine_tuned.photographs
    assert (pair.images, pair.before, pair.after) == (200, before.sum(), after.sum())
    assert (pair.gained, pair.lost) == ((~before & after).sum(), (before & ~after).sum())


@pytest.mark.parametrize("is_damaged", [False, True])
def test_what_the_shipped_model_says_of_the_test_photos_is_computed_once(
    lab, drawing_model, is_damaged
):
    split_model, data = load_split_model(drawing_model), load_dataset()
    first = fine_tune._predict_test_images(split_model, data)
    np.testing.assert_array_equal(first, split_model.predict(data.test_images))
    (cached,) = (lab.cache_dir / "lessons").glob("*.npy")
    if is_damaged:
        cached.write_bytes(cached.read_bytes()[:-100])
    else:
        np.save(cached, first[::-1])
    again = fine_tune._predict_test_images(split_model, data)
    np.testing.assert_array_equal(again, first if is_damaged else first[::-1])


def test_a_fine_tuned_model_is_scored_as_it_was_saved(fine_tuning):
    data, saved = load_dataset(), outputs.read_results(fine_tuning.run)
    probabilities = fine_tuning.after.predict(data.test_images)
    accuracy = (probabilities.argmax(axis=1) == data.test_labels).mean()
    assert fine_tuning.results["test_accuracy"] == saved["test_accuracy"] == accuracy
    np.testing.assert_allclose(
        outputs.read_probabilities(fine_tuning.run), probabilities, atol=1e-5
    )
    assert 1 <= read_threshold(fine_tuning.run.file("model.keras")) <= 10


def test_a_fine_tuning_is_a_run_with_its_history_data_and_corrections(fine_tuning):
    run = fine_tuning.run
    assert len(outputs.read_history(run)) == run.config.epochs
    assert outputs.read_fingerprint(run) == load_dataset().fingerprint
    kept = corrections.from_json(run.file("corrections.json").read_bytes())
    assert kept == tuple(fine_tuning.kept)


def test_a_fine_tuning_is_done_once(fine_tuning):
    with pytest.raises(ConfigError, match="was started already: start a new one"):
        open_run(fine_tuning.run.run_dir)


def test_a_fine_tuned_model_opens_where_this_project_is_not_installed(fine_tuning, tmp_path):
    code = """
import sys, keras
model = keras.models.load_model(sys.argv[1], safe_mode=True)
print(model.input_shape, model.output_shape, "fmnist" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(fine_tuning.run.file("model.keras"))],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "(None, 28, 28, 1) (None, 10) False", done.stderr


def test_a_fine_tuned_model_answers_for_drawings_once_it_was_chosen(fine_tuning):
    fine_tuned = fine_tuning.run.file("model.keras")
    assert shipped_model.find_drawing_model() == (fine_tuning.before_path, "")
    settings.write_drawing_run(fine_tuning.run.run_id)
    assert shipped_model.find_drawing_model() == (fine_tuned, "")
    assert find_model(sketch=True) == fine_tuned
    settings.write_drawing_run("")
    assert shipped_model.find_drawing_model() == (fine_tuning.before_path, "")


def test_the_next_fine_tuning_goes_on_from_the_model_that_was_chosen(fine_tuning):
    settings.write_drawing_run(fine_tuning.run.run_id)
    assert (
        fine_tuning_runs.create_fine_tuning("fashion-mnist").fine_tuned.before
        == fine_tuning.run.run_id
    )
    assert fine_tuning_runs.find_before(fine_tuning.run.run_id) == ""


def test_a_chosen_model_that_is_damaged_or_gone_is_told_and_the_shipped_one_answers(fine_tuning):
    settings.write_drawing_run(fine_tuning.run.run_id)
    fine_tuning.run.file("doubt.json").write_text("{")
    path, sentence = shipped_model.find_drawing_model()
    assert path == fine_tuning.before_path
    assert "doubt.json is damaged" in sentence
    store.delete_run(fine_tuning.run)
    path, sentence = shipped_model.find_drawing_model()
    assert path == fine_tuning.before_path
    assert "it may have been deleted" in sentence


def test_one_fine_tuning_at_a_time_and_nothing_without_corrections(lab, drawing_model):
    with pytest.raises(ConfigError, match="no correction to train on"):
        fine_tuning_runs.create_fine_tuning("fashion-mnist")
    add(correct(4, 6, EXAMPLES[0]))
    first = fine_tuning_runs.create_fine_tuning("fashion-mnist")
    assert not first.is_training, "it takes nobody's place in the queue"
    with pytest.raises(ConfigError, match="A fine-tuning is under way"):
        fine_tuning_runs.create_fine_tuning("fashion-mnist")
    store.write_status(first.run_dir, pid=2**22 + 1, pid_started_at=0.0, host=None)
    drawing_model.unlink()
    store.write_status(first.run_dir, status="failed")
    with pytest.raises(ConfigError, match="no model for drawings"):
        fine_tuning_runs.create_fine_tuning("fashion-mnist")


def test_a_fine_tuning_that_was_killed_has_failed(lab, drawing_model):
    add(correct(4, 6, EXAMPLES[0]))
    run = fine_tuning_runs.create_fine_tuning("fashion-mnist")
    store.claim_run(run.run_dir)
    store.write_status(run.run_dir, pid_started_at=0.0)  # a reused pid
    run = store.load_run(run.run_id)
    assert run.status.status == "failed"
    assert "killed" in run.status.message
    with pytest.raises(ConfigError, match="was started already"):
        open_run(run.run_dir)


def test_damaged_corrections_and_missing_data_fail_in_one_sentence(lab, drawing_model):
    add(correct(4, 6, EXAMPLES[0]))
    run = fine_tuning_runs.create_fine_tuning("nowhere")
    with pytest.raises(ValueError, match="There is no dataset 'nowhere'"):
        fine_tune.fine_tune(run)
    assert store.load_run(run.run_id).status.status == "failed"
    run = fine_tuning_runs.create_fine_tuning("fashion-mnist")
    run.file("corrections.json").write_text("{")
    with pytest.raises(TrainingError, match="corrections.json is damaged: The file holds no"):
        fine_tune.fine_tune(run)


def test_a_damaged_record_is_said(lab):
    run_dir = run_factory.write_run(lab.runs_dir)
    (run_dir / "taught.json").write_text('{"corrections": -1}')
    assert "taught.json cannot be read" in store.read_run(run_dir).damaged
