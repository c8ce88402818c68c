"""What a node does with an order, up to the training itself."""

import os
import subprocess
import sys
import time

import filelock
import ray

from fmnist import PROJECT_ROOT
from fmnist.sweeps import ray_node
from fmnist.sweeps.ray_node import Order, Trial, find_other_versions, list_versions


def make_order(**changes):
    order = Order("20260101-000000-run", {}, "fashion-mnist", "abc", {}, {"TF_X": "1"}, 3, 600.0)
    return order._replace(**changes)


def test_a_dataset_is_read_and_unpacked_once(tmp_path, monkeypatch):
    read = []
    monkeypatch.setattr(ray, "get", lambda reference: read.append(reference) or reference)
    files = [{"a.gz": b"images"}]
    first = ray_node._unpack(tmp_path, make_order(), files)
    again = ray_node._unpack(tmp_path, make_order(), files)
    assert first == again
    assert len(read) == 1
    assert (first / "fashion-mnist" / "a.gz").read_bytes() == b"images"
    other = ray_node._unpack(tmp_path, make_order(fingerprint="def"), files)
    assert other != first


def test_a_training_finds_its_data_and_nothing_secret(tmp_path, monkeypatch):
    monkeypatch.setenv("FMNIST_TEACHER_KEY", "a sentence")
    monkeypatch.setenv("FMNIST_RUNS_DIR", "/elsewhere")
    found = ray_node._choose_environment(make_order(), tmp_path)
    ours = ("FMNIST_", "TF_NUM_", "TF_X")
    assert {name: text for name, text in found.items() if name.startswith(ours)} == {
        "FMNIST_CACHE_DIR": str(tmp_path),
        "FMNIST_DATASETS_DIR": str(tmp_path),
        "FMNIST_DATA_DIR": str(tmp_path / "fashion-mnist"),
        "TF_NUM_INTRAOP_THREADS": "3",
        "TF_NUM_INTEROP_THREADS": "3",
        "TF_X": "1",
    }
    assert "FMNIST_DATA_DIR" not in ray_node._choose_environment(
        make_order(dataset="shapes"), tmp_path
    )


def test_other_versions_are_named():
    assert find_other_versions(list_versions()) == ""
    has = find_other_versions({**list_versions(), "keras": "3.0.0"})
    assert has.startswith(f"has keras {list_versions()['keras']}, the computer of the sweep 3.0.0:")
    assert find_other_versions({"torch": "9"}).startswith("has no torch, ")


def test_only_what_is_new_is_sent_and_whole_rows_of_a_table(tmp_path):
    table, log = tmp_path / "history.csv", tmp_path / "log.txt"
    table.write_text("epoch\n0\n1")
    log.write_text("line\nha")
    assert ray_node._read_new(table, 0) == (0, b"epoch\n0\n")
    assert ray_node._read_new(table, 8) is None
    assert ray_node._read_new(log, 5) == (5, b"ha")
    assert ray_node._read_new(log, 7) is None
    assert ray_node._read_new(log, 99) == (0, b"line\nha"), "it was begun anew"


def test_what_a_killed_trial_left_is_removed_and_what_trains_stays(tmp_path):
    here = filelock.FileLock(tmp_path / "1-1.lock")
    (tmp_path / "1-1").mkdir()
    with here:
        ray_node._make_scratch(tmp_path)
        assert (tmp_path / "1-1").is_dir(), "somebody holds it"
    ray_node._make_scratch(tmp_path)
    assert not (tmp_path / "1-1").exists()


def wait_for_nobody(folder):
    os.environ["TMPDIR"] = str(folder)
    ray_node.find_other_versions = lambda wanted: "has no keras."
    trial = Trial(make_order(lease=0.5), [])
    look = trial.look({})
    while not look.has_ended:
        look = trial.look({})
        time.sleep(0.01)
    (folder / "problem").write_text(look.problem)
    time.sleep(600)


def test_a_trial_ends_when_nobody_looks_any_more(tmp_path):
    code = (
        "import sys, pathlib; from tests.sweeps.test_ray_node import wait_for_nobody; "
        "wait_for_nobody(pathlib.Path(sys.argv[1]))"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], cwd=PROJECT_ROOT, timeout=300)
    assert done.returncode == 0
    assert (tmp_path / "problem").read_text().endswith("has no keras.")
    assert not list(tmp_path.glob("fmnist-lab-*/trials/*/*"))
