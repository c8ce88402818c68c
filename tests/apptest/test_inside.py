"""The Inside page: whose image it shows, and what is done to it by hand."""

import json

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from fmnist.data import dataset
from fmnist.drawing.preprocess import sketch_to_image
from fmnist.drawing.strokes import Stroke, render, to_link
from fmnist.explain import by_hand
from fmnist.glossary import GLOSSARY
from tests.apptest.app_pages import address, button, open_page, words
from tests.factories import runs as run_factory

RUN = "20260102-030405-made"
NBSP = "\N{NO-BREAK SPACE}"
DRAWN = (Stroke(20, False, ((60, 60), (200, 60), (200, 200), (60, 200), (60, 60))),)

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def data(lab) -> dataset.Dataset:
    st.cache_resource.clear()  # the dataset of another test
    run_factory.write_run(lab.runs_dir, RUN, accuracy=0.8)
    return dataset.load_dataset(lab.data_dir)


def window(at: AppTest) -> dict:
    """What the sliding window was given."""
    found = [
        json.loads(element.proto.json)[0]
        for element in at.get("bidi_component")
        if element.proto.component_name == "fmnist_sliding_window"
    ]
    assert len(found) == 1
    return found[0]


def choose(at: AppTest, key: str, value: object) -> None:
    next(group for group in at.get("button_group") if group.key == key).set_value(value).run()
    assert not at.exception


def test_without_a_choice_it_is_the_first_test_image(data):
    at = open_page("inside")
    assert window(at)["image"] == data.test_images[0].tolist()
    assert data.class_names[data.test_labels[0]] in words(at)
    assert "Test image 0" in words(at)


def test_the_address_names_an_image(data):
    at = open_page("inside", split="train", index="3")
    assert window(at)["image"] == data.train_images[3].tolist()
    assert "Training image 3" in words(at)


def test_an_image_that_is_not_there(data):
    at = open_page("inside", split="test", index="999999")
    assert "The address asks for image 999,999" in words(at)
    assert window(at)["image"] == data.test_images[0].tolist()


def test_another_image_is_a_test_image_that_the_address_then_names(data):
    at = open_page("inside")
    button(at, "Another image").click().run()
    assert address(at)["split"] == "test"
    assert window(at)["image"] == data.test_images[int(address(at)["index"])].tolist()


def test_a_drawing_is_explained_by_the_model_that_answers_on_draw(data):
    at = open_page("inside", drawing=to_link(DRAWN), view="network")
    assert "This is the model for drawings" in words(at)
    at = open_page("inside", drawing=to_link(DRAWN), view="by-hand")
    assert "This is the model for drawings" not in words(at)


def test_a_drawing_in_the_address(data):
    at = open_page("inside", drawing=to_link(DRAWN))
    assert "Your drawing" in words(at)
    expected = sketch_to_image(render(DRAWN), background=0).image
    assert window(at)["image"] == expected.tolist()


def test_what_was_last_drawn_in_this_tab_and_the_way_back_to_it(data):
    sketch = sketch_to_image(render(DRAWN), background=0)
    at = open_page("inside", index="3")
    at.session_state["sketch"] = sketch
    at.run()
    assert window(at)["image"] == data.train_images[3].tolist()
    button(at, "My drawing").click().run()
    assert window(at)["image"] == sketch.image.tolist()


def test_without_any_model_the_arithmetic_still_works(lab):
    st.cache_resource.clear()
    assert window(open_page("inside"))["kind"] == "convolution"


@pytest.mark.parametrize(
    ("page", "query", "label", "link"),
    [
        ("evaluate", {"index": "3"}, "Explain", f"model={RUN}&split=test&index=3&view=why"),
        ("evaluate", {"index": "3"}, "Change it", f"model={RUN}&split=test&index=3&view=change"),
        ("browse", {"index": "3"}, "Slide a kernel over it", f"model={RUN}&split=train&index=3"),
    ],
)
def test_the_ways_to_it(data, page, query, label, link):
    at = open_page(page, model=RUN, **query)
    found = {one.proto.label: one.proto for one in at.main.get("page_link")}
    assert (found[label].page, found[label].query_string) == ("inside", link)


def test_another_kernel_gives_another_output(data):
    at = open_page("inside")
    image = data.test_images[0]
    for name in ("Vertical edges", "Smooth blur, 5 × 5"):
        word = next(word for word, kernel in by_hand.KERNEL_WORDS.items() if kernel == name)
        at.selectbox(key="url_kernel").set_value(word).run()
        shown = window(at)
        expected = by_hand.convolve(image, by_hand.KERNELS[name], 1, "valid").output
        np.testing.assert_allclose(shown["output"], expected, atol=1e-3)
    assert "(28 − 5) ÷ 1 + 1 = 24" in words(at)


def test_stride_padding_bias_and_relu(data):
    at = open_page("inside")
    choose(at, "url_stride", 2)
    choose(at, "url_padding", "same")
    at.number_input(key="inside_bias").set_value(-50.0).run()
    at.toggle(key="inside_relu").set_value(True).run()
    sums = by_hand.convolve(
        data.test_images[0], by_hand.KERNELS["Vertical edges"], 2, "same"
    ).output
    shown = window(at)
    np.testing.assert_allclose(shown["output"], np.maximum(sums - 50, 0), atol=1e-3)
    assert (shown["before"], shown["after"], shown["relu"]) == (0, 1, True)
    assert "28 ÷ 2 = 14" in words(at)


def test_the_address_names_the_kernel_and_how_it_moves(data):
    query = {"kernel": "smooth-blur-5-5", "stride": "2", "padding": "same"}
    at = open_page("inside", **query)
    image = data.test_images[0]
    expected = by_hand.convolve(image, by_hand.KERNELS["Smooth blur, 5 × 5"], 2, "same").output
    np.testing.assert_allclose(window(at)["output"], expected, atol=1e-3)
    choose(at, "url_stride", 3)
    assert {**query, "stride": "3"}.items() <= address(at).items()
    choose(at, "url_operation", "max")
    assert address(at)["operation"] == "max"
    at = open_page("inside", kernel="nonsense", stride="9")
    assert words(at).count("Showing the default instead.") == 2
    assert window(at)["stride"] == 1


def test_typed_numbers(data):
    at = open_page("inside")
    at.selectbox(key="url_kernel").set_value("my-own-numbers").run()
    at.text_area(key="inside_own").set_value("0 0 0 0 1 0 0 0 0").run()
    assert window(at)["output"] == data.test_images[0][1:-1, 1:-1].tolist()
    at.text_area(key="inside_own").set_value("1 2 three").run()
    assert "9 numbers (3 × 3) or 25 (5 × 5); these are 3" in words(at)
    assert not at.exception


def test_pooling_and_what_a_shift_changes(data):
    at = open_page("inside")
    choose(at, "url_operation", "max")
    blocks = data.test_images[0].reshape(14, 2, 14, 2)
    assert window(at)["output"] == blocks.max(axis=(1, 3)).tolist()
    choose(at, "inside_shift", 1)
    assert window(at)["image"][5][1:] == data.test_images[0][5][:-1].tolist()
    assert "The shift changes the pixels by" in words(at)
    choose(at, "url_operation", "average")
    assert window(at)["kind"] == "average"


def test_every_word_is_explained_on_the_page_and_the_settings_use_the_same_words(data):
    at = open_page("inside")
    button(at, "Words").click().run()
    for word, meaning in GLOSSARY.items():
        assert f"**{word}.** {meaning}" in words(at)
    assert at.selectbox(key="url_kernel").help == GLOSSARY["Filter"]
    train = open_page("train")
    assert train.slider(key="train_dropout").help == GLOSSARY["Dropout"]
