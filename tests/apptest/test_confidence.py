"""The Confidence page: reliability, temperature, and the threshold in the address."""

import json
from pathlib import Path

import pytest
import streamlit as st

from fmnist import json_files
from fmnist.data import dataset
from fmnist.evaluation.calibration import answer_when_surer
from fmnist.evaluation.evaluate import Evaluation, evaluate
from fmnist.runs import outputs, store
from tests.apptest.app_pages import address, open_page, words
from tests.factories import runs as run_factory

RUN = "20260102-030405-made"
NBSP = "\N{NO-BREAK SPACE}"

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def run_dir(lab) -> Path:
    st.cache_resource.clear()  # the dataset of another test
    return run_factory.write_run(lab.runs_dir, RUN, accuracy=0.8)


@pytest.fixture
def expected(run_dir, lab) -> Evaluation:
    labels = dataset.load_dataset(lab.data_dir).test_labels
    return evaluate(labels, outputs.read_probabilities(store.load_run(RUN)))


def traces(app, place: int) -> list[str | None]:
    figure = json.loads(app.get("plotly_chart")[place].proto.spec)
    return [trace.get("name") for trace in figure["data"]]


def test_the_temperature_is_fitted_on_the_validation_images(run_dir, engine):
    app = open_page("confidence", model=RUN)
    assert [metric.label for metric in app.metric] == [
        "Calibration error", "After scaling", "Temperature", "Test loss",
    ]  # fmt: skip
    [(_, images)] = engine.asked
    assert len(images) == 60  # a tenth of the 600 training images, and no test image
    assert traces(app, 0)[1:] == ["As predicted", "After temperature scaling"]
    assert not app.run().exception
    assert len(engine.asked) == 1


def test_the_threshold_is_in_the_address(expected):
    app = open_page("confidence", model=RUN, surer="70")
    answers = answer_when_surer(expected.confidence, expected.is_correct, 0.7)
    said = (
        f"Answer only when surer than 70{NBSP}%: {100 * answers.coverage:.1f}{NBSP}% of images, "
        f"{100 * answers.accuracy:.1f}{NBSP}% right."
    )
    assert said in words(app)
    app.slider(key="url_surer").set_value(99).run()
    assert address(app)["surer"] == "99"
    assert f"surer than 99{NBSP}%: no image is left." in words(app)


def test_the_threshold_may_be_of_the_scaled_confidence(expected):
    app = open_page("confidence", model=RUN, surer="70")
    before = words(app)
    app.segmented_control(key="url_confidence").set_value("scaled").run()
    assert address(app)["confidence"] == "scaled"
    assert words(app) != before


def test_an_imported_model_has_no_validation_images(lab, engine):
    st.cache_resource.clear()
    run_dir = run_factory.write_imported_run(lab.runs_dir)
    app = open_page("confidence", model=run_dir.name, confidence="scaled")
    assert "No temperature scaling. It was trained elsewhere" in words(app)
    assert [metric.label for metric in app.metric] == ["Calibration error"]
    assert traces(app, 0)[1:] == ["As predicted"]
    assert engine.asked == []


def test_a_model_that_cannot_answer_is_shown_without_scaling(run_dir, engine):
    engine.error = "The model is damaged."
    app = open_page("confidence", model=RUN)
    assert "No temperature scaling. The model is damaged." in words(app)


def test_of_other_data_there_is_no_validation_split(run_dir):
    environment = json_files.read_json(run_dir / "environment.json")
    environment["dataset_fingerprint"] = "0123456789abcdef"
    json_files.write_json(run_dir / "environment.json", environment)
    assert "It was trained on other data" in words(open_page("confidence", model=RUN))


def test_a_senseless_threshold_becomes_the_default(run_dir):
    assert f"surer than 90{NBSP}%" in words(open_page("confidence", model=RUN, surer="100"))
