"""Real training processes on made images: started, queued, stopped, cancelled, killed."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from fmnist import jobs, run_files, runs
from fmnist.config import ConfigError, TrainConfig
from fmnist.own_model_refusals import read_refusal
from tests import made_runs

ROOT = Path(__file__).parent.parent
SHORT = TrainConfig(filters=(4,), dense_units=(8,), epochs=1, batch_size=64)
LONG = SHORT.replace(epochs=200, batch_size=8)
PATIENCE = 120  # seconds; other programs may have the cores


def wait_for(condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds} s: {what}")
        time.sleep(0.05)


def status_of(run_id: str) -> runs.Status:
    return runs.load_run(run_id).status


def is_training(run_id: str) -> bool:
    return status_of(run_id).status == "running" and (status_of(run_id).step or 0) > 0


def start_and_wait(config: TrainConfig) -> str:
    run_id = jobs.start_run(config)
    wait_for(lambda: is_training(run_id), "the training begins")
    return run_id


def batch_rows(run_id: str) -> int:
    return len(run_files.read_batches(runs.load_run(run_id)))


def test_a_started_run_trains_at_low_priority_and_outlives_the_process_that_started_it(lab):
    code = """
import time
from fmnist import jobs
from fmnist.config import TrainConfig
config = TrainConfig(filters=(4,), dense_units=(8,), epochs=1, batch_size=64)
began = time.monotonic()
run_id = jobs.start_run(config)
print(run_id, time.monotonic() - began)
"""
    started = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    run_id, seconds = started.stdout.split()
    assert float(seconds) < 1, "the page must not wait"
    wait_for(lambda: status_of(run_id).status == "running", "its turn comes")
    process = psutil.Process(status_of(run_id).pid)
    inherited = psutil.Process().nice()
    low = psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else max(10, inherited)
    wait_for(lambda: process.nice() == low, "the priority is lowered", seconds=5)
    wait_for(lambda: not status_of(run_id).is_live, "the training ends")
    run = runs.load_run(run_id)
    assert (run.status.status, run.damaged) == ("completed", ""), run_files.read_log(run)
    assert len(run_files.read_probabilities(run)) == 200
    assert run_id in run_files.read_log(run), "what the command prints is in the log"
    assert "TensorFlow" in run_files.read_log(run)


def test_two_started_at_once_take_turns_and_a_stop_lets_the_next_one_go_on(lab):
    run_ids = []
    starts = [
        threading.Thread(target=lambda: run_ids.append(jobs.start_run(LONG))) for _ in range(2)
    ]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert len(set(run_ids)) == 2
    wait_for(lambda: any(map(is_training, run_ids)), "one of the two begins")
    first, second = sorted(run_ids, key=is_training, reverse=True)
    assert status_of(second).status == "queued"
    assert [run.run_id for run in runs.queue()] == [second]
    waiting = psutil.Process(status_of(second).pid)
    assert waiting.memory_info().rss < 200e6, "a waiting run has no TensorFlow"

    jobs.stop_run(first)
    asked = time.time()
    wait_for(lambda: not status_of(first).is_live, "the stopped run is scored")
    stopped = runs.load_run(first)
    assert (stopped.status.status, stopped.damaged) == ("stopped", "")
    # Steps report at least every half second: none was done 2 s after the stop.
    assert stopped.status.heartbeat_at < asked + 2
    assert run_files.read_results(stopped)["test_accuracy"] > 0.1
    wait_for(lambda: status_of(second).status == "running", "the queue moves on", seconds=5)


def test_a_waiting_run_is_cancelled_and_a_later_one_follows_a_killed_one(lab):
    first = start_and_wait(LONG)
    second, third = jobs.start_run(SHORT), jobs.start_run(SHORT)
    wait_for(lambda: status_of(third).pid is not None, "the third one waits")
    assert [run.run_id for run in runs.queue()] == [second, third]
    jobs.stop_run(second)
    wait_for(lambda: not status_of(second).is_live, "the second one is cancelled")
    assert status_of(second).status == "stopped"
    assert status_of(second).message == "Cancelled before it started."
    assert not runs.load_run(second).damaged
    assert status_of(third).status == "queued"

    wait_for(lambda: batch_rows(first) >= 2, "rows are written")
    psutil.Process(status_of(first).pid).kill()
    wait_for(lambda: status_of(first).status == "failed", "the kill is noticed", seconds=5)
    assert "ended without a word" in status_of(first).message
    assert batch_rows(first) >= 2, "what was written is kept"
    wait_for(lambda: status_of(third).status != "queued", "the third one goes on")
    jobs.stop_run(second)  # already over: nothing happens
    assert status_of(second).status == "stopped"


def test_a_process_that_dies_at_once_is_told(lab, monkeypatch):
    monkeypatch.setattr(jobs, "PROJECT_ROOT", lab.cache_dir)  # no fmnist package there
    run_id = jobs.start_run(SHORT)
    wait_for(lambda: not status_of(run_id).is_live, "the run is settled")
    assert status_of(run_id).status == "failed"
    assert "exit code 1" in status_of(run_id).message
    assert "No module named" in run_files.read_log(runs.load_run(run_id))


def test_a_network_that_cannot_be_built_makes_no_run(lab):
    with pytest.raises(ConfigError, match="Convolution 4"):
        jobs.start_run(TrainConfig(filters=(8,) * 5))
    assert list(lab.runs_dir.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_one_sentence(lab, monkeypatch):
    blocked = lab.cache_dir / "a-file"
    blocked.write_text("in the way")
    monkeypatch.setenv("FMNIST_RUNS_DIR", str(blocked / "runs"))
    with pytest.raises(runs.RunsFolderError, match="cannot be written"):
        jobs.start_run(SHORT)


def test_a_run_that_cannot_be_stopped_is_one_sentence(lab, monkeypatch):
    run_dir = made_runs.write_run(lab.runs_dir, status="running")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(runs.RunsFolderError, match=r"cannot be written \(Permission denied\)"):
        jobs.stop_run(run_dir.name)


def test_no_process_to_be_had_leaves_no_run_behind(lab, monkeypatch):
    monkeypatch.setattr(jobs, "PROJECT_ROOT", lab.cache_dir / "nowhere")
    with pytest.raises(runs.RunsFolderError, match="could not be started"):
        jobs.start_run(SHORT)
    assert runs.list_runs() == []


# -- models brought as files ----------------------------------------------------------------------


def test_a_brought_file_is_checked_beside_a_training_and_checked_again(lab):
    training = start_and_wait(LONG)
    run_id = jobs.start_own_model(made_runs.tiny_model(), "C:\\models\\mine.keras")
    run = runs.load_run(run_id)
    assert (run.title, run.own_model.file_name) == ("mine", "mine.keras")
    wait_for(lambda: not status_of(run_id).is_live, "the check ends")
    run = runs.load_run(run_id)
    assert (run.status.status, run.damaged) == ("completed", ""), run_files.read_log(run)
    assert run_files.read_results(run)["test_accuracy"] > 0.8
    assert run.own_model.used_outputs == "probabilities"
    assert is_training(training)
    jobs.stop_run(training)

    jobs.check_own_model_again(run_id, "unit", "logits")
    with pytest.raises(ConfigError, match="no model that can be checked again now"):
        jobs.check_own_model_again(run_id, "raw", "logits")
    wait_for(lambda: not status_of(run_id).is_live, "the second check ends")
    used = runs.load_run(run_id).own_model
    assert (used.used_inputs, used.used_outputs) == ("unit", "logits")


def test_a_file_that_is_no_model_leaves_no_run_but_a_reason(lab):
    run_id = jobs.start_own_model(b"PK\x03\x04 hello", "mine.keras", "Ours")
    wait_for(lambda: read_refusal(run_id), "it is refused")
    assert read_refusal(run_id).reason.startswith("mine.keras is damaged or cut short")
    wait_for(lambda: runs.list_runs() == [], "the run is gone")


def test_a_killed_check_is_failed(lab):
    run_id = jobs.start_own_model(made_runs.tiny_model(), "mine.keras")
    wait_for(lambda: status_of(run_id).pid is not None, "the check begins")
    psutil.Process(status_of(run_id).pid).kill()
    wait_for(lambda: status_of(run_id).status == "failed", "the kill is noticed", seconds=5)
    assert "ended without a word" in status_of(run_id).message


def test_a_file_that_is_too_large_makes_no_run(lab, monkeypatch):
    monkeypatch.setattr(runs, "MAX_FILE_BYTES", 1_000_000)
    with pytest.raises(ConfigError, match="mine.keras has 2 MB: at most 1 MB are taken"):
        jobs.start_own_model(bytes(2_000_000), "mine.keras")
    assert runs.list_runs() == []


def test_a_trained_run_is_not_checked(lab):
    run_dir = made_runs.write_run(lab.runs_dir)
    with pytest.raises(ConfigError, match="Made run is no model that can be checked again now"):
        jobs.check_own_model_again(run_dir.name, "raw", "logits")
    assert runs.load_run(run_dir.name).has_scores
