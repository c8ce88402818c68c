"""Several people at one queue: whose turn it is, how many may wait, and what they share."""

import threading

import pytest

from fmnist.config import TrainConfig
from fmnist.runs import jobs, queue, settings, store
from fmnist.runs.queue import Queue, begin, list_queued
from fmnist.runs.trial_record import TrialRecord
from tests.factories import runs as run_factory


@pytest.fixture(autouse=True)
def _no_dispatcher(lab, monkeypatch):
    monkeypatch.setattr(queue, "ensure_dispatcher", lambda: None)


def queue_for(owner: str, *names: str) -> None:
    for name in names:
        store.create_run(TrainConfig(name=name), owner=owner)


def order() -> str:
    return " ".join(run.config.name for run in list_queued())


def begin_next(lab) -> str:
    """Let the next one train, and end at once."""
    run = Queue(lab.runs_dir).look().next
    begin(run.run_dir)
    store.write_status(run.run_dir, status="completed")
    return run.config.name


def test_people_take_turns_and_each_is_served_in_order(lab):
    queue_for("ann", "a1", "a2", "a3")
    queue_for("ben", "b1", "b2")
    queue_for("", "t1")  # from a terminal
    assert order() == "a1 b1 t1 a2 b2 a3"
    assert begin_next(lab) == "a1"
    assert order() == "b1 t1 a2 b2 a3"
    assert begin_next(lab) == "b1"
    queue_for("cem", "c1", "c2")
    assert order() == "t1 c1 a2 b2 c2 a3", "who has not had a turn yet is before who has"
    assert [begin_next(lab) for _ in range(6)] == ["t1", "c1", "a2", "b2", "c2", "a3"]


def test_a_person_alone_is_served_first_come_first_served(lab):
    queue_for("ann", "a", "b", "c")
    assert order() == "a b c"
    begin_next(lab)
    assert order() == "b c"


def test_an_order_set_by_hand_comes_before_turns(lab):
    queue_for("ann", "a1", "a2", "a3")
    queue_for("ben", "b1")
    assert order() == "a1 b1 a2 a3"
    Queue(lab.runs_dir).move_up(list_queued()[2].run_id)
    assert order() == "a1 a2 b1 a3"
    queue_for("cem", "c1")
    assert order() == "a1 a2 b1 a3 c1"


def test_turns_that_cannot_be_remembered_hold_nobody_up(lab, monkeypatch):
    def refuse(name, value):
        raise store.RunsFolderError("no room")

    monkeypatch.setattr(settings, "_write_setting", refuse)
    queue_for("ann", "a1")
    assert begin_next(lab) == "a1"


def test_little_of_the_past_is_remembered(lab):
    for number in range(settings.MOST_SERVED + 5):
        settings.write_queue_served(f"person {number}")
    served = settings.read_queue_served()
    assert (len(served), served[-1]) == (settings.MOST_SERVED, "person 204")


def test_one_person_may_have_so_many_waiting(lab):
    for _ in range(2):
        jobs.start_run(TrainConfig(), "ann", 2)
    with pytest.raises(jobs.TooManyWaiting, match="2 of your trainings wait .* cancel one"):
        jobs.start_run(TrainConfig(), "ann", 2)
    with pytest.raises(jobs.TooManyWaiting):
        jobs.find_or_start_run(TrainConfig(seed=5), "ann", 2)
    jobs.start_run(TrainConfig(), "ben", 2)
    begin_next(lab)
    jobs.start_run(TrainConfig(), "ann", 2)
    assert len(list_queued()) == 3


def test_several_that_belong_together_are_begun_as_one_or_not_at_all(lab):
    first = jobs.start_run(TrainConfig(seed=1), "ann", 2)
    wanted = [TrainConfig(seed=seed) for seed in (1, 2, 3, 4)]
    found = jobs.find_or_start_runs(wanted, "ann", 2)
    assert [is_new for _, is_new in found] == [False, True, True, True]
    assert found[0][0] == first
    with pytest.raises(jobs.TooManyWaiting, match="4 of your trainings wait .* fewer than 2 wait"):
        jobs.find_or_start_runs([TrainConfig(seed=5), TrainConfig(seed=6)], "ann", 2)
    assert len(list_queued()) == 4
    again = jobs.find_or_start_runs(wanted, "ann", 2)
    assert again == [(run_id, False) for run_id, _ in found], (
        "nothing new, and so nothing to refuse"
    )


def test_what_a_sweep_has_queued_takes_nobodys_place(lab):
    for trial in range(2):
        store.create_run(TrainConfig(), owner="ann", sweep=TrialRecord("20261120-1", trial))
    jobs.start_run(TrainConfig(seed=1), "ann", 1)
    with pytest.raises(jobs.TooManyWaiting, match="1 of your trainings"):
        jobs.start_run(TrainConfig(seed=2), "ann", 1)


def test_the_same_settings_asked_for_by_thirty_at_once_are_one_run(lab):
    found: list[tuple[str, bool]] = []

    def ask(number: int) -> None:
        found.append(jobs.find_or_start_run(TrainConfig(name=f"of {number}"), f"person {number}"))

    askers = [threading.Thread(target=ask, args=(number,)) for number in range(30)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert len({run_id for run_id, _ in found}) == 1
    assert sorted(is_new for _, is_new in found) == [False] * 29 + [True]
    (run,) = store.list_runs()
    assert run.status.owner.startswith("person")


def test_what_is_to_be_cancelled_failed_or_of_other_data_is_not_shared(lab):
    first = jobs.start_run(TrainConfig())
    store.request_stop(store.load_run(first))
    second, is_new = jobs.find_or_start_run(TrainConfig())
    assert is_new
    store.write_status(lab.runs_dir / second, status="failed")
    _, is_new = jobs.find_or_start_run(TrainConfig())
    assert is_new
    run_dir = run_factory.write_run(lab.runs_dir, dropout=0.3)
    config = store.read_run(run_dir).config
    here = run_factory._describe_generated_data()[0]
    assert jobs.find_or_start_run(config, fingerprint=here) == (run_dir.name, False)
    assert jobs.find_or_start_run(config) == (run_dir.name, False)
    assert jobs.find_or_start_run(config, fingerprint="of other data")[1]


def test_a_run_that_began_with_other_weights_is_not_the_same(lab):
    store.create_run(TrainConfig(), start=b"weights")
    assert jobs.find_or_start_run(TrainConfig())[1]
