"""A runs folder of the last version opens, is written as it was, scores and trains on.

`tests/last_version` was written by that version, on the small made dataset: a finished training
with a name given later, a queued one, an imported model, a fine-tuned one, a refused file, two
corrections, settings, and the folder of an imported dataset. When a file of a run changes, this
folder stays as it is, and the new version reads it.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import asdict

from fmnist.config import TrainConfig
from fmnist.data import catalogue
from fmnist.data.dataset import CLASS_NAMES
from fmnist.drawing import corrections
from fmnist.evaluation.uncertainty import read_threshold
from fmnist.imported import refused_files
from fmnist.runs import outputs, settings, store
from fmnist.runs.fine_tuned_record import Comparison

KEPT = Path(__file__).with_name("last_version")
ROOT = KEPT.parent.parent
TRAINED, WAITING = "20261129-223049-trained", "20261129-223100-waiting"
IMPORTED, TAUGHT = "20261129-223109-theirs", "20261129-223128-taught"
REFUSED = "20261129-223127-refused"


@pytest.fixture
def last_version(lab) -> Path:
    """The runs folder, as a copy that may be changed."""
    shutil.copytree(KEPT, lab.runs_dir, dirs_exist_ok=True)
    shutil.copytree(KEPT / "imported", lab.datasets_dir / "imported")
    return lab.runs_dir


def values(run: store.Run, name: str):
    return json.loads(run.file(name).read_text(encoding="utf-8"))


def test_every_run_opens_undamaged(last_version):
    found = {run.run_id: run for run in store.list_runs()}
    assert {run_id: (run.status.status, run.damaged) for run_id, run in found.items()} == {
        TAUGHT: ("completed", ""),
        IMPORTED: ("completed", ""),
        WAITING: ("queued", ""),
        TRAINED: ("completed", ""),
    }
    trained, imported, fine_tuned = found[TRAINED], found[IMPORTED], found[TAUGHT]
    assert trained.title == "Before the move"
    assert (trained.config.filters, trained.config.pool, trained.config.epochs) == ((1,), 4, 2)
    assert trained.status.started_at == pytest.approx(1795991449.4659028)
    assert found[WAITING].config.name == "Waiting"
    assert imported.imported_model.file_name == "theirs.keras"
    assert imported.imported_model.input_shape == (28, 28, 1)
    assert imported.imported_model.accuracies["standardised"] == 0.138
    assert (fine_tuned.fine_tuned.corrections, fine_tuned.fine_tuned.started_from) == (
        2,
        "b37be041e8c53860",
    )
    assert fine_tuned.fine_tuned.photographs == Comparison(200, before=11, gained=4, lost=4)


def test_what_a_run_has_written_is_read(last_version):
    run = store.load_run(TRAINED)
    history = outputs.read_history(run)
    assert list(history["epoch"]) == [0, 1]
    assert history["val_accuracy"].iloc[-1] == 0.11666667
    assert outputs.read_results(run) == values(run, "results.json")
    assert outputs.read_environment(run) == values(run, "environment.json")
    assert outputs.read_fingerprint(run) == catalogue.load().fingerprint
    assert outputs.read_class_names(run) == CLASS_NAMES
    assert read_threshold(last_version / TAUGHT / "model.keras") == pytest.approx(
        values(store.load_run(TAUGHT), "doubt.json")["spread_above"]
    )


def test_what_lies_beside_the_runs_is_read(last_version):
    assert settings.read_parallel_trainings() == 2
    assert settings.read_drawing_run() == TAUGHT
    assert refused_files.read_refusal(REFUSED).file_name == "notes.txt"
    drawn, pictured = corrections.read_corrections().corrections
    assert (drawn.label, drawn.predicted, pictured.label) == (0, 1, 2)
    assert (pictured.image == catalogue.load().train_images[0]).all()
    taken = corrections.from_json((last_version / TAUGHT / "corrections.json").read_bytes())
    assert [one.key for one in taken] == [drawn.key, pictured.key]
    entry = catalogue.find_dataset("imported")
    assert (entry.name, entry.class_names) == ("Imported", tuple("abcdefghij"))
    assert len(catalogue.load("imported").train_labels) == 20


def test_every_record_is_written_as_it_was(last_version):
    # What is newer than the folder has its default.
    for run in store.list_runs():
        newest = asdict(store.Status(run.status.status))
        assert asdict(run.status) == newest | values(run, "status.json")
    trained, imported = store.load_run(TRAINED), store.load_run(IMPORTED)
    assert trained.config.to_json() == TrainConfig().to_json() | values(trained, "config.json")
    record = json.loads(json.dumps(imported.imported_model.to_json()))
    assert record == values(imported, "own_model.json")
    fine_tuned = store.load_run(TAUGHT)
    assert fine_tuned.fine_tuned.to_json() == values(fine_tuned, "taught.json")


@pytest.mark.parametrize("run_id", [TRAINED, IMPORTED, TAUGHT])
def test_every_model_answers_as_it_did(last_version, engine, run_id):
    run, data = store.load_run(run_id), catalogue.load()
    answers = engine.predict(run.file("model.keras"), data.test_images).probabilities
    np.testing.assert_allclose(answers, outputs.read_probabilities(run), atol=1e-4)
    accuracy = (answers.argmax(axis=1) == data.test_labels).mean()
    assert accuracy == pytest.approx(outputs.read_results(run)["test_accuracy"], abs=0.01)


@pytest.mark.slow
def test_a_queued_run_is_trained(last_version):
    command = [sys.executable, "-m", "fmnist", "train", str(last_version / WAITING)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr
    run = store.load_run(WAITING)
    assert (run.status.status, run.damaged) == ("completed", "")
    # The event files are written where TensorBoard is installed.
    written = {path.name for path in run.run_dir.iterdir()} - {"log.txt", "tensorboard"}
    of_the_last = {path.name for path in (last_version / TRAINED).iterdir()} - {"notes.json"}
    assert written == of_the_last | {"variables.json", "receipt.json"}  # a receipt is new
    assert values(run, "environment.json").keys() == (
        values(store.load_run(TRAINED), "environment.json").keys()
    )
