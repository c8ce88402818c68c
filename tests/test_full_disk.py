"""A disk that is full: a small file system of its own, filled while a training writes to it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fmnist import json_files
from fmnist.config import TrainConfig
from fmnist.data import dataset
from fmnist.runs import jobs, store
from tests.factories import runs as run_factory
from tests.waits import wait_for

SHORT = TrainConfig(filters=(4,), dense_units=(8,), epochs=1, batch_size=64)
LONG = SHORT.replace(epochs=200, batch_size=8)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not sys.platform.startswith("linux") or os.geteuid() != 0,
        reason="only root may mount a small file system",
    ),
]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder with 2 MB of room."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Leave no room at all; returns the file that takes it."""
    path = folder / "ballast"
    with path.open("ab") as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    os.write(file.fileno(), bytes(size))
            except OSError:
                continue
    return path


def status_if(wanted: str, run_id: str) -> store.Status | None:
    """The run's status once it is this one."""
    status = store.load_run(run_id).status
    return status if status.status == wanted else None


def test_a_status_is_written_though_the_disk_is_full(small_disk):
    path = small_disk / "status.json"
    json_files.write_json(path, {"status": "running", "message": "x" * 500})
    fill(small_disk)
    json_files.write_json(path, {"status": "failed"})
    assert json_files.read_json(path) == {"status": "failed"}
    with pytest.raises(OSError, match="No space left on device"):
        json_files.write_json(small_disk / "other.json", {})
    assert sorted(entry.name for entry in small_disk.iterdir()) == ["ballast", "status.json"]


@pytest.mark.parametrize("keep", ["last", "best"])
def test_a_training_on_a_disk_that_gets_full_says_so(lab, small_disk, monkeypatch, keep):
    monkeypatch.setenv("FMNIST_RUNS_DIR", str(small_disk))
    run_id = jobs.start_run(LONG.replace(keep=keep))
    run_dir = small_disk / run_id
    wait_for(lambda: (store.read_status(run_dir).step or 0) > 0, "the first step", 200)
    ballast = fill(small_disk)
    # Meanwhile the status is written in its place, and may be met half written.
    status = wait_for(lambda: status_if("failed", run_id), "its end", 200)
    assert "No space left on device" in status.message
    assert "memory" not in status.message
    said = status.message
    ballast.unlink()
    assert store.load_run(run_id).status.message == said, "it is in the folder, not only guessed"


def test_a_model_that_does_not_fit_is_said_and_leaves_no_half_of_one(lab, small_disk, monkeypatch):
    monkeypatch.setenv("FMNIST_RUNS_DIR", str(small_disk))
    run_id = jobs.start_run(SHORT.replace(dense_units=(256, 512), filters=(32,), keep="last"))
    run_dir = small_disk / run_id
    wait_for(lambda: status_if("failed", run_id), "its end", 200)
    run = store.load_run(run_id)
    assert not run.has_model
    assert "No space left on device): the disk is full; free some space." in run.status.message
    assert not list(run_dir.glob(".*.keras"))


def test_a_dead_process_on_a_full_disk_is_told_by_its_log(small_disk, monkeypatch):
    monkeypatch.setenv("FMNIST_RUNS_DIR", str(small_disk))
    run_dir = run_factory.write_run(small_disk, status="running", is_alive=False)
    (run_dir / "log.txt").write_text("OSError: [Errno 28] No space left on device\n")
    fill(small_disk)
    message = store.load_run(run_dir.name).status.message
    assert "Its log says: “OSError: [Errno 28] No space left on device”." in message


def test_a_full_cache_costs_time_and_nothing_else(lab, small_disk, monkeypatch):
    monkeypatch.setenv("FMNIST_CACHE_DIR", str(small_disk))
    fill(small_disk)
    assert len(dataset.load_dataset(lab.data_dir).train_labels) == 600
    assert [entry.name for entry in small_disk.iterdir() if entry.is_file()] == ["ballast"]
    run_id = jobs.start_run(SHORT)
    wait_for(lambda: not store.load_run(run_id).is_live, "its end", 200)
    assert store.load_run(run_id).status.status == "completed"


def test_a_new_run_on_a_full_disk_is_a_sentence_and_no_half_run(small_disk, monkeypatch):
    monkeypatch.setenv("FMNIST_RUNS_DIR", str(small_disk))
    fill(small_disk)
    with pytest.raises(store.RunsFolderError, match="No space left on device.*Free some space"):
        jobs.start_run(SHORT)
    assert [entry.name for entry in small_disk.iterdir()] == ["ballast"]
    shutil.rmtree(small_disk, ignore_errors=True)
