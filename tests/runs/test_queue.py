"""Runs that wait: first come, first served, moved up, cancelled, taken for dead, deleted."""

import threading
import time

import pytest

from fmnist.config import TrainConfig
from fmnist.runs import settings, store
from fmnist.runs.imported_record import ImportedModel
from fmnist.runs.progress import describe_queue_position
from fmnist.runs.queue import Queue, granting, list_queued, wait_in_queue
from tests.waits import wait_for


def test_a_waiting_run_that_is_stopped_never_starts(lab):
    run = store.create_run(TrainConfig())
    store.request_stop(run)
    assert wait_in_queue(run.run_dir) is False
    status = store.load_run(run.run_id).status
    assert (status.status, status.message) == ("stopped", "Cancelled before it started.")
    assert status.started_at is None


def test_only_the_oldest_waiting_run_goes_on(lab):
    first, second = store.create_run(TrainConfig()), store.create_run(TrainConfig())
    for run in (first, second):
        store.claim_run(run.run_dir)
    is_over = threading.Event()

    def wait():
        wait_in_queue(second.run_dir)
        is_over.set()

    waiter = threading.Thread(target=wait, daemon=True)
    waiter.start()
    assert not is_over.wait(1), "the second run must not overtake the first"
    assert wait_in_queue(first.run_dir) is True
    assert not is_over.wait(1), "one training at a time"
    store.write_status(first.run_dir, status="completed")
    assert is_over.wait(120)
    assert store.read_status(second.run_dir).status == "running"


def test_the_check_of_an_imported_model_takes_nobodys_place(lab):
    checked = store.create_import_run("Theirs", ImportedModel("theirs.keras"), b"")
    assert checked.status.status == "queued"
    run = store.create_run(TrainConfig())
    assert (
        describe_queue_position(run, store.list_runs())
        == "Next in the queue: it starts in a moment."
    )
    store.claim_run(run.run_dir)
    assert wait_in_queue(run.run_dir) is True


def wait_in_a_thread(run: store.Run) -> tuple[threading.Thread, list[bool]]:
    answers: list[bool] = []
    waiter = threading.Thread(
        target=lambda: answers.append(wait_in_queue(run.run_dir)), daemon=True
    )
    waiter.start()
    return waiter, answers


def test_a_waiting_run_that_was_taken_for_dead_queues_again(lab):
    first, second = store.create_run(TrainConfig()), store.create_run(TrainConfig())
    for run in (first, second):
        store.claim_run(run.run_dir)
    waiter, answers = wait_in_a_thread(second)
    store.write_status(second.run_dir, status="failed", finished_at=1.0, message="it is gone")
    wait_for(lambda: store.read_status(second.run_dir).status == "queued", "it to queue again")
    status = store.read_status(second.run_dir)
    assert (status.status, status.finished_at, status.message) == ("queued", None, "")
    assert answers == []
    store.write_status(first.run_dir, status="completed")
    waiter.join(120)
    assert answers == [True]
    assert store.read_status(second.run_dir).status == "running"


def test_a_waiting_run_whose_folder_is_deleted_ends_quietly(lab):
    first, second = store.create_run(TrainConfig()), store.create_run(TrainConfig())
    for run in (first, second):
        store.claim_run(run.run_dir)
    waiter, answers = wait_in_a_thread(second)
    second.run_dir.rename(lab.cache_dir / "gone")
    waiter.join(120)
    assert answers == [False]
    assert not second.run_dir.exists()


def test_two_places_let_two_runs_train(lab):
    settings.write_parallel_trainings(2)
    for run in (store.create_run(TrainConfig()), store.create_run(TrainConfig())):
        store.claim_run(run.run_dir)
        assert wait_in_queue(run.run_dir) is True


def test_the_next_run_is_told_also_while_no_place_is_free(lab):
    first, second, third = (store.create_run(TrainConfig(name=name)) for name in "abc")
    store.claim_run(first.run_dir, status="running", started_at=time.time())
    found = Queue(first.run_dir.parent).look()
    assert [run.run_id for run in found.running] == [first.run_id]
    assert [run.run_id for run in found.waiting] == [second.run_id, third.run_id]
    assert found.up_next.run_id == second.run_id
    assert found.next is None
    settings.write_parallel_trainings(2)
    assert found.next.run_id == second.run_id


def test_a_run_that_is_moved_up_begins_before_those_behind_it(lab):
    first, second, third = (store.create_run(TrainConfig(name=name)).run_id for name in "abc")
    queue = Queue(lab.runs_dir)

    def order():
        return [run.run_id for run in queue.look().waiting]

    queue.move_up(third)
    assert order() == [first, third, second]
    queue.move_up(third)
    queue.move_up(third)  # it is first
    assert order() == [third, first, second]
    assert queue.look().next.run_id == third
    assert describe_queue_position(store.load_run(first), store.list_runs()) == (
        "Second in the queue, behind “c”."
    )

    fourth = store.create_run(TrainConfig(name="d")).run_id
    assert order() == [third, first, second, fourth], "who comes later waits behind all others"
    store.claim_run(lab.runs_dir / third, status="running", started_at=time.time())
    queue.move_up(third)  # it was taken meanwhile
    queue.move_up("20260101-000000-deleted")
    assert order() == [first, second, fourth]


def test_an_order_of_the_queue_that_makes_no_sense_is_none(lab):
    runs = [store.create_run(TrainConfig(name=name)).run_id for name in "ab"]
    for nonsense in ('{"queue_order": 5}', '{"queue_order": [1, 2]}', "{"):
        (lab.runs_dir / "settings.json").write_text(nonsense)
        assert [run.run_id for run in list_queued()] == runs


def test_the_queue_cannot_be_moved_while_somebody_holds_it(lab, monkeypatch):
    first, second = (store.create_run(TrainConfig(name=name)).run_id for name in "ab")
    monkeypatch.setattr("fmnist.runs.queue._GRANTED_WITHIN", 0.05)
    with (
        granting(lab.runs_dir),
        pytest.raises(store.RunsFolderError, match="Try again"),
    ):
        Queue(lab.runs_dir).move_up(second)
    assert [run.run_id for run in list_queued()] == [first, second]
