"""python -m fmnist verify: identical, within tolerance or different, and its exit codes."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fmnist.commands.train import train_run
from fmnist.commands.verify import main
from fmnist.config import TrainConfig
from fmnist.runs import outputs, receipt, store
from fmnist.training import verify as verifying
from tests.factories import data as data_factory
from tests.factories import runs as run_factory

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.slow
SMALL = TrainConfig(
    architecture="dense", dense_units=(16,), epochs=2, batch_size=64, precision="float32"
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, small_data_dir):
    """The folder of a small run, trained once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FMNIST_RUNS_DIR", str(tmp_path_factory.mktemp("runs")))
        patch.setenv("FMNIST_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("FMNIST_DATA_DIR", str(small_data_dir))
        run = store.create_run(SMALL)
        train_run(run, None)
    return run.run_dir


@pytest.fixture
def run(lab, trained):
    return store.read_run(shutil.copytree(trained, lab.runs_dir / trained.name))


def test_a_run_scored_and_trained_again_is_identical(run, capsys):
    command = [sys.executable, "-m", "fmnist.verify", run.run_id]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400)
    assert (done.returncode, done.stderr) == (0, ""), "nothing of TensorFlow's"
    assert done.stdout == (
        f"{run.run_id}: identical. The saved model gives the same probabilities for all 200 test "
        "images, to the last bit.\n"
    )
    assert main([run.run_id, "--retrain"]) == 0
    trained = capsys.readouterr().out
    assert trained.startswith(f"{run.run_id}: identical. Trained again, the model gives the same")
    assert [path.name for path in run.run_dir.parent.iterdir()] == [run.run_id]


def change_probabilities(run, by: float) -> None:
    """Move some of the first image's probability to another class, and write a new receipt."""
    probabilities = outputs.read_probabilities(run).copy()
    first, second = probabilities[0].argsort()[::-1][:2]
    probabilities[0, first] -= by
    probabilities[0, second] += by
    np.save(run.file("test_probabilities.npy"), probabilities)
    results = outputs.read_results(run)
    labels = data_factory.make_split(200, [0, 1])[1]
    from fmnist.training.scoring import score

    text = json.dumps(results | score(probabilities, labels))
    run.file("results.json").write_text(text, encoding="utf-8")
    receipt.write_receipt(store.read_run(run.run_dir), "completed")


def test_a_difference_in_the_last_digits_is_within_tolerance(run, capsys):
    change_probabilities(run, 0.0005)
    assert main([run.run_id]) == 0
    said = capsys.readouterr().out
    assert (
        "within tolerance. Scored again, the largest difference in a probability is 0.0005" in said
    )
    assert "0 of 200 predictions changed" in said


def test_other_probabilities_with_a_new_receipt_are_different(run, capsys):
    change_probabilities(run, 0.02)
    assert main([run.run_id]) == 1
    assert ": different. Scored again, the largest difference in a probability is 0.02" in (
        capsys.readouterr().out
    )


@pytest.mark.parametrize(
    "name", ["results.json", "test_probabilities.npy", "model.keras", "receipt.json"]
)
def test_an_edited_file_is_told(run, capsys, name):
    if name == "receipt.json":
        paper = json.loads(run.file(name).read_text())
        paper["results"]["test_accuracy"] = 0.99
        run.file(name).write_text(json.dumps(paper), encoding="utf-8")
    else:
        run.file(name).write_bytes(run.file(name).read_bytes() + b" ")
    assert main([run.run_id]) == 1
    assert capsys.readouterr().out == (
        f"{run.run_id}: different. {name} was changed since the receipt was written.\n"
    )


def test_results_that_the_probabilities_do_not_give_are_told(run, capsys):
    results = outputs.read_results(run) | {"test_accuracy": 0.99}
    run.file("results.json").write_text(json.dumps(results), encoding="utf-8")
    receipt.write_receipt(store.read_run(run.run_dir), "completed")
    assert main([run.run_id]) == 1
    assert "results.json says test accuracy 99.0" in capsys.readouterr().out


def test_another_dataset_is_told(run, tmp_path, monkeypatch, capsys):
    other = data_factory.write_dataset(tmp_path / "other", seed=1)
    monkeypatch.setenv("FMNIST_DATA_DIR", str(other))
    assert main([run.run_id]) == 1
    assert "The dataset has changed: its fingerprint is" in capsys.readouterr().out


def test_a_retrained_model_that_chance_explains_is_within_tolerance(run):
    dataset = verifying.catalogue.load()
    saved = outputs.read_probabilities(run)
    other = np.roll(saved, 1, axis=1)
    one = saved.copy()
    one[0] = other[0]
    found = verifying._judge_training(saved, one, dataset)
    assert (found.outcome, found.is_good) == ("within tolerance", True)
    assert found.sentence.startswith("Trained again, 1 of 200 predictions changed")
    assert verifying._judge_training(saved, other, dataset).outcome == "different"


def test_no_answer_is_one_sentence(lab, run, capsys):
    run_factory.write_run(lab.runs_dir, "20260105-000000-older")
    run_factory.write_run(lab.runs_dir, "20260106-000000-live", status="running")
    receipt.write_receipt(run, "stopped")
    for arguments, message in (
        (["20260105-000000-older"], "has no receipt.json: runs trained by an earlier version"),
        (["20260106-000000-live"], "is still running"),
        (["20260107-000000-none"], "There is no run"),
        ([run.run_id, "--retrain"], "was stopped by hand"),
    ):
        assert main(arguments) == 2
        captured = capsys.readouterr()
        assert message in captured.err
        assert (captured.out, captured.err.count("\n")) == ("", 1)
