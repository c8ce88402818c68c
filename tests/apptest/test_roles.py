"""A Lab with a teacher's key: what a student may do, what only the teacher may, and who is who.

Buttons that are disabled are pressed all the same, as a forged message from a browser would; those
that were drawn for a teacher who is none any more are pressed, too.
"""

import json
import re

import pytest
from streamlit.testing.v1 import AppTest

from fmnist import teacher_key
from fmnist.config import TrainConfig
from fmnist.runs import jobs, queue, settings, store
from pages._shared import role
from tests.apptest.app_pages import button, open_page, words
from tests.factories import runs as run_factory

KEY = "open sesame"
PERSON = "A" * 22


@pytest.fixture
def key(lab, monkeypatch):
    monkeypatch.setenv(teacher_key.VARIABLE, KEY)
    monkeypatch.setattr(queue, "ensure_dispatcher", lambda: None)
    role._door.clear()
    return KEY


def enter(at: AppTest, given: str) -> AppTest:
    at.text_input(key="teacher_key").set_value(given)
    button(at, "Enter").click().run()
    assert not at.exception
    return at


def forged(widget):
    """A widget to be used although it is disabled, as by a message that no browser would send."""
    widget.proto.disabled = False
    return widget


def open_then_lose_the_key(page: str, **query: str) -> AppTest:
    """The page as it was drawn for the teacher, who has since left in another tab."""
    at = enter(open_page(page, **query), KEY)
    role._door.clear()
    return at


def own(at: AppTest) -> str:
    """The owner that runs of this visitor bear."""
    return role.hashlib.sha256(at.session_state["person"].encode()).hexdigest()[:16]


def test_without_a_key_everybody_may_do_everything(lab):
    run_dir = run_factory.write_run(lab.runs_dir)
    at = open_page("runs", run=run_dir.name)
    assert "Teacher" not in str(at.sidebar)
    at.button(key="delete_opened_confirm").click().run()
    assert not run_dir.exists()


def test_a_student_deletes_and_renames_nothing(lab, key):
    run_dir = run_factory.write_run(lab.runs_dir)
    at = open_page("runs", run=run_dir.name)
    forged(at.text_input(key=f"rename_{run_dir.name}")).set_value("Mine now").run()
    forged(at.button(key="delete_opened_confirm")).click().run()
    assert [error.value for error in at.error] == ["Only the teacher may delete runs."]

    at = open_then_lose_the_key("runs", run=run_dir.name)
    at.text_input(key=f"rename_{run_dir.name}").set_value("Mine now").run()
    assert "Only the person who started it, or the teacher, may rename it." in words(at)
    assert store.load_run(run_dir.name).title == "Made run"


def test_the_teacher_deletes_until_leaving(lab, key):
    run_dir = run_factory.write_run(lab.runs_dir)
    at = enter(open_page("runs", run=run_dir.name), "close sesame")
    assert "That is not the teacher's key." in words(at)
    enter(at, KEY)
    assert "try again in" in words(at), "too soon after a wrong one"
    role._door.clear()
    enter(at, KEY)
    assert KEY not in str(at.query_params)
    at.button(key="delete_opened_confirm").click().run()
    assert not run_dir.exists()
    button(at, "Leave").click().run()
    assert at.text_input(key="teacher_key").value == ""


def test_a_student_stops_only_runs_of_their_own(lab, key):
    others = store.create_run(TrainConfig(name="Theirs"), owner="somebody else")
    at = open_page("train", run=others.run_id)
    forged(at.button(key=f"live_stop_{others.run_id}")).click().run()
    at = open_then_lose_the_key("train", run=others.run_id)
    at.button(key=f"live_stop_{others.run_id}").click().run()
    assert "Only the person who started it, or the teacher, may stop it." in words(at)
    assert not store.is_stop_requested(others.run_dir)

    mine = store.create_run(TrainConfig(name="Mine"), owner=own(at))
    at.query_params["run"] = mine.run_id
    at.run()
    at.button(key=f"live_stop_{mine.run_id}").click().run()
    assert not at.exception
    assert store.load_run(mine.run_id).status.status == "stopped"


def test_a_student_neither_reorders_the_queue_nor_changes_settings(lab, key):
    for name in "abc":
        run = store.create_run(TrainConfig(name=name), owner="somebody else")
    at = open_page("train", run=run.run_id)
    assert not [one for one in at.button if one.label == "Move up"]
    forged(at.slider(key="train_parallel")).set_value(3).run()

    at = open_then_lose_the_key("train", run=run.run_id)
    at.slider(key="train_parallel").set_value(3).run()
    assert "Only the teacher may change how many trainings run at once." in words(at)
    at = open_then_lose_the_key("train", run=run.run_id)
    button(at, "Move up").click().run()
    assert "Only the teacher may change the order of the queue." in words(at)
    assert settings.read_parallel_trainings() == 1
    assert settings.read_queue_order() == ()
    enter(at, KEY)
    button(at, "Move up").click().run()
    assert settings.read_queue_order()[0].endswith("-b")


def test_a_person_is_the_same_after_a_reload_and_the_teacher_remains_it(lab, key, monkeypatch):
    at = enter(open_page("runs"), KEY)
    (data,) = frame_data(at)
    cookies = dict(data["cookies"])
    assert re.fullmatch(r"[\w-]{22}", cookies["fmnist_person"])
    monkeypatch.setattr(
        "streamlit.runtime.context.ContextProxy.cookies", property(lambda _: cookies)
    )
    again = open_page("runs")
    assert own(again) == own(at)
    assert button(again, "Leave").click().run()
    assert dict(frame_data(again)[0]["cookies"])["fmnist_teacher"] == ""
    assert not [one for one in at.run().button if one.label == "Leave"], "in every tab"

    cookies["fmnist_person"] = "../../etc/passwd;"
    assert own(open_page("runs")) != own(at), "what is no id is no person"


def frame_data(at: AppTest) -> list[dict]:
    """What the browser is given to remember."""
    for element in at.get("bidi_component"):
        if element.proto.component_name == "fmnist_frame":
            return json.loads(element.proto.json)
    raise AssertionError("there is no frame")


def test_a_students_trainings_bear_their_name_and_are_bounded(lab, key):
    at = open_page("train")
    for seed in range(role.MOST_WAITING):
        jobs.start_run(TrainConfig(seed=seed + 10), own(at))
    at.session_state["train_started_at"] = -10.0
    button(at, "Start training").click().run()
    assert "3 of your trainings wait in the queue already" in words(at)
    enter(at, KEY)
    at.session_state["train_started_at"] = -10.0
    button(at, "Start training").click().run()
    assert not at.exception
    assert {run.status.owner for run in store.list_runs()} == {own(at)}
    assert len(store.list_runs()) == role.MOST_WAITING + 1


def test_a_student_with_trainings_that_wait_begins_no_experiment(lab, key):
    at = open_page("experiments", experiment="filters")
    mine = [jobs.start_run(TrainConfig(seed=seed), own(at)) for seed in range(role.MOST_WAITING)]
    at.button(key="experiment_start").click().run()
    assert not at.exception
    (toast,) = at.toast
    assert toast.value == (
        "3 of your trainings wait in the queue already: start more when fewer than 3 wait, "
        "or cancel one."
    )
    assert len(store.list_runs()) == role.MOST_WAITING
    jobs.stop_run(mine[0])
    at.button(key="experiment_start").click().run()
    assert not at.toast
    assert len(queue.list_queued()) == role.MOST_WAITING - 1 + 6
    with pytest.raises(jobs.TooManyWaiting, match="8 of your trainings"):  # as Train would ask
        jobs.start_run(TrainConfig(seed=9), own(at), role.MOST_WAITING)


def test_start_shows_the_run_that_is_there_already_unless_told_otherwise(lab, monkeypatch):
    monkeypatch.setattr(queue, "ensure_dispatcher", lambda: None)
    at = open_page("train")
    button(at, "Start training").click().run()
    (run,) = store.list_runs()
    another = open_page("train")
    another.session_state["train_started_at"] = -10.0
    another.query_params.clear()
    button(another, "Start training").click().run()
    assert another.query_params["run"] == run.run_id
    assert "nothing was trained again" in another.toast[0].value
    assert len(store.list_runs()) == 1
    another.session_state["train_started_at"] = -10.0
    button(another, "Train again anyway").click().run()
    assert not another.exception
    assert len(store.list_runs()) == 2
    assert another.query_params["run"] != run.run_id
