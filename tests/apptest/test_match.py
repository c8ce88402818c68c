"""The page You against the model, from the first answer to the verdict."""

import pytest
import streamlit as st

from fmnist.data import dataset
from fmnist.evaluation.evaluate import evaluate
from fmnist.evaluation.match import CONTESTED, draw_images
from fmnist.runs import outputs, store
from tests.apptest import app_pages
from tests.factories import runs as run_factory

pytestmark = pytest.mark.usefixtures("engine")
RUN = run_factory.RUN_ID


@pytest.fixture
def drawn(lab):
    """Indices and labels of the images with the seed 3."""
    st.cache_resource.clear()
    run_factory.write_run(lab.runs_dir, RUN, accuracy=0.6)
    labels = dataset.load_dataset(lab.data_dir).test_labels
    probabilities = outputs.read_probabilities(store.load_run(RUN))
    indices = draw_images(evaluate(labels, probabilities), 3)
    return indices, [CONTESTED.index(label) for label in labels[indices]]


def answer(app, place: int) -> None:
    app.button(key=f"match_answer_{place}").click().run()


def test_all_right_beats_the_model(drawn):
    indices, right = drawn
    app = app_pages.open_page("match", model=RUN, seed="3")
    assert app_pages.button(app, "Back").disabled
    answer(app, (right[0] + 1) % 5)
    app_pages.button(app, "Back").click().run()
    for number, place in enumerate(right):
        (bar,) = app.get("progress")
        assert bar.proto.text == f"Image {number + 1} of {len(indices)}"
        answer(app, place)
    assert "You won by" in app.subheader[0].value
    assert app.metric[0].value == "100.0\N{NO-BREAK SPACE}%"
    assert "83.5" in app_pages.words(app)
    app_pages.button(app, "Change the last answer").click().run()
    answer(app, (right[-1] + 1) % 5)
    assert app.metric[0].label == f"You: {len(indices) - 1} of {len(indices)}"
    app_pages.button(app, "Other images").click().run()
    assert app_pages.address(app)["seed"] == "4"
    assert app.get("progress")[0].proto.text.startswith("Image 1 of")
