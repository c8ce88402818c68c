"""The process that watches a check: bounds, the line, stopping, refusing."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import keras
import psutil
import pytest

from fmnist import memory_limit
from fmnist.imported import check
from fmnist.imported.check import check_and_score
from fmnist.imported.config_check import ModelRefused
from fmnist.imported.refused_files import read_refusal
from fmnist.runs import store
from fmnist.runs.imported_record import ImportedModel
from fmnist.runs.process import TrainingError
from tests.factories import models as model_factory

ROOT = Path(__file__).parents[2]


def import_file(path: Path, **said: str) -> store.Run:
    """A run of a file, not checked yet."""
    return store.create_import_run("Theirs", ImportedModel(path.name, **said), path.read_bytes())


def write_greedy(folder: Path, times: int = 60, name: str = "greedy.keras") -> Path:
    """A legal network of a few kB that enlarges each image before it looks at it."""
    layers = [
        keras.Input((28, 28, 1)),
        keras.layers.UpSampling2D(times),
        keras.layers.AveragePooling2D(times),
        keras.layers.Flatten(),
        keras.layers.Dense(10, activation="softmax"),
    ]
    return model_factory.save(keras.Sequential(layers), folder, name)


@pytest.fixture
def new_children() -> Callable[[], list[psutil.Process]]:
    """The processes that this one has started since, and theirs; it may have an engine already."""
    before = psutil.Process().children(recursive=True)
    return lambda: [c for c in psutil.Process().children(recursive=True) if c not in before]


# -- what a check may take ------------------------------------------------------------------------


def test_a_network_that_eats_the_memory_is_refused_and_gives_it_back(
    lab, tmp_path, new_children, monkeypatch
):
    run = import_file(write_greedy(tmp_path))
    greatest = 0
    over = threading.Event()

    def watch() -> None:
        nonlocal greatest
        while not over.wait(0.05):
            for child in new_children():
                try:
                    greatest = max(greatest, child.memory_info().rss)
                except psutil.NoSuchProcess:
                    continue

    monkeypatch.setattr(memory_limit, "_available", lambda: 8e9)  # whatever other tests take
    watcher = threading.Thread(target=watch)
    watcher.start()
    with pytest.raises(ModelRefused) as caught:
        check_and_score(run)
    over.set()
    watcher.join()
    bound = memory_limit.bound_of_one()
    assert f"greedy.keras needs more than {bound / 1e9:.1f} GB of memory" in str(caught.value)
    assert greatest < bound + 200e6
    assert store.list_runs() == []
    assert read_refusal(run.run_id).reason == str(caught.value)
    assert not new_children()


def test_a_check_that_takes_too_long_ends_with_a_sentence(lab, tmp_path, monkeypatch, new_children):
    monkeypatch.setattr(check, "CHECK_SECONDS", 0.5)
    run = import_file(model_factory.save(model_factory.build_model(), tmp_path))
    with pytest.raises(ModelRefused, match=r"theirs\.keras is too slow: its check was not done"):
        check_and_score(run)
    assert store.list_runs() == []
    assert not new_children()


def test_a_check_whose_process_dies_is_told(lab, tmp_path, monkeypatch):
    start = check._start

    def start_and_kill(*arguments):
        process = start(*arguments)
        process.kill()
        return process

    monkeypatch.setattr(check, "_start", start_and_kill)
    run = import_file(model_factory.save(model_factory.build_model(), tmp_path))
    with pytest.raises(ModelRefused, match="crashed the process that checked it"):
        check_and_score(run)


# -- the line, and stopping -----------------------------------------------------------------------


def test_checks_wait_for_one_another_in_the_order_they_came(lab, tmp_path):
    path = model_factory.save(model_factory.build_model(), tmp_path)
    imported = []
    for number in range(3):
        imported.append(import_file(path))
        store.write_status(imported[-1].run_dir, queued_at=time.time() - 3 + number)
    imported = [store.read_run(run.run_dir) for run in imported]
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "fmnist", "import-model", str(run.run_dir)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )
        for run in reversed(imported)
    ]
    most_at_once = 0
    seen_waiting = set()
    deadline = time.monotonic() + 300
    while any(process.poll() is None for process in processes):
        assert time.monotonic() < deadline
        found = [store.read_run(run.run_dir) for run in imported]
        most_at_once = max(most_at_once, [run.status.status for run in found].count("running"))
        seen_waiting |= {run.status.message for run in found if run.status.status == "queued"}
        time.sleep(0.1)
    ended = [store.read_run(run.run_dir).status for run in imported]
    assert [status.status for status in ended] == ["completed"] * 3
    assert sorted(ended, key=lambda status: status.finished_at) == ended
    assert most_at_once == 1
    assert "another model is being checked" in seen_waiting


def test_nobody_waits_for_a_check_that_never_began(lab, tmp_path):
    path = model_factory.save(model_factory.build_model(), tmp_path)
    store.write_status(import_file(path).run_dir, queued_at=time.time() - 300)
    assert check_and_score(import_file(path))["test_accuracy"] > 0.9


@pytest.mark.parametrize("is_waiting", [True, False])
def test_a_check_can_be_stopped(lab, tmp_path, is_waiting, new_children):
    path = model_factory.save(model_factory.build_model(), tmp_path)
    run = import_file(path)
    if is_waiting:
        before = import_file(path)
        store.write_status(before.run_dir, queued_at=1.0, pid=os.getpid())
        process = psutil.Process()
        store.write_status(before.run_dir, pid_started_at=process.create_time())
        store.claim_run(before.run_dir)
    timer = threading.Timer(1.0, store.request_stop, (run,))
    timer.start()
    with pytest.raises(TrainingError, match=r"Stopped before it was scored\."):
        check_and_score(run)
    stopped = store.read_run(run.run_dir)
    assert (stopped.status.status, stopped.damaged) == ("stopped", "")
    assert not new_children()


def test_a_model_accepted_before_is_failed_and_not_lost_by_wrong_words(lab, tmp_path):
    run = import_file(model_factory.save(model_factory.build_model(), tmp_path))
    check_and_score(run)
    store.reset_import(store.read_run(run.run_dir), "auto", "probabilities")
    with pytest.raises(ModelRefused, match="Say that its outputs are logits"):
        check_and_score(store.read_run(run.run_dir))
    failed = store.read_run(run.run_dir)
    assert failed.status.status == "failed"
    assert "Say that its outputs are logits" in failed.status.message
    store.reset_import(failed, "auto", "logits")
    assert check_and_score(store.read_run(run.run_dir))["test_accuracy"] > 0.9
    assert store.read_run(run.run_dir).status.status == "completed"
