"""The Start page: what it shows at first, and which of its four steps are done."""

import pytest
from streamlit.testing.v1 import AppTest

from fmnist.data.dataset import CLASS_NAMES
from fmnist.drawing import corrections
from fmnist.drawing.strokes import parse
from fmnist.recipes import RECIPES
from tests.apptest.app_pages import APP, open_page, words
from tests.factories import runs as run_factory

SHIRT = CLASS_NAMES.index("Shirt")
STEPS = ("1. See the data", "2. Train", "3. Find mistakes", "4. Teach it")

pytestmark = pytest.mark.usefixtures("engine")


def open_start() -> AppTest:
    at = AppTest.from_file(str(APP), default_timeout=120).run()
    assert not at.exception
    return at


def cards(at: AppTest) -> dict[str, tuple[str, str, bool]]:
    """By the step's name: the page it opens, in which state, and whether it is ticked."""
    return {
        link.proto.label.strip("*"): (
            link.proto.page,
            link.proto.query_string,
            "check_circle" in link.proto.icon,
        )
        for link in at.main.get("page_link")
        if link.proto.label.strip("*") in STEPS
    }


def ticked(at: AppTest) -> list[str]:
    return [name for name, (_page, _query, is_done) in cards(at).items() if is_done]


def test_four_steps_are_links_to_the_right_page_and_state(lab):
    at = open_start()
    assert at.title[0].value == "Fashion-MNIST Lab"
    assert cards(at) == {
        "1. See the data": ("browse", "", False),
        "2. Train": ("train", "recipe=quick", False),
        "3. Find mistakes": ("evaluate", f"view=images&true={SHIRT}", False),
        "4. Teach it": ("draw", "section=teach-it", False),
    }
    assert "What is it?" in "".join(html.proto.body for html in at.get("html"))


def test_the_steps_are_ticked_as_they_are_done(lab):
    at = open_start()
    at.switch_page("pages/browse.py").run()
    at.switch_page("pages/start.py").run()
    assert ticked(at) == ["1. See the data"]

    run_factory.write_imported_run(lab.runs_dir)  # trained elsewhere
    run_factory.write_run(lab.runs_dir, status="failed")
    assert ticked(at.run()) == ["1. See the data"]
    run_factory.write_run(lab.runs_dir, "20260103-000000-own")
    assert ticked(at.run()) == list(STEPS[:2])

    at.switch_page("pages/evaluate.py").run()
    at.switch_page("pages/start.py").run()
    assert ticked(at) == list(STEPS[:2])  # figures are no mistakes
    at.switch_page("pages/evaluate.py")
    at.query_params["view"] = "images"
    at.run()
    at.query_params.clear()
    at.switch_page("pages/start.py").run()
    assert ticked(at) == list(STEPS[:3])

    bag = parse([{"width": 10, "erases": False, "points": [[50, 90], [60, 200], [200, 210]]}])
    corrections.add(corrections.correct(8, 1, bag))
    assert ticked(at.run()) == list(STEPS)


def test_the_second_step_fills_the_form_of_train(lab):
    at = open_page("train", recipe="quick")
    assert "recipe" not in at.query_params
    assert at.session_state["train_recipe"] == "quick"
    assert at.session_state["train_epochs"] == RECIPES["quick"].config.epochs


def test_an_unheard_of_recipe_changes_nothing(lab):
    at = open_page("train", recipe="nothing")
    assert not at.session_state["train_recipe"]
    assert not at.exception


def test_without_the_dataset_the_drawing_and_the_steps_are_there(no_mirrors):
    at = open_start()
    assert len(cards(at)) == 4
    assert "What is it?" in "".join(html.proto.body for html in at.get("html"))
    assert not words(at).count("not here yet")


def test_a_model_that_is_not_awake_says_so_before_anything_is_drawn(lab, engine):
    engine.awake = False
    at = open_start()
    assert "The model is waking up …" in html(at)
    engine.awake = True
    assert "waking up" not in html(open_start())


def html(at: AppTest) -> str:
    return "".join(element.proto.body for element in at.get("html"))
