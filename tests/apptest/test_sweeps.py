"""The page Sweeps: a new one is planned and started, and what one has found is told."""

import json

import pytest

from fmnist.config import TrainConfig
from fmnist.runs import store
from fmnist.sweeps import driver, driving
from fmnist.sweeps.results import Trial, write_trials
from fmnist.sweeps.space import parse_values
from fmnist.sweeps.sweep import Sweep, create_sweep, list_sweeps, read_sweep
from pages._shared import allowed, role
from tests.apptest import app_pages
from tests.factories.quick_sweep import QuickRunner

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture(autouse=True)
def started(lab, monkeypatch):
    """The folders of the sweeps that were given a driver, without any."""
    folders = []
    monkeypatch.setattr(driving, "ensure_driver", lambda state: folders.append(state.folder))
    monkeypatch.setattr(driver, "LOOK_EVERY", 0.0)
    return folders


def make(**options):
    axes = (parse_values("filters", "2,4"), parse_values("optimizer", "adam,sgd"))
    return create_sweep(Sweep(TrainConfig(epochs=2), axes, **options))


def finish(state):
    driver.drive(state.folder, QuickRunner())
    return state


def test_a_grid_is_planned_and_started(started):
    app = app_pages.open_page("sweeps")
    assert "A sweep trains many settings" in app_pages.words(app)
    assert "9 trials: about" in app_pages.words(app)
    app.number_input(key="sweep_seeds").set_value(2).run()
    assert "9 trials × 2 seeds = 18 trainings: about" in app_pages.words(app)
    app.text_input(key="sweep_values_filters").set_value("8, 16-32").run()
    assert "6 trials × 2 seeds = 12 trainings: about" in app_pages.words(app)
    app.button(key="sweep_start").click().run()
    (state,) = list_sweeps()
    assert started[0] == state.folder
    assert app_pages.address(app)["sweep"] == state.sweep_id
    assert [axis.values for axis in state.sweep.axes] == [((8,), (16, 32)), (0.0, 0.25, 0.5)]
    assert state.sweep.seeds == (0, 1)
    assert state.status.owner
    assert "The first trial begins in a moment." in app_pages.words(app)


def test_a_range_is_searched():
    app = app_pages.open_page("sweeps")
    app.multiselect(key="sweep_axes").set_value(["learning_rate"]).run()
    app.segmented_control(key="sweep_kind_learning_rate").set_value("Range").run()
    assert "A range is searched" in app_pages.words(app)
    app.number_input(key="sweep_trials").set_value(7).run()
    assert "7 trials: about" in app_pages.words(app)
    app.button(key="sweep_start").click().run()
    (state,) = list_sweeps()
    (axis,) = state.sweep.axes
    assert (axis.low, axis.high, axis.log) == (0.0001, 0.01, True)
    assert (state.sweep.method, state.sweep.trials, state.sweep.prune) == ("tpe", 7, True)


def test_what_cannot_be_tried_gets_a_sentence_and_no_start():
    app = app_pages.open_page("sweeps")
    for text, said in (("many", "filters is a number, got 'many'"), ("999", "between 1 and 256")):
        app.text_input(key="sweep_values_filters").set_value(text).run()
        assert said in app_pages.words(app)
        assert app.button(key="sweep_start").disabled
    app.multiselect(key="sweep_axes").set_value([]).run()
    assert "Choose at least one setting" in app_pages.words(app)


def test_a_finished_sweep_tells_its_best_trial_by_validation(lab):
    state = finish(make(seeds=(0, 1)))
    app = app_pages.open_page("sweeps", sweep=state.sweep_id)
    assert app.metric[0].label == "Best validation accuracy"
    # 0.5 + 4 / 1000 + 128 / 100,000, and a millionth for the second seed
    assert app.metric[0].value.startswith("50.5\N{NO-BREAK SPACE}%")
    assert app.metric[1].label == "Its test accuracy"
    assert "**Filters 4, Optimizer Adam**" in app_pages.words(app)
    table = app.dataframe[0].value
    assert list(table["Trial"]) == [1, 2, 3, 4]
    assert list(table["Filters"]) == ["2", "2", "4", "4"]
    assert set(table["Status"]) == {"Finished"}
    charts = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    kinds = [[trace["type"] for trace in chart["data"]] for chart in charts]
    assert kinds == [["scatter", "scatter"], ["parcoords"], ["bar"]]
    (links,) = [link for link in app.get("page_link") if link.proto.label == "All its runs"]
    assert f"find={state.sweep_id}" in links.proto.query_string


def test_a_running_sweep_can_be_cancelled_and_then_resumed(lab, started):
    state = make()
    app = app_pages.open_page("sweeps", sweep=state.sweep_id)
    app_pages.button(app, "Cancel all").click().run()
    assert app_pages.button(app, "Cancelling …").disabled
    driver.drive(state.folder, QuickRunner())
    app = app_pages.open_page("sweeps", sweep=state.sweep_id)
    started.clear()
    app_pages.button(app, "Resume").click().run()
    assert started[0] == state.folder
    assert read_sweep(state.folder).status.status == "queued"
    assert not (state.folder / "stop").exists()


def test_a_sweep_is_deleted_and_its_runs_stay(lab):
    state = finish(make())
    app = app_pages.open_page("sweeps", sweep=state.sweep_id)
    app.button(key="sweep_delete").click().run()
    assert list_sweeps() == []
    assert len(store.list_runs()) == 4
    assert "sweep" not in app_pages.address(app)


def test_a_failed_and_a_damaged_sweep_say_why(lab):
    state = make()
    store.write_status(state.folder, status="failed", message="The disk is full.")
    app = app_pages.open_page("sweeps", sweep=state.sweep_id)
    assert app.error[0].value == "The disk is full."
    (state.folder / "sweep.json").write_text("[]")
    app = app_pages.open_page("sweeps", sweep=state.sweep_id)
    assert "This sweep is damaged" in app.error[0].value
    app = app_pages.open_page("sweeps")
    assert state.sweep_id in str([link.proto.label for link in app.get("page_link")])


def test_a_sweep_that_failed_half_way_leads_to_its_runs_and_trains_nothing(lab):
    state = make()
    write_trials(
        state.folder,
        [Trial(0, "failed", {"filters": "2"}), Trial(1, "running", {"filters": "4"}, 0.8)],
    )
    store.write_status(state.folder, status="failed", message="Its process was killed.")
    app = app_pages.open_page("sweeps", sweep=state.sweep_id)
    assert list(app.dataframe[0].value["Status"]) == ["Failed", "Unfinished"]
    assert not app.get("plotly_chart"), "there is no result"
    (link,) = [link for link in app.get("page_link") if link.proto.label == "All its runs"]
    assert f"find={state.sweep_id}" in link.proto.query_string


def test_a_sweep_that_is_not_there_is_a_warning(lab):
    app = app_pages.open_page("sweeps", sweep="20260101-000000-gone")
    assert "There is no sweep" in app.warning[0].value
    app = app_pages.open_page("sweeps", sweep="../../etc")
    assert "the id of a sweep" in app.warning[0].value


def test_its_runs_are_one_row_among_the_runs_that_opens(lab):
    state = finish(make())
    app = app_pages.open_page("runs")
    rows = app_pages.runs_data(app)["rows"]
    head, *members = rows
    assert head["name"] == "Sweep filters-optimizer: 4 runs"
    assert head["folds"] is True
    assert [row["inGroup"] for row in members] == [True] * 4
    assert sorted(head["members"]) == sorted(row["id"] for row in members)
    app = app_pages.open_page("runs", find=state.sweep_id)
    assert len(app_pages.runs_data(app)["rows"]) == 5


def test_only_whose_it_is_and_the_teacher_may_cancel_it(lab, monkeypatch):
    monkeypatch.setenv("FMNIST_TEACHER_KEY", "a-long-enough-key")
    state = make()
    app = app_pages.open_page("sweeps", sweep=state.sweep_id)
    assert app_pages.button(app, "Cancel all").disabled
    with pytest.raises(role.NotAllowed, match="Only the person who started it"):
        allowed.cancel_sweep(state.sweep_id)
    assert not (state.folder / "stop").exists()
