"""The page Weak spots: what it lists, what a choice shows, and what an address may ask for."""

import json

import numpy as np
import pytest
import streamlit as st

from fmnist.analysis import robustness
from fmnist.data import dataset
from fmnist.evaluation.attributes import measure
from fmnist.evaluation.corruptions import CORRUPTIONS
from fmnist.json_files import write_json
from fmnist.runs import analyses, status, store
from tests.apptest import app_pages
from tests.factories import runs as run_factory

pytestmark = pytest.mark.usefixtures("engine")
RUN = run_factory.RUN_ID


@pytest.fixture
def weak_lab(lab, tmp_path, monkeypatch):
    """1,000 made test images, and a model that takes every dark square for an upright bar."""
    from tests.factories import data as data_factory

    st.cache_resource.clear()
    folder = data_factory.write_dataset(tmp_path / "larger", train=600, test=1000)
    monkeypatch.setenv("FMNIST_DATA_DIR", str(folder))
    run_dir = run_factory.write_run(lab.runs_dir, accuracy=1.0, data_dir=folder)
    data = dataset.load_dataset(folder)
    brightness = measure(data.test_images)[:, 0]
    squares = np.flatnonzero(data.test_labels == 0)
    dark = squares[np.argsort(brightness[squares])[:30]]
    probabilities = np.load(run_dir / "test_probabilities.npy")
    probabilities[dark] = np.roll(probabilities[dark], 1, axis=1)
    np.save(run_dir / "test_probabilities.npy", probabilities)
    return dark


def grid(app) -> dict:
    (found,) = [
        json.loads(element.proto.json)[0]
        for element in app.get("bidi_component")
        if element.proto.component_name == "fmnist_image_grid"
    ]
    return found


def test_the_worst_of_each_class_and_its_images(weak_lab):
    app = app_pages.open_page("slices", model=RUN)
    assert "T-shirts/tops fail most when dark: 88" in app.subheader[0].value
    shown = [alt for alt in grid(app)["alts"] if "T-shirt/top → Trouser" in alt]
    assert len(shown) == 30
    (other,) = [button for button in app.button if button.label.startswith("Images, ")]
    other.click().run()
    assert app_pages.address(app)["slice"].startswith("all-dark")
    assert "Images fail most when dark" in app.subheader[0].value


def test_a_class_without_a_weak_spot(weak_lab):
    app = app_pages.open_page("slices", model=RUN, true="5")
    assert "No slice of this class" in app.info[0].value


def test_an_address_with_a_slice_that_is_none(weak_lab):
    app = app_pages.open_page("slices", model=RUN, slice="0-bright")
    assert "none of this model's" in app.info[0].value
    assert "fail most when dark" in app.subheader[0].value
    app = app_pages.open_page("slices", model=RUN, slice="../0")
    assert "should be a weak spot" in app.warning[0].value


def test_few_images(lab):
    st.cache_resource.clear()
    run_factory.write_run(lab.runs_dir)
    app = app_pages.open_page("slices", model=RUN)
    assert "too few images" in app.info[0].value


def write_robustness(run_id: str, right: int = 150) -> None:
    """As if it had been measured: this many of 200 images are right, whatever is done to them."""
    data = dataset.load_dataset()
    analysis = analyses.find_analysis("robustness", data, store.load_run(run_id))
    analyses.create(analysis)
    found = {"images": 200, "right": {name: [right] * 5 for name in CORRUPTIONS}}
    write_json(analysis.folder / robustness.FILE, found)
    status.write_status(analysis.folder, status="completed")


def test_robustness_is_offered_measured_and_compared(lab):
    st.cache_resource.clear()
    run_factory.write_run(lab.runs_dir)
    other = run_factory.write_run(lab.runs_dir, "20260103-000000-other", name="Other one")
    app = app_pages.open_page("slices", model=RUN, view="robustness")
    assert app_pages.button(app, "Measure robustness")
    write_robustness(RUN)
    app.run()
    assert app.metric[0].value == "75.0\N{NO-BREAK SPACE}%"
    assert "Measure another run too" in app_pages.words(app)
    assert grid(app)["captions"][1] == "10\n75.0\N{NO-BREAK SPACE}%"
    write_robustness(other.name, right=100)
    app.run()
    app.selectbox(key="url_against").select(other.name).run()
    assert app_pages.address(app)["against"] == other.name
    assert "Dotted: Other one." in app_pages.words(app)
    app = app_pages.open_page(
        "slices", model=RUN, view="robustness", against="20260103-000000-gone", corruption="blur"
    )
    assert "was not measured" in app.warning[0].value
    assert grid(app)["captions"][1].startswith("0.5\n")
