"""The page Experiments: a prediction, the trainings, and the prediction beside what happened."""

import pytest

from fmnist.runs import jobs, queue, store
from tests.apptest import app_pages
from tests.factories import experiments as experiment_factory

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture(autouse=True)
def queued(monkeypatch):
    """Runs that are started wait, with no process."""
    started = []

    def queue_run(config, owner):
        started.append(store.create_run(config, owner=owner).run_id)
        return started[-1]

    monkeypatch.setattr(jobs, "_queue_run", queue_run)
    monkeypatch.setattr(queue, "ensure_dispatcher", lambda: None)
    return started


def test_six_cards_with_their_time(lab):
    experiment_factory.write_runs(lab.runs_dir, "filters", [0.8] * 6)
    app = app_pages.open_page("experiments")
    said = app_pages.words(app)
    assert said.count(":material/timer: About") == 5
    assert said.count("Everything is trained already") == 1


def test_a_prediction_then_the_trainings(lab, queued):
    app = app_pages.open_page("experiments", experiment="dropout")
    assert app.button(key="experiment_start").disabled
    app.radio[0].set_value("half").run()
    app.button(key="experiment_start").click().run()
    assert len(queued) == 6
    assert "Your prediction: Dropout 0.5." in app_pages.words(app)
    assert not app.radio, "it cannot be changed any more"
    assert app.get("progress")[0].proto.text.startswith("0 of 6 trained")
    for run_id in queued:
        store.delete_run(_cancelled(run_id))
    app.run()
    app.button(key="experiment_again").click().run()
    assert len(queued) == 12
    assert not app.exception


def _cancelled(run_id):
    jobs.stop_run(run_id)
    return store.load_run(run_id)


def test_the_prediction_beside_what_happened(lab, queued):
    experiment_factory.write_runs(lab.runs_dir, "filters", [0.7, 0.72, 0.71, 0.8, 0.82, 0.81])
    app = app_pages.open_page("experiments", experiment="filters")
    app.slider[0].set_value(1.0).run()
    app.button(key="experiment_start").click().run()
    said = app_pages.words(app)
    assert not queued
    assert "too low" in app.subheader[0].value
    assert "You: **+1.0 points**" in said
    assert "Measured: **+10.0 points**" in said
    assert "**Why?** With twice the filters" in said


def test_mirrored_shoes_are_shown_to_the_engine(lab, engine):
    experiment_factory.write_runs(lab.runs_dir, "flips", [0.9] * 6)
    app = app_pages.open_page("experiments", experiment="flips")
    app.slider[0].set_value(1.0).run()
    app.button(key="experiment_start").click().run()
    assert not app.exception
    assert [len(images) for _, images in engine.asked] == [60] * 6
    assert "Measured: **0 of 100**" in app_pages.words(app), "the made engine takes all for bags"
    app.run()
    assert len(engine.asked) == 6, "each is asked once"


def test_an_experiment_that_is_none(lab):
    app = app_pages.open_page("experiments", experiment="../x")
    assert "which should be one of filters" in app_pages.words(app)
    assert app.title[0].value == "Experiments"
