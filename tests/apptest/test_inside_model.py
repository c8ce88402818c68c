"""The parts of pages/inside.py that ask the model, with a made engine's answers."""

import json

import pytest

from tests.apptest.app_pages import button, open_page, words


def html(at) -> str:
    return "\n".join(str(element.proto.body) for element in at.get("html"))


def test_why_contrasts_the_best_two_classes(made, engine):
    at = open_page("inside", model=made.run_id, view="why", split="test", index="3")
    said = words(at)
    assert "The model says **Bag** (90.0 %)".replace(" %", "\N{NO-BREAK SPACE}%") in said
    assert "Covering the middle costs Bag up to 25.0 percentage points" in said
    assert "Layer conv_1, whose maps have 28 × 28 places." in said.replace("\\_", "_")
    assert html(at).count("<figure>") == 6
    assert "nothing here speaks for it" in html(at)  # for the runner-up: all-zero


def test_why_asks_about_any_other_class(made, engine):
    at = open_page("inside", model=made.run_id, view="why", split="test", index="3")
    why_not = next(box for box in at.selectbox if box.label == "Why not")
    assert len(why_not.options) == 9
    why_not.select(5).run()
    assert "Sandal" in html(at) and "Bag or Sandal?" in html(at)


def test_without_convolution_only_the_covered_square(made, engine):
    engine.convolves = False
    at = open_page("inside", model=made.run_id, view="why", split="test", index="3")
    assert "This network has no convolution" in words(at)
    assert html(at).count("<figure>") == 3


def test_the_same_question_is_asked_once(made, engine):
    at = open_page("inside", model=made.run_id, view="why", split="test", index="3")
    at.run()
    assert len(engine.asked) == 1


@pytest.mark.parametrize("view", ["why", "network"])
def test_what_the_engine_cannot_answer_is_said(made, engine, view):
    engine.error = "The model is damaged."
    at = open_page("inside", model=made.run_id, view=view, split="test", index="3")
    assert "The model is damaged." in words(at)


def test_a_run_without_a_model_says_so(made, engine):
    made.file("model.keras").unlink()
    at = open_page("inside", model=made.run_id, view="why", split="test", index="3")
    assert "has no model that can be used" in words(at)


def test_the_network_from_the_image_to_the_classes(made, engine):
    at = open_page("inside", model=made.run_id, view="network", split="test", index="3")
    assert "**2** layers, **7,860** parameters" in words(at)
    assert "**14,896** multiply-adds." in words(at)  # 7,056 and 7,840
    path = html(at)
    assert path.index("Image") < path.index("Convolution") < path.index("Dense")
    assert "1 filter of 3 × 3: each number is the sum of 9 products." in path
    assert "90.0" in path  # a bar of the last layer


def test_a_place_of_a_filter_leads_back_to_the_pixels_it_sees(made, engine):
    at = open_page("inside", model=made.run_id, view="network", split="test", index="3")
    row, column = at.slider
    row.set_value(0)
    column.set_value(27).run()
    assert "It depends on rows 0 to 1 and columns 26 to 27 of the image." in words(at)
    assert "3 × 3 × 1 weights" in html(at)


def test_the_address_names_the_layer_and_the_filter(made, engine):
    query = {"model": made.run_id, "view": "network", "split": "test", "index": "3"}
    at = open_page("inside", **query, layer="conv_1", filter="0")
    assert "of filter 0 is" in words(at)
    at = open_page("inside", **query, layer="conv_9", filter="700")
    assert at.selectbox(key="url_layer").value == "conv_1"
    assert "of filter 0 is" in words(at)


def test_what_a_filter_looks_for_is_found_when_asked_and_then_there(made, engine):
    at = open_page("inside", model=made.run_id, view="network", split="test", index="3")
    assert not grids(at, "Patches")
    button(at, "Find the images that excite it most").click().run()
    assert engine.excited == [200]
    (images,) = grids(at, "Images that excite the filter most")
    assert len(images["alts"]) == 1 and images["alts"][0].startswith("Test image 5, ")
    assert images["captions"][0].endswith("2.50")
    assert grids(at, "Patches")
    assert "The 1 of 200 test images" in words(at)

    again = open_page("inside", model=made.run_id, view="network", split="test", index="4")
    assert grids(again, "Patches")
    assert engine.excited == [200], "it is kept"


def test_a_filter_that_cannot_be_asked_about_says_why(made, engine):
    at = open_page("inside", model=made.run_id, view="network", split="test", index="3")
    engine.error = "The model is damaged."
    button(at, "Find the images that excite it most").click().run()
    assert "The model is damaged." in words(at)


def grids(at, label: str) -> list[dict]:
    """What the grids of images with this label were given."""
    return [
        given
        for element in at.get("bidi_component")
        if element.proto.component_name == "fmnist_image_grid"
        and (given := json.loads(element.proto.json)[0])["label"] == label
    ]
