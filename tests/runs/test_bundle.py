"""What is bundled, what stays behind and what is refused; the run that ships."""

import functools
import json
import subprocess
from pathlib import Path

import pytest

from fmnist import json_files
from fmnist.data.dataset import load_dataset
from fmnist.evaluation.config_text import describe_command
from fmnist.evaluation.model_card import compute_model_card
from fmnist.evaluation.model_card_text import format_model_card, write_model_card
from fmnist.runs import outputs, receipt, store
from fmnist.runs.bundle import BUNDLED_FILES, CARD_FILE, COMMAND_FILE, bundle_run
from tests.factories import runs as run_factory

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "fmnist" / "bundled"


def card_of(labels):
    """What `bundle_run` is handed to write the card with."""
    return functools.partial(write_model_card, labels=labels)


def test_a_bundle_is_complete_and_knows_neither_host_nor_paths(made, labels, bundled_dir):
    store.rename_run(made, "A name of mine")
    made.file("checkpoint.weights.h5").write_bytes(b"weights")
    status = json.loads(made.file("status.json").read_text())
    status["message"] = "Stopped early (see /home/someone/runs/log.txt or C:\\runs\\log.txt)."
    json_files.write_json(made.file("status.json"), status)
    environment = json.loads(made.file("environment.json").read_text())
    environment["hardware"] = {
        "folder": "/data",
        "cpu": "AMD 1/2 images/s",
        "system": "Linux-6.1.0-mine-x86_64",
    }
    json_files.write_json(made.file("environment.json"), environment)

    assert bundle_run(store.read_run(made.run_dir), card_of(labels)) == bundled_dir
    names = {path.name for path in bundled_dir.iterdir()}
    assert names == {*BUNDLED_FILES, CARD_FILE, COMMAND_FILE, receipt.FILE}
    bundled = store.read_run(bundled_dir)
    assert receipt.find_edits(bundled, receipt.read_receipt(bundled)) == []
    kept = json.loads((bundled_dir / "status.json").read_text())
    assert (kept["host"], kept["pid"], kept["pid_started_at"]) == (None, None, None)
    assert kept["message"] == ""
    kept = json.loads((bundled_dir / "environment.json").read_text())
    assert kept["hardware"] == {"folder": "…", "cpu": "AMD 1/2 images/s", "system": "Linux"}
    for name in ("model.keras", "test_probabilities.npy", "history.csv", "batches.csv"):
        assert (bundled_dir / name).read_bytes() == made.file(name).read_bytes()
    run = store.load_run("bundled")
    assert (run.damaged, run.status.status, run.config) == ("", "completed", made.config)
    card = compute_model_card(run, labels)
    assert (bundled_dir / CARD_FILE).read_text("utf-8") == format_model_card(card)
    assert card.title == "bundled"
    command = (bundled_dir / COMMAND_FILE).read_text("utf-8")
    assert command == "python -m fmnist train --name 'Made run' --filters 8 --epochs 3 --seed 0\n"
    assert [path.name for path in bundled_dir.parent.iterdir()] == ["bundled"]


def test_a_new_bundle_takes_the_old_ones_place(lab, made, labels, bundled_dir):
    bundle_run(made, card_of(labels))
    (bundled_dir / "of the old one").touch()
    other = run_factory.write_run(lab.runs_dir, "20260103-000000-b", accuracy=0.5)
    bundle_run(store.read_run(other), card_of(labels))
    assert not (bundled_dir / "of the old one").exists()
    assert outputs.read_results(store.load_run("bundled"))["test_accuracy"] == 0.5
    assert [path.name for path in bundled_dir.parent.iterdir()] == ["bundled"]


def test_six_megabytes_are_bundled_and_no_more(made, labels, bundled_dir):
    model = made.file("model.keras")
    bundle_run(made, card_of(labels))
    others = sum(path.stat().st_size for path in bundled_dir.iterdir()) - model.stat().st_size
    fill(model, 6_000_000 - others)
    bundle_run(made, card_of(labels))
    assert sum(path.stat().st_size for path in bundled_dir.iterdir()) == 6_000_000
    fill(model, 6_000_001 - others)
    with pytest.raises(ValueError, match=r"would take 6\.0 MB: at most 6 MB are bundled"):
        bundle_run(made, card_of(labels))
    assert (bundled_dir / "model.keras").stat().st_size == 6_000_000 - others  # still the old one
    assert [path.name for path in bundled_dir.parent.iterdir()] == ["bundled"]


def fill(archive: Path, size: int) -> None:
    """Bring a zip archive to a size; zeros before its content do it no harm."""
    content = archive.read_bytes().lstrip(b"\0")
    archive.write_bytes(bytes(size - len(content)) + content)


@pytest.mark.parametrize("status", ["stopped", "failed", "running"])
def test_only_a_completed_run_is_bundled(lab, labels, bundled_dir, status):
    run = store.read_run(run_factory.write_run(lab.runs_dir, status=status))
    with pytest.raises(ValueError, match=f"is {status}: only a completed run is bundled"):
        bundle_run(run, card_of(labels))
    assert not bundled_dir.exists()


@pytest.mark.parametrize("name", ["batches.csv", "history.csv", "environment.json"])
def test_a_run_that_lacks_a_file_is_not_bundled(made, labels, bundled_dir, name):
    made.file(name).unlink()
    with pytest.raises(ValueError, match=f"it has no {name}"):
        bundle_run(made, card_of(labels))
    assert not bundled_dir.exists()


def test_the_bundled_run_is_not_bundled_again(made, labels):
    bundle_run(made, card_of(labels))
    with pytest.raises(ValueError, match="the bundled run already"):
        bundle_run(store.load_run("bundled"), card_of(labels))


# -- the run that ships ---------------------------------------------------------------------------


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no checkout of git's")
def test_git_ignores_nothing_of_the_bundled_run():
    paths = [
        f"fmnist/bundled/{name}" for name in (*BUNDLED_FILES, CARD_FILE, COMMAND_FILE, receipt.FILE)
    ]
    done = subprocess.run(["git", "check-ignore", *paths], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.skipif(not SHIPPED.is_dir(), reason="the package has no bundled run")
def test_the_shipped_run_is_complete_small_and_anonymous(monkeypatch):
    monkeypatch.setattr(store, "BUNDLED_DIR", SHIPPED)
    names = {path.name for path in SHIPPED.iterdir()}
    assert names == {*BUNDLED_FILES, CARD_FILE, COMMAND_FILE, receipt.FILE}
    shipped = store.read_run(SHIPPED)
    assert receipt.find_edits(shipped, receipt.read_receipt(shipped)) == []
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) <= 6_000_000
    run = store.load_run("bundled")
    assert (run.damaged, run.status.status) == ("", "completed")
    assert (run.status.host, run.status.pid) == (None, None)
    command = (SHIPPED / COMMAND_FILE).read_text("utf-8")
    assert command == describe_command(run.config) + "\n"
    assert command in (SHIPPED / CARD_FILE).read_text("utf-8")


@pytest.mark.skipif(not SHIPPED.is_dir(), reason="the package has no bundled run")
def test_the_shipped_scores_are_those_of_its_probabilities(monkeypatch, data_dir):
    monkeypatch.setattr(store, "BUNDLED_DIR", SHIPPED)
    run, data = store.load_run("bundled"), load_dataset(data_dir)
    if data.name != "fashion-mnist":
        pytest.skip("FMNIST_DATA_DIR does not name the published dataset")
    assert outputs.read_environment(run)["dataset_fingerprint"] == data.fingerprint
    probabilities = outputs.read_probabilities(run)
    right = (probabilities.argmax(axis=1) == data.test_labels).sum()
    assert outputs.read_results(run)["test_accuracy"] == pytest.approx(right / 10_000, abs=1e-9)
    card = format_model_card(compute_model_card(run, data.test_labels))
    assert (SHIPPED / CARD_FILE).read_text("utf-8") == card
