"""Real training processes on made images: started, queued, stopped, cancelled, killed."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from fmnist.config import ConfigError, TrainConfig
from fmnist.imported import start as start_imported
from fmnist.imported.refused_files import read_refusal
from fmnist.runs import dispatcher, jobs, launch, outputs, queue, store
from tests.factories import runs as run_factory
from tests.waits import failure_of
from tests.waits import wait_for as wait_up_to

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SHORT = TrainConfig(filters=(4,), dense_units=(8,), epochs=1, batch_size=64)
LONG = SHORT.replace(epochs=200, batch_size=8)
PATIENCE = 120  # seconds; other programs may have the cores


def wait_for(
    look: Callable[[], Any], what: str, seconds: float = PATIENCE, run_id: str = ""
) -> None:
    """Wait until it is so; no longer once the run named has failed."""
    wait_up_to(look, what, seconds, lambda: failure_of(store.runs_dir() / run_id) if run_id else "")


def status_of(run_id: str) -> store.Status:
    return store.load_run(run_id).status


def is_training(run_id: str) -> bool:
    return status_of(run_id).status == "running" and (status_of(run_id).step or 0) > 0


def start_and_wait(config: TrainConfig) -> str:
    run_id = jobs.start_run(config)
    wait_for(lambda: is_training(run_id), "the training begins", run_id=run_id)
    return run_id


def batch_rows(run_id: str) -> int:
    return len(outputs.read_batches(store.load_run(run_id)))


def test_a_started_run_trains_at_low_priority_and_outlives_the_process_that_started_it(lab):
    code = """
import sys
from fmnist.config import TrainConfig
from fmnist.runs import jobs
config = TrainConfig(filters=(4,), dense_units=(8,), epochs=20, batch_size=64)
print(jobs.start_run(config), "tensorflow" in sys.modules)
"""
    started = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=200
    )
    run_id, has_tensorflow = started.stdout.split()
    assert has_tensorflow == "False", "the page must not wait for TensorFlow"
    wait_for(
        lambda: status_of(run_id).status == "running", "it is first in the queue", run_id=run_id
    )
    inherited = psutil.Process().nice()
    low = psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else max(10, inherited)
    # The first process named is the dispatcher, for the moment in which it starts this one.
    wait_for(lambda: nice_of(status_of(run_id).pid) == low, "its low priority", run_id=run_id)
    wait_for(lambda: not status_of(run_id).is_live, "the training ends", run_id=run_id)
    run = store.load_run(run_id)
    assert (run.status.status, run.damaged) == ("completed", ""), outputs.read_log(run)
    assert len(outputs.read_probabilities(run)) == 200
    # The command prints its last line when the run folder is complete, a moment after its status.
    wait_for(lambda: run_id in outputs.read_log(run), "what the command prints is in the log")
    assert "TensorFlow" in outputs.read_log(run)


def nice_of(pid: int) -> int | None:
    """None once the process is gone: then it is too late to ask."""
    try:
        return psutil.Process(pid).nice()
    except psutil.NoSuchProcess:
        return None


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
    assert [run.run_id for run in queue.list_queued()] == [second]
    assert status_of(second).pid is None, "a waiting run has no process"

    wait_for(lambda: status_of(first).step >= 100, "it has learnt something", run_id=first)
    jobs.stop_run(first)
    wait_for(lambda: not status_of(first).is_live, "the stopped run is scored", run_id=first)
    stopped = store.load_run(first)
    assert (stopped.status.status, stopped.damaged) == ("stopped", "")
    assert stopped.status.epoch < LONG.epochs - 1
    assert outputs.read_results(stopped)["test_accuracy"] > 0.1
    wait_for(lambda: status_of(second).status == "running", "the queue moves on")


def test_a_waiting_run_is_cancelled_and_a_later_one_follows_a_killed_one(lab):
    first = start_and_wait(LONG)
    second, third = jobs.start_run(SHORT), jobs.start_run(SHORT)
    assert [run.run_id for run in queue.list_queued()] == [second, third]
    jobs.stop_run(second)
    wait_for(lambda: not status_of(second).is_live, "the second one is cancelled")
    assert status_of(second).status == "stopped"
    assert status_of(second).message == "Cancelled before it started."
    assert not store.load_run(second).damaged
    assert status_of(third).status == "queued"

    wait_for(lambda: batch_rows(first) >= 2, "rows are written")
    psutil.Process(status_of(first).pid).kill()
    # Who merely looks may notice it before the dispatcher, which knows the exit code, tells why.
    why = "The training process was killed, possibly for lack of memory (exit code -9, SIGKILL)."
    wait_for(lambda: status_of(first).message == why, "the kill is told")
    assert status_of(first).status == "failed"
    assert batch_rows(first) >= 2, "what was written is kept"
    wait_for(lambda: status_of(third).status != "queued", "the third one goes on")
    jobs.stop_run(second)  # already over: nothing happens
    assert status_of(second).status == "stopped"


def test_a_process_that_dies_at_once_is_told(lab, monkeypatch):
    monkeypatch.setattr(launch, "PROJECT_ROOT", lab.cache_dir)  # no fmnist package there
    run_id = start_imported.start_import(run_factory.tiny_model(), "mine.keras")
    wait_for(lambda: not status_of(run_id).is_live, "the run is reconciled")
    assert status_of(run_id).status == "failed"
    assert "exit code 1" in status_of(run_id).message
    assert "No module named" in status_of(run_id).message


def test_a_network_that_cannot_be_built_makes_no_run(lab):
    with pytest.raises(ConfigError, match="Convolution 4"):
        jobs.start_run(TrainConfig(filters=(8,) * 5))
    assert list(lab.runs_dir.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_one_sentence(lab, monkeypatch):
    blocked = lab.cache_dir / "a-file"
    blocked.write_text("in the way")
    monkeypatch.setenv("FMNIST_RUNS_DIR", str(blocked / "runs"))
    with pytest.raises(store.RunsFolderError, match="cannot be written"):
        jobs.start_run(SHORT)


def test_a_run_that_cannot_be_stopped_is_one_sentence(lab, monkeypatch):
    run_dir = run_factory.write_run(lab.runs_dir, status="running")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(store.RunsFolderError, match=r"cannot be written \(Permission denied\)"):
        jobs.stop_run(run_dir.name)


def test_no_process_to_be_had_leaves_no_run_behind(lab, monkeypatch):
    monkeypatch.setattr(launch, "PROJECT_ROOT", lab.cache_dir / "nowhere")
    with pytest.raises(store.RunsFolderError, match="could not be started"):
        jobs.start_run(SHORT)
    assert store.list_runs() == []


# -- models imported from files -------------------------------------------------------------------


def test_an_imported_file_is_checked_beside_a_training_and_checked_again(lab):
    training = start_and_wait(LONG)
    run_id = start_imported.start_import(run_factory.tiny_model(), "C:\\models\\mine.keras")
    run = store.load_run(run_id)
    assert (run.title, run.imported_model.file_name) == ("mine", "mine.keras")
    wait_for(lambda: not status_of(run_id).is_live, "the check ends")
    run = store.load_run(run_id)
    assert (run.status.status, run.damaged) == ("completed", ""), outputs.read_log(run)
    assert outputs.read_results(run)["test_accuracy"] > 0.8
    assert run.imported_model.effective_outputs == "probabilities"
    beside = status_of(training)
    assert beside.is_live or beside.finished_at > run.status.started_at
    jobs.stop_run(training)

    start_imported.rescore_import(run_id, "unit", "logits")
    with pytest.raises(ConfigError, match="no model that can be checked again now"):
        start_imported.rescore_import(run_id, "raw", "logits")
    wait_for(lambda: not status_of(run_id).is_live, "the second check ends")
    used = store.load_run(run_id).imported_model
    assert (used.effective_inputs, used.effective_outputs) == ("unit", "logits")


def test_a_file_that_is_no_model_leaves_no_run_but_a_reason(lab):
    run_id = start_imported.start_import(b"PK\x03\x04 hello", "mine.keras", "Ours")
    wait_for(lambda: read_refusal(run_id), "it is refused")
    assert read_refusal(run_id).reason.startswith("mine.keras is damaged or cut short")
    wait_for(lambda: store.list_runs() == [], "the run is gone")


def test_a_killed_check_is_failed(lab):
    run_id = start_imported.start_import(run_factory.tiny_model(), "mine.keras")
    wait_for(lambda: status_of(run_id).pid is not None, "the check begins")
    psutil.Process(status_of(run_id).pid).kill()
    wait_for(lambda: "(exit code -9, SIGKILL)" in status_of(run_id).message, "the kill is told")
    assert status_of(run_id).status == "failed"


def test_a_file_that_is_too_large_makes_no_run(lab, monkeypatch):
    monkeypatch.setattr(store, "MAX_FILE_BYTES", 1_000_000)
    with pytest.raises(ConfigError, match="mine.keras has 2 MB; the limit is 1 MB"):
        start_imported.start_import(bytes(2_000_000), "mine.keras")
    assert store.list_runs() == []


def test_a_trained_run_is_not_checked(lab):
    run_dir = run_factory.write_run(lab.runs_dir)
    with pytest.raises(ConfigError, match="Made run is no model that can be checked again now"):
        start_imported.rescore_import(run_dir.name, "raw", "logits")
    assert store.load_run(run_dir.name).has_scores


# -- trainings that hang, and the one process that lets them begin --------------------------------

needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot halt a process")


@needs_signals
@pytest.mark.parametrize("has_been_silent", [False, True], ids=["just halted", "silent for long"])
def test_a_halted_training_is_ended_by_stop_and_the_queue_goes_on(lab, has_been_silent):
    hung = start_and_wait(LONG)
    next_one = jobs.start_run(LONG)
    process = psutil.Process(status_of(hung).pid)
    process.suspend()
    wait_for(lambda: process.status() == psutil.STATUS_STOPPED, "it writes no more")
    if has_been_silent:
        store.write_status(lab.runs_dir / hung, heartbeat_at=time.time() - 75)
    run = store.load_run(hung)
    assert run.is_live
    assert run.is_silent == has_been_silent
    jobs.stop_run(hung)
    wait_for(lambda: not process.is_running(), "the process is ended")
    wait_for(lambda: not status_of(hung).is_live, "its end is recorded")
    status = status_of(hung)
    assert status.status == "failed"
    assert "ignored Stop, so its process was killed" in status.message
    assert bool(re.search(r"not responded for 1.min", status.message)) == has_been_silent
    wait_for(lambda: status_of(next_one).status == "running", "the queue goes on")
    assert status_of(hung) == status, "nobody says otherwise afterwards"


def test_200_queued_runs_are_one_process_that_outlives_whoever_started_it(lab):
    # Somebody else trains: this process.
    run_factory.write_run(lab.runs_dir, status="running")
    code = """
from fmnist.config import TrainConfig
from fmnist.runs import jobs
print(*(jobs.start_run(TrainConfig(filters=(4,), epochs=1)) for _ in range(200)))
"""
    started = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    run_ids = started.stdout.split()
    assert len(run_ids) == 200, started.stderr
    wait_for(lambda: len(processes_of(lab.runs_dir)) == 1, "the dispatcher alone")
    time.sleep(1)
    assert len(processes_of(lab.runs_dir)) == 1
    dispatcher = dispatcher_of(lab.runs_dir)
    assert dispatcher.memory_info().rss < 80e6
    assert [run.run_id for run in queue.list_queued()] == run_ids
    for run_id in run_ids[1:]:
        jobs.stop_run(run_id)
    # Where the dispatcher looked at the queue just then, it cancels the run itself, a bit later.
    wait_for(lambda: [run.run_id for run in queue.list_queued()] == run_ids[:1], "one is left")
    assert {status_of(run_id).status for run_id in run_ids[1:]} == {"stopped"}


def test_a_dispatcher_that_was_killed_is_replaced_by_whoever_looks(lab):
    first = start_and_wait(LONG)
    second = jobs.start_run(SHORT)
    dispatcher = dispatcher_of(lab.runs_dir)
    dispatcher.kill()
    wait_for(lambda: has_ended(dispatcher), "its end")
    assert status_of(first).is_live, "a training outlives it"
    psutil.Process(status_of(first).pid).kill()

    def look() -> bool:  # as a page does, twice a second
        queue.keep_moving(store.list_runs())
        return status_of(second).status != "queued"

    wait_for(look, "the second begins", run_id=second)
    assert status_of(first).status == "failed"
    assert "ended unexpectedly" in status_of(first).message, "nobody knows its exit code"


@needs_signals
def test_a_suspended_dispatcher_is_replaced_and_holds_nobody_up(lab):
    first = start_and_wait(LONG)
    second = jobs.start_run(SHORT)
    dispatcher = dispatcher_of(lab.runs_dir)
    sign = lab.runs_dir / queue.DISPATCHER
    wait_for(lambda: store.read_status(sign).pid == dispatcher.pid, "it gives a sign of life")
    with queue.granting(lab.runs_dir).acquire(PATIENCE):  # not while it holds this itself
        dispatcher.suspend()
        wait_for(lambda: dispatcher.status() == psutil.STATUS_STOPPED, "it writes no more")
        # Who waited for the lock of a suspended one would wait for ever.
        jobs.stop_run(jobs.start_run(SHORT))
    store.write_status(sign, heartbeat_at=time.time() - 75)
    queue.keep_moving(store.list_runs())
    wait_for(lambda: has_ended(dispatcher), "its end")
    assert status_of(first).is_live, "a training outlives it"
    jobs.stop_run(first)
    wait_for(lambda: not status_of(first).is_live, "the first has ended")

    def look() -> bool:  # as a page does; the lock is free a moment after the process is gone
        queue.keep_moving(store.list_runs())
        return status_of(second).status != "queued"

    wait_for(look, "the second begins", run_id=second)


def test_a_dispatcher_that_cannot_begin_is_a_sentence(lab, monkeypatch):
    monkeypatch.setattr(launch, "PROJECT_ROOT", lab.cache_dir)  # no fmnist package there
    monkeypatch.setattr(queue, "TRY_AGAIN_AFTER", PATIENCE)  # however long Python takes to start
    run = store.create_run(SHORT)
    queue.ensure_dispatcher()
    with pytest.raises(store.RunsFolderError, match=r"The queue's process ended with exit code 1"):
        wait_for(lambda: queue.keep_moving([run]), "the reason")
    assert status_of(run.run_id).status == "queued"


def test_a_training_that_fails_before_it_is_recorded_keeps_its_own_reason(lab, monkeypatch):
    run = store.create_run(SHORT)

    def start(*_, **__) -> subprocess.Popen:
        store.write_status(run.run_dir, status="failed", message="No data.")
        return subprocess.Popen([sys.executable, "-c", "exit(2)"])

    monkeypatch.setattr(dispatcher, "start_in_background", start)
    dispatcher.serve(lab.runs_dir)
    assert (status_of(run.run_id).status, status_of(run.run_id).message) == ("failed", "No data.")


def test_a_queued_training_finds_the_variables_of_whoever_queued_it(lab, monkeypatch, tmp_path):
    run_factory.write_run(lab.runs_dir, status="running")
    first = jobs.start_run(SHORT)  # its dispatcher has the folders of this Lab
    monkeypatch.setenv("FMNIST_DATA_DIR", str(tmp_path / "elsewhere"))
    second = jobs.start_run(SHORT)
    jobs.stop_run(first)
    store.write_status(lab.runs_dir / run_factory.RUN_ID, status="stopped", started_at=None)
    wait_for(lambda: status_of(second).status == "failed", "its dataset is missing")
    assert f"FMNIST_DATA_DIR names {tmp_path / 'elsewhere'}" in status_of(second).message
    variables = lab.runs_dir / second / store.VARIABLES_FILE
    wait_for(lambda: not variables.exists(), "the dispatcher removes them, once it has begun")


def processes_of(runs_dir: Path) -> list[psutil.Process]:
    """All that names the runs folder in its command line."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(runs_dir) in argument for argument in process.info["cmdline"] or [])
    ]


def dispatcher_of(runs_dir: Path) -> psutil.Process:
    """The one there is."""
    arguments = ["fmnist.runs.dispatcher", str(runs_dir.resolve())]
    (dispatcher,) = (
        process for process in processes_of(runs_dir) if process.info["cmdline"][-2:] == arguments
    )
    return dispatcher


def has_ended(process: psutil.Process) -> bool:
    """Also one that nobody has reaped."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
