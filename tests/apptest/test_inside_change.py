"""Changing the image on Inside: paint and moves, what they do to the answer, and the way on."""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fmnist.data import dataset
from fmnist.explain import edits
from fmnist.explain.edits import Moves
from pages._inside import painter
from tests.apptest.app_pages import address, button, open_page, words

ERASED = "00" * 28 + ".." * 756  # the first row


@pytest.fixture
def at(made, engine) -> AppTest:
    return open_page("inside", model=made.run_id, view="change", split="test", index="3")


@pytest.fixture
def image(at, made) -> np.ndarray:
    return dataset.load_dataset().test_images[3]


def given(at: AppTest) -> dict:
    """What the painter was given."""
    for element in at.get("bidi_component"):
        if element.proto.component_name == "fmnist_painter":
            return json.loads(element.proto.json)[0]
    raise AssertionError("there is no painter")


def stroke(at: AppTest, monkeypatch: pytest.MonkeyPatch, paint: str) -> None:
    """One rerun in which the browser has sent this paint."""
    with monkeypatch.context() as patch:
        patch.setattr(painter, "render", lambda *_: paint)
        at.run()
    at.run()
    assert not at.exception


def html(at: AppTest) -> str:
    return "\n".join(str(element.proto.body) for element in at.get("html"))


def test_it_begins_with_the_image_as_it_is(at, engine, image):
    assert given(at)["image"] == image.ravel().tolist()
    assert given(at)["paint"] == ""
    _, asked = engine.asked[0]
    np.testing.assert_array_equal(asked, [image, image])
    assert "Erase a part of the image" in words(at)
    assert html(at).count('<th scope="row">') == 10


def test_moves_and_paint_change_what_the_model_is_asked(at, engine, image, monkeypatch):
    stroke(at, monkeypatch, ERASED)
    for label, value in (("Shift right", 2), ("Rotate", 30), ("Brightness", 0.5)):
        next(slider for slider in at.slider if slider.label == label).set_value(value).run()
    erased = image.copy()
    erased[0] = 0
    expected = edits.move(erased, Moves(2, 0, 30, 0.5))
    np.testing.assert_array_equal(engine.asked[-1][1], [image, expected])
    assert ", as before." in words(at)  # the made engine always says the same


def test_paint_and_moves_outlast_another_view(at, monkeypatch):
    stroke(at, monkeypatch, ERASED)
    at.slider[1].set_value(-3).run()
    at.query_params["view"] = "by-hand"
    at.run()
    at.query_params["view"] = "change"
    at.run()
    assert given(at)["paint"] == ERASED
    assert [slider.value for slider in at.slider] == [0, -3, 0, 1.0]


def test_reset_begins_anew(at, engine, image, monkeypatch):
    stroke(at, monkeypatch, ERASED)
    at.slider[0].set_value(5).run()
    before = given(at)["content"]
    button(at, "Reset").click().run()
    assert given(at)["paint"] == "" and given(at)["content"] != before
    assert at.slider[0].value == 0
    np.testing.assert_array_equal(engine.asked[0][1], [image, image])


def test_another_image_begins_anew(at, monkeypatch):
    stroke(at, monkeypatch, ERASED)
    at.query_params["index"] = "4"
    at.run()
    assert given(at)["paint"] == ""
    assert "Erase a part of the image" in words(at)


def test_the_changed_image_goes_to_the_other_views_and_back(at, engine, image):
    at.slider[0].set_value(1).run()
    button(at, "Explain the changed image").click().run()
    assert address(at)["view"] == "why"
    assert ", changed" in words(at)
    np.testing.assert_array_equal(engine.asked[-1][1], [edits.move(image, Moves(right=1))])
    button(at, "Without the changes").click().run()
    assert ", changed" not in words(at)
    np.testing.assert_array_equal(engine.asked[-1][1], [image])
    at.query_params["view"] = "change"
    at.run()
    assert at.slider[0].value == 1, "the changes are still there"


def test_the_smallest_patch_is_looked_for_when_asked(at, engine, made):
    assert len(engine.asked) == 2, "the image with its changes, and alone"
    assert "pixels turn" not in words(at)
    button(at, "Find the patch").click().run()
    assert "3 × 3 white pixels turn Bag" in words(at)
    assert html(at).count("<figure>") == 4
    at.selectbox(key=next(box.key for box in at.selectbox if box.label == "Turn Bag into")).select(
        9
    ).run()
    assert "No square up to 14 × 14, be it black, grey or white, turns Bag into Ankle boot" in (
        words(at)
    )
