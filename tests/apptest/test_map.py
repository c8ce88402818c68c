"""The page Map: what its canvas is given, what an outline chooses, and t-SNE on demand."""

import base64
import json

import numpy as np
import pytest
import streamlit as st

from fmnist.analysis import tsne
from fmnist.data import dataset
from fmnist.evaluation.projection import find_inside
from fmnist.files import save_array
from fmnist.runs import analyses, status, store
from tests.apptest import app_pages
from tests.factories import runs as run_factory

RUN = run_factory.RUN_ID


@pytest.fixture
def run_dir(lab, engine):
    st.cache_resource.clear()
    return run_factory.write_run(lab.runs_dir, RUN, accuracy=0.8)


def given(app, component: str) -> dict:
    (found,) = [
        json.loads(element.proto.json)[0]
        for element in app.get("bidi_component")
        if element.proto.component_name == component
    ]
    return found


def unpacked(text: str, dtype: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype)


def test_every_point_with_its_label_and_prediction(run_dir, lab):
    app = app_pages.open_page("map", model=RUN)
    data = given(app, "fmnist_map")
    points = unpacked(data["points"], "<u2").reshape(-1, 2)
    assert points.shape == (200, 2)
    assert points.min(axis=0).tolist() == [0, 0]
    assert points.max(axis=0).tolist() == [65_535, 65_535]
    labels = dataset.load_dataset(lab.data_dir).test_labels
    assert unpacked(data["labels"], "u1").tolist() == labels.tolist()
    predictions = np.load(run_dir / "test_probabilities.npy").argmax(axis=1)
    assert unpacked(data["predictions"], "u1").tolist() == predictions.tolist()
    assert data["shown"] is None
    assert not [e for e in app.get("bidi_component") if "thumbnails" in e.proto.component_name]


def test_misclassified_shirts_in_one_click(run_dir):
    app = app_pages.open_page("map", model=RUN)
    app_pages.button(app, "Misclassified shirts").click().run()
    data = given(app, "fmnist_map")
    shown = unpacked(data["shown"], "u1").astype(bool)
    labels, predictions = (unpacked(data[name], "u1") for name in ("labels", "predictions"))
    assert shown.tolist() == ((labels == 6) & (predictions != 6)).tolist()
    count = shown.sum()
    assert f"{count} images: {count} Shirt. {count} wrong" in app_pages.words(app)
    assert len(given(app, "fmnist_image_grid")["alts"]) == count


def test_an_outline_in_the_address(run_dir):
    app = app_pages.open_page("map", model=RUN, outline="0.0,500.0,500.999,0.999")
    data = given(app, "fmnist_map")
    points = unpacked(data["points"], "<u2").reshape(-1, 2) / 65_535 * 1000
    inside = find_inside(points, [(0, 0), (500, 0), (500, 999), (0, 999)])
    assert 0 < inside.sum() < 200
    assert f"{inside.sum()} images" in app_pages.words(app)
    app_pages.button(app, "Remove the outline").click().run()
    assert "outline" not in app_pages.address(app)
    app = app_pages.open_page("map", model=RUN, outline="1.1,javascript")
    assert "should be up to 60 places" in app.warning[0].value


def test_tsne_is_offered_and_shown_once_it_is_there(run_dir):
    app = app_pages.open_page("map", model=RUN, projection="tsne")
    assert app_pages.button(app, "Compute t-SNE")
    assert "Until then, this is PCA." in app_pages.words(app)
    pca = given(app, "fmnist_map")["points"]
    data, run = dataset.load_dataset(), store.load_run(RUN)
    analysis = analyses.find_analysis("tsne", data, run)
    analyses.create(analysis)
    points = np.random.default_rng(0).standard_normal((200, 2)).astype(np.float32)
    save_array(analysis.folder / tsne.FILE, points)
    status.write_status(analysis.folder, status="completed")
    app.run()
    assert given(app, "fmnist_map")["points"] != pca
    assert "Until then" not in app_pages.words(app)


def test_a_model_that_cannot_answer(run_dir, engine):
    engine.error = "The model process ended."
    app = app_pages.open_page("map", model=RUN)
    assert "The model process ended." in app.error[0].value
