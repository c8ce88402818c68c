"""The model in hand: chosen once, followed by every page, changed by nobody but a person."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fmnist import json_files
from fmnist.runs import store
from fmnist.runs.fine_tuned_record import FineTuned
from pages._shared import carried
from tests.apptest.app_pages import address, button, open_page, words
from tests.factories import runs as run_factory

NBSP = "\N{NO-BREAK SPACE}"
OLDER, NEWER = "20260102-030405-older", "20260105-000000-newer"

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def bundled(lab, bundled_dir) -> Path:
    """A bundled run, right on seven images of ten."""
    return run_factory.write_run(bundled_dir.parent, accuracy=0.7).rename(bundled_dir)


@pytest.fixture
def two(lab) -> list[str]:
    """Two completed runs of one's own."""
    run_factory.write_run(lab.runs_dir, OLDER, accuracy=0.8, name="conv-32")
    run_factory.write_run(lab.runs_dir, NEWER, accuracy=0.9, name="conv-64")
    return [OLDER, NEWER]


def finish(run_dir: Path) -> None:
    """What a training leaves when it ends."""
    shutil.rmtree(run_dir)
    run_factory.write_run(run_dir.parent, run_dir.name, accuracy=0.9, name="quick")


def choice(at: AppTest):
    return at.selectbox(key="model_in_hand")


def test_the_bundled_model_is_in_hand_at_first(bundled, two):
    for page in ("browse", "train", "runs", "evaluate", "inside", "draw"):
        at = open_page(page)
        assert choice(at).value == "bundled"
        assert address(at) == {}
    assert choice(at).options == [
        f"bundled · 70.0{NBSP}%",
        f"conv-64 · 90.0{NBSP}%",
        f"conv-32 · 80.0{NBSP}%",
    ]


def test_without_it_the_newest_completed_one_is_and_stays(two):
    at = open_page("browse")
    assert address(at) == {"model": NEWER}
    run_factory.write_run(store.runs_dir(), "20260106-000000-newest", accuracy=0.9)
    at.switch_page("pages/evaluate.py").run()
    assert address(at) == {"model": NEWER}
    assert at.metric[0].value == f"90.0{NBSP}%"


def test_without_any_run_there_is_nothing_to_choose(lab):
    at = open_page("evaluate")
    assert not [box for box in at.selectbox if box.key == "model_in_hand"]


def test_fine_tuned_and_imported_models_are_only_taken_by_a_person(two):
    run_factory.write_imported_run(store.runs_dir(), "20260109-000000-theirs", accuracy=0.8)
    run_dir = run_factory.write_run(
        store.runs_dir(), "20260108-000000-ours", accuracy=0.8, name="fine-tuned"
    )
    json_files.write_json(run_dir / "taught.json", FineTuned(3).to_json())
    at = open_page("draw")
    assert address(at) == {"model": NEWER}
    assert choice(at).options[2:] == [
        f"fine-tuned · 80.0{NBSP}% · for drawings",
        f"Theirs · 80.0{NBSP}% · imported",
    ]


def test_a_choice_goes_along_to_every_page(bundled, two):
    at = open_page("evaluate", index="3", page="2")
    choice(at).set_value(OLDER).run()
    assert address(at) == {"model": OLDER}
    assert at.metric[0].value == f"80.0{NBSP}%"
    for page in ("draw", "browse", "evaluate"):
        at.query_params.clear()  # as a link that says nothing of it
        at.switch_page(f"pages/{page}.py").run()
        assert address(at) == {"model": OLDER}
        assert choice(at).value == OLDER
    links = {link.proto.page: link.proto.query_string for link in at.sidebar.get("page_link")}
    assert links["draw"] == f"model={OLDER}"
    choice(at).set_value("bundled").run()
    assert address(at) == {}


def test_on_other_pages_an_image_stays_open(bundled, two):
    at = open_page("browse", index="3")
    choice(at).set_value(OLDER).run()
    assert address(at) == {"model": OLDER, "index": "3"}


@pytest.mark.parametrize("page", ["evaluate", "draw"])
def test_an_older_link_names_it_run(bundled, two, page):
    at = open_page(page, run=OLDER)
    assert address(at) == {"model": OLDER}
    assert choice(at).value == OLDER


def test_two_that_read_the_same_are_told_apart(lab):
    for day in (1, 2):
        run_factory.write_run(lab.runs_dir, f"2026010{day}-000000-same", accuracy=0.8, name="same")
    assert choice(open_page("train")).options == [
        f"same · 80.0{NBSP}% · {run_id}"
        for run_id in ("20260102-000000-same", "20260101-000000-same")
    ]


@pytest.mark.parametrize("page", ["browse", "evaluate", "inside", "draw"])
def test_a_deleted_one_is_a_warning_and_the_usual_one(bundled, two, page):
    at = open_page(page, model="20200101-000000-gone")
    assert "There is no model “20200101-000000-gone”" in words(at)
    assert choice(at).value == "bundled"
    assert address(at) == {}


def test_a_hostile_one_is_a_warning(bundled):
    at = open_page("evaluate", model="../../etc/passwd")
    assert "should be the id of a run" in words(at)
    assert choice(at).value == "bundled"


@pytest.mark.parametrize(
    ("cookie", "query", "restored"),
    [
        (f"model={OLDER}", {}, {"model": OLDER}),
        (f"model={OLDER}&data=fashion-mnist", {}, {"model": OLDER}),
        (f"model={OLDER}", {"index": "3"}, {"index": "3"}),  # a link to a view is the same for all
        ("model=20200101-000000-gone&data=gone", {}, {}),
        ("model=../../etc&data=%00&run=x&&&=", {}, {}),
        ("x" * 5000, {}, {}),
    ],
)
def test_a_typed_address_is_answered_from_the_cookie(
    bundled, two, monkeypatch, cookie, query, restored
):
    monkeypatch.setattr(carried, "read_cookie", lambda: cookie)
    at = open_page("browse", **query)
    assert address(at) == restored
    assert not at.warning


def test_a_run_without_scores_is_followed_where_the_address_asks_for_it(bundled, two):
    run_id = "20260107-000000-live"
    run_factory.write_run(store.runs_dir(), run_id, status="running", name="Under way")
    assert run_id not in choice(open_page("train")).options
    at = open_page("evaluate", model=run_id)
    assert choice(at).value == run_id
    assert "“Under way” is running" in words(at)


def test_a_finished_training_is_announced_and_taken_by_one_click(bundled, two):
    run_id = "20260107-000000-live"
    run_dir = run_factory.write_run(store.runs_dir(), run_id, status="running", name="quick")
    at = open_page("browse")
    finish(run_dir)
    at.run()
    assert f"**quick** finished, 90.0{NBSP}%. Use it?" in words(at)
    assert choice(at).value == "bundled"
    button(at, "Use it").click().run()
    assert address(at) == {"model": run_id}
    assert "Use it?" not in words(at)


def test_a_training_of_an_experiment_is_not_announced(bundled):
    run_dir = run_factory.write_run(store.runs_dir(), NEWER, status="running", name="one of six")
    store.annotate_run(store.read_run(run_dir), tags=["experiment"])
    at = open_page("browse")
    finish(run_dir)
    at.run()
    assert "one of six" not in words(at)


def test_an_announcement_can_be_dismissed(bundled):
    run_dir = run_factory.write_run(store.runs_dir(), NEWER, status="running", name="quick")
    at = open_page("browse")
    finish(run_dir)
    at.run()
    at.switch_page("pages/runs.py").run()
    assert "Use it?" in words(at)  # until it is answered
    button(at, "Not now").click().run()
    assert "Use it?" not in words(at)
    assert choice(at).value == "bundled"


def test_a_training_that_failed_is_said_but_not_offered(bundled):
    run_dir = run_factory.write_run(store.runs_dir(), NEWER, status="running", name="quick")
    at = open_page("browse")
    store.write_status(run_dir, status="failed", message="The loss became NaN.")
    at.run()
    assert "**quick** failed" in words(at)
    assert not [one for one in at.button if one.label == "Use it"]
