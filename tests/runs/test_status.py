"""A run's status: processes that are gone, clocks that were set, other computers."""

import json
import os
import socket
import subprocess
import sys
import time

import psutil
import pytest

from fmnist.config import TrainConfig
from fmnist.runs import outputs, status, store
from fmnist.runs.queue import Queue
from fmnist.runs.status import reconcile_status
from fmnist.runs.tables import summary_table
from tests.factories import runs as run_factory
from tests.waits import wait_for


def test_a_dead_process_makes_its_run_failed_and_keeps_the_curves(lab):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    run_dir = run_factory.write_run(lab.runs_dir, status="running", epochs=3)
    store.write_status(run_dir, pid=gone.pid, pid_started_at=time.time())
    run = store.load_run(run_dir.name)
    assert run.status.status == "failed"
    assert run.status.message == (
        "The training process ended unexpectedly: it was killed, or the computer was switched off."
    )
    assert json.loads((run_dir / "status.json").read_text())["status"] == "failed"
    assert len(outputs.read_history(run)) == 2


LOOKS = {
    "at the run": lambda run_dir: store.load_run(run_dir.name).status,
    "at all runs": lambda _: store.list_runs()[0].status,
    "at the queue": lambda run_dir: Queue(run_dir.parent).look() and store.read_status(run_dir),
}


@pytest.mark.parametrize(
    ("state", "message"), [("queued", ""), ("running", ""), ("running", "scoring")]
)
@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_killed_process_is_failed_at_the_very_next_look(lab, look, state, message):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        run = store.create_run(TrainConfig())
        store.claim_run(run.run_dir, child.pid, status=state, message=message)
        assert look(run.run_dir).status == state
    finally:
        child.kill()
        child.wait()
    assert look(run.run_dir).status == "failed"
    assert store.read_status(run.run_dir).status == "failed", "on the disk, too"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no zombies")
def test_a_killed_child_that_nobody_reaped_is_dead(lab):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    run_dir = run_factory.write_run(lab.runs_dir, status="running")
    started_at = psutil.Process(child.pid).create_time()
    store.write_status(run_dir, pid=child.pid, pid_started_at=started_at)
    assert store.reconcile_run(run_dir).status.status == "running"
    child.kill()
    wait_for(lambda: store.reconcile_run(run_dir).status.status == "failed", "its end is noticed")
    child.wait()


def test_a_reused_pid_is_somebody_else(lab):
    run_dir = run_factory.write_run(lab.runs_dir, status="running", is_alive=False)
    assert store.reconcile_run(run_dir).status.status == "failed"


@pytest.mark.parametrize("seconds", [5, 30, 59, -30])
def test_a_process_that_began_at_another_time_is_somebody_else(lab, seconds):
    run_dir = run_factory.write_run(lab.runs_dir, status="running")
    status = store.read_status(run_dir)
    store.write_status(run_dir, pid_started_at=status.pid_started_at - seconds)
    assert store.reconcile_run(run_dir).status.status == "failed"


def test_a_clock_that_was_set_makes_nobody_somebody_else(lab):
    run = store.create_run(TrainConfig())
    status = store.claim_run(run.run_dir)
    # As it was recorded before the clock was put forward by an hour.
    earlier = {"booted_at": status.booted_at - 3600, "pid_started_at": status.pid_started_at - 3600}
    assert store.process_is_alive(store.write_status(run.run_dir, **earlier))


@pytest.mark.parametrize("age", [61, 3600, -3600], ids=["a minute", "an hour", "in the future"])
def test_without_a_believable_heartbeat_for_a_minute_a_training_is_silent(lab, age):
    run_dir = run_factory.write_run(lab.runs_dir, status="running")
    assert not store.reconcile_run(run_dir).is_silent
    store.write_status(run_dir, heartbeat_at=time.time() - 45)
    assert not store.reconcile_run(run_dir).is_silent
    store.write_status(run_dir, heartbeat_at=time.time() - age)
    run = store.reconcile_run(run_dir)
    assert (run.is_live, run.is_silent) == (True, True), "its process is there"
    assert list(summary_table([run])["status"]) == ["silent"]


@pytest.mark.parametrize("hours", [1, -1])
def test_a_computer_whose_clock_is_an_hour_off_is_believed_as_long_as_it_is_heard(
    lab, monkeypatch, hours
):
    clock = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: clock)
    run_dir = run_factory.write_run(lab.runs_dir, status="running")
    there = time.time() + 3600 * hours
    store.write_status(run_dir, host=f"elsewhere {hours}", heartbeat_at=there)
    for _ in range(3):
        assert store.reconcile_run(run_dir).is_live
        clock += 119
        assert store.reconcile_run(run_dir).is_live
        there += 119
        store.write_status(run_dir, heartbeat_at=there)
    assert store.reconcile_run(run_dir).is_live
    clock += 121
    assert store.reconcile_run(run_dir).status.status == "failed"


@pytest.mark.parametrize("days", [2, -2])
def test_a_heartbeat_that_no_clock_explains_keeps_nobody_alive(lab, days):
    run_dir = run_factory.write_run(lab.runs_dir, status="running")
    store.write_status(run_dir, host="elsewhere", heartbeat_at=time.time() + days * 86400)
    assert store.reconcile_run(run_dir).status.status == "failed"


def test_a_live_process_keeps_its_run_live(lab):
    run_dir = run_factory.write_run(lab.runs_dir, status="running")
    assert store.reconcile_run(run_dir).is_live


def test_a_queued_run_waits_without_a_process_for_as_long_as_it_takes(lab):
    run = store.create_run(TrainConfig())
    store.write_status(run.run_dir, queued_at=time.time() - 1e6)
    assert store.load_run(run.run_id).is_live


@pytest.mark.parametrize("age", [71, -3600], ids=["long ago", "in the future"])
def test_a_running_run_has_a_minute_to_get_a_process(lab, age):
    run = store.create_run(TrainConfig())
    store.write_status(run.run_dir, status="running")
    assert store.load_run(run.run_id).is_live
    store.write_status(run.run_dir, queued_at=time.time() - age)
    status = store.load_run(run.run_id).status
    assert status.status == "failed"
    assert "never started" in status.message


def test_another_computers_run_is_judged_by_its_heartbeat(lab, monkeypatch):
    run_dir = run_factory.write_run(lab.runs_dir, status="running", is_alive=False)
    at = time.time() - 60
    store.write_status(run_dir, status="running", host="some computer", heartbeat_at=at)
    assert store.reconcile_run(run_dir).is_live
    store.write_status(run_dir, heartbeat_at=at - 61)
    assert store.reconcile_run(run_dir).is_live, "its clock may be behind"
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 121)
    assert store.reconcile_run(run_dir).status.status == "failed"


def test_a_process_that_ended_well_between_two_looks_is_left_as_it_is(lab):
    run_dir = run_factory.write_run(lab.runs_dir)
    stale = store.Status("running", pid=2**22 + 1, host=socket.gethostname())
    assert reconcile_status(run_dir, stale).status == "completed"


def test_an_end_that_its_starter_tells_just_then_is_not_overwritten(lab, monkeypatch):
    run_dir = run_factory.write_run(lab.runs_dir, status="running", is_alive=False)

    def describe(*_) -> str:
        store.write_status(run_dir, status="failed", message="exit code 7")
        return "It ended."

    monkeypatch.setattr(status, "_describe_death", describe)
    assert store.reconcile_run(run_dir).status.message == "exit code 7"
    assert store.read_status(run_dir).message == "exit code 7"


def test_claiming_a_run_records_this_process(lab):
    run = store.create_run(TrainConfig())
    status = store.claim_run(run.run_dir)
    assert status.pid == os.getpid()
    assert store.process_is_alive(status)
