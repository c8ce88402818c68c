"""The page Epochs: nothing recorded, one epoch or several, the lists, and a cell of the matrix."""

import json

import numpy as np
import pytest
import streamlit as st

from fmnist.data import dataset
from fmnist.runs import epochs
from tests.apptest import app_pages
from tests.factories import runs as run_factory

pytestmark = pytest.mark.usefixtures("engine")
RUN = run_factory.RUN_ID


@pytest.fixture
def run_dir(lab):
    st.cache_resource.clear()
    return run_factory.write_run(lab.runs_dir, RUN, accuracy=0.9)


@pytest.fixture
def recorded(run_dir):
    """Three epochs, right on 60, then 80, then 70 % of the test images."""
    labels = dataset.load_dataset().test_labels
    found = [run_factory.make_probabilities(labels, right, seed=1) for right in (0.6, 0.8, 0.7)]
    for epoch, probabilities in enumerate(found):
        epochs.write_epoch(run_dir, epoch, probabilities)
    return labels, np.stack([each.argmax(axis=1) for each in found])


def alts(app) -> list[str]:
    (found,) = [
        json.loads(element.proto.json)[0]
        for element in app.get("bidi_component")
        if element.proto.component_name == "fmnist_image_grid"
    ]
    return found["alts"]


def numbers(app) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_a_run_without_recorded_epochs_says_how(run_dir):
    app = app_pages.open_page("epochs", model=RUN)
    assert "were not recorded" in app.info[0].value
    assert app.code[0].value.endswith("--record-epochs True")
    assert not app.metric


def test_the_slider_moves_accuracy_and_images(recorded):
    labels, predictions = recorded
    app = app_pages.open_page("epochs", model=RUN)
    assert numbers(app)["Test accuracy"] == "70.0\N{NO-BREAK SPACE}%"
    assert app.metric[0].delta == "-10.00 points"
    assert len(alts(app)) == 60
    app.select_slider[0].set_value(2).run()
    assert app_pages.address(app)["epoch"] == "2"
    assert numbers(app)["Test accuracy"] == "80.0\N{NO-BREAK SPACE}%"
    assert len(alts(app)) == 40
    app = app_pages.open_page("epochs", model=RUN, epoch="1")
    assert numbers(app)["Errors"] == "80"
    is_right = predictions == labels
    never = ~is_right.any(axis=0)
    assert numbers(app)["Never learned"] == str(never.sum())
    assert numbers(app)["Forgotten"] == str((is_right.any(axis=0) & ~is_right[-1]).sum())


def test_the_lists_are_the_images_they_say(recorded):
    labels, predictions = recorded
    app = app_pages.open_page("epochs", model=RUN, view="forgotten")
    is_right = predictions == labels
    forgotten = np.flatnonzero(is_right.any(axis=0) & ~is_right[-1])
    shown = {int(alt.split(":")[0].removeprefix("Test image ")) for alt in alts(app)}
    assert shown == set(forgotten.tolist())


def test_a_cell_of_the_matrix(recorded):
    app = app_pages.open_page("epochs", model=RUN, true="0", predicted="1")
    assert all("T-shirt/top → Trouser" in alt for alt in alts(app))
    app_pages.button(app, "All lists").click().run()
    assert "true" not in app_pages.address(app)


def test_one_epoch_has_no_slider(run_dir):
    labels = dataset.load_dataset().test_labels
    epochs.write_epoch(run_dir, 0, run_factory.make_probabilities(labels, 0.6))
    app = app_pages.open_page("epochs", model=RUN)
    assert not app.select_slider
    assert app.metric[0].delta == "the first"


def test_a_damaged_record(run_dir):
    (run_dir / "epochs").mkdir()
    (run_dir / "epochs" / "0000.npy").write_bytes(b"half")
    app = app_pages.open_page("epochs", model=RUN)
    assert "cannot be read" in app.warning[0].value
