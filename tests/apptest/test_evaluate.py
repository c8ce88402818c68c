"""The Evaluate page in every state a run and an address can be in."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from fmnist.data import dataset
from fmnist.evaluation.evaluate import evaluate, select
from fmnist.evaluation.model_card import compute_model_card
from fmnist.evaluation.model_card_text import format_model_card
from fmnist.runs import store
from tests.apptest import app_pages
from tests.factories import data as data_factory
from tests.factories import runs as run_factory

APP = Path(__file__).parents[2] / "app.py"
NBSP = "\N{NO-BREAK SPACE}"
RUN = "20260102-030405-made"

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def bundled(lab, bundled_dir) -> Path:
    """A bundled run, right on seven images of ten."""
    return run_factory.write_run(bundled_dir.parent, accuracy=0.7).rename(bundled_dir)


def open_page(**query: str) -> AppTest:
    return app_pages.open_page("evaluate", **query)


def texts(app: AppTest) -> str:
    elements = [*app.info, *app.warning, *app.error, *app.markdown, *app.caption, *app.subheader]
    return "\n".join(element.value for element in elements)


def chosen(app: AppTest) -> dict[str, str]:
    """The address, each value as text."""
    return {
        name: value[0] if isinstance(value, list) else value
        for name, value in app.query_params.items()
    }


def grid(app: AppTest, key: str = "grid") -> dict:
    """What the image grid with this key was given."""
    found = [
        json.loads(element.proto.json)[0]
        for element in app.get("bidi_component")
        if element.proto.component_name == "fmnist_image_grid" and f"-{key}" in element.proto.id
    ]
    assert len(found) == 1
    return found[0]


@pytest.fixture
def run_dir(lab) -> Path:
    st.cache_resource.clear()  # the dataset of another test
    return run_factory.write_run(lab.runs_dir, RUN, accuracy=0.8)


@pytest.fixture
def expected(run_dir, lab):
    labels = dataset.load_dataset(lab.data_dir).test_labels
    return evaluate(labels, np.load(run_dir / "test_probabilities.npy"))


def test_no_runs(lab):
    app = open_page()
    assert "No model has been scored yet" in texts(app)
    assert not app.metric


def test_headline_numbers(expected):
    app = open_page()
    values = {metric.label: (metric.value, metric.delta) for metric in app.metric}
    interval = f"95{NBSP}% interval 73.9–85.0{NBSP}%"
    assert values["Test accuracy"] == (f"80.0{NBSP}%", interval)
    assert values["Errors"] == ("40", "of 200 test images")
    assert values["Test loss"][0] == f"{expected.loss:.3f}"
    assert chosen(app)["model"] == RUN


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("running", "is running. It is scored on all test images when it ends"),
        ("queued", "is queued."),
        ("failed", "The loss became NaN."),
    ],
)
def test_a_run_without_scores_says_why(lab, status, words):
    run_factory.write_run(lab.runs_dir, RUN, status=status, message="The loss became NaN.")
    app = open_page(model=RUN)
    assert words in texts(app)
    assert not app.metric


def test_a_stopped_run_is_scored(lab):
    run_factory.write_run(lab.runs_dir, RUN, status="stopped")
    assert open_page(model=RUN).metric


def test_a_damaged_run_is_named(run_dir):
    (run_dir / "config.json").unlink()
    app = open_page(model=RUN)
    assert "config.json is missing" in texts(app)
    assert not app.metric


def test_half_a_probabilities_file(run_dir):
    scores = run_dir / "test_probabilities.npy"
    scores.write_bytes(scores.read_bytes()[:1000])
    assert "cannot be read" in texts(open_page(model=RUN))


def test_probabilities_that_do_not_sum_to_1(run_dir):
    np.save(run_dir / "test_probabilities.npy", np.ones((200, 10), np.float32))
    assert "do not sum to 1" in texts(open_page(model=RUN))


def say_it_was_trained_on(run_dir: Path, **values: Any) -> None:
    environment = json.loads((run_dir / "environment.json").read_text())
    values = {"dataset_fingerprint": "0123456789abcdef", **values}
    (run_dir / "environment.json").write_text(json.dumps({**environment, **values}))


def test_a_run_on_data_that_is_gone_is_scored_on_what_is_here(run_dir, engine, expected):
    say_it_was_trained_on(run_dir)
    app = open_page(model=RUN, index="3")
    assert "Scored here on the 200 test images of **Fashion-MNIST**" in texts(app)
    assert f"fashion-mnist, is not here; there it scored 80.0{NBSP}%" in texts(app)
    label = dataset.CLASS_NAMES[expected.labels[3]]
    assert app.header[0].value == f"{label}, called Bag"
    assert [len(question[1]) for question in engine.asked] == [200]


def test_a_model_that_cannot_answer_says_so(run_dir, engine):
    say_it_was_trained_on(run_dir)
    engine.error = "The model is damaged."
    app = open_page(model=RUN)
    assert "cannot be used: The model is damaged." in texts(app)
    assert not app.metric


def test_a_run_with_other_classes_shows_no_images(run_dir):
    say_it_was_trained_on(run_dir, class_names=list(data_factory.SHAPE_NAMES))
    app = open_page(model=RUN, index="3")
    assert "fingerprint 0123456789abcdef" in texts(app)
    assert [metric.label for metric in app.metric] == ["Test accuracy then", "Test loss then"]
    assert not app.main.get("bidi_component")


def test_the_bundled_run_is_evaluated_until_another_is_taken(bundled, run_dir):
    app = open_page()
    assert app.metric[0].value == f"70.0{NBSP}%"
    assert chosen(app) == {}
    app.selectbox(key="model_in_hand").set_value(RUN).run()
    assert app.metric[0].value == f"80.0{NBSP}%"
    assert chosen(app) == {"model": RUN}


def model_card(app: AppTest):
    return next((each for each in app.get("expander") if each.label == "Model card"), None)


def test_the_model_card_of_a_completed_run(run_dir, lab):
    app = open_page(model=RUN)
    section = model_card(app)
    labels = dataset.load_dataset(lab.data_dir).test_labels
    card = format_model_card(compute_model_card(store.load_run(RUN), labels))
    assert "# Model card: Made run" in card
    # The headings are smaller than the page's; all else is the downloaded file word by word.
    assert section.markdown[0].value.replace("\n####", "\n#") == f"###{card.rstrip()}"
    [download] = section.get("download_button")
    assert download.proto.label == "Download as Markdown"
    store.rename_run(store.load_run(RUN), "A name of mine")
    section = model_card(open_page(model=RUN))
    assert "# Model card: A name of mine" in section.markdown[0].value


def test_a_stopped_run_has_no_model_card(lab):
    run_factory.write_run(lab.runs_dir, RUN, status="stopped")
    app = open_page(model=RUN)
    assert app.metric
    assert model_card(app) is None


def test_top_confusions_open_their_images(expected):
    true, predicted, count = expected.top_confusions[0]
    app = open_page(model=RUN)
    app.button(key=f"confusion_{true}_{predicted}").click().run()
    assert chosen(app)["true"] == str(true)
    assert chosen(app)["predicted"] == str(predicted)
    assert len(grid(app)["alts"]) == count


def test_a_deep_link_to_a_cell(expected):
    app = open_page(model=RUN, true="6", predicted="7")
    wanted = select(expected, show="all", true=6, predicted=7)
    assert [alt.split(":")[0] for alt in grid(app)["alts"]] == [f"Test image {i}" for i in wanted]
    assert set(grid(app)["tones"]) == {"wrong"}
    first = f"Shirt →\nSneaker\n{100 * expected.confidence[wanted[0]]:.1f}{NBSP}%"
    assert grid(app)["captions"][0] == first


def test_an_empty_cell_says_so(run_dir):
    app = open_page(model=RUN, true="0", predicted="9")
    assert "No T-shirt/top was called Ankle boot." in texts(app)


@pytest.mark.parametrize("mode", ["counts", "rows", "share", "errors"])
def test_each_kind_of_matrix(run_dir, mode):
    app = open_page(model=RUN, matrix=mode)
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    blank = figure["data"][1]["text"][11] == ""
    assert blank is (mode == "errors")


def test_misclassified_shirts_in_one_click(expected):
    app = open_page(model=RUN, view="report", predicted="3", min_confidence="99")
    [button] = [button for button in app.button if button.label == "Misclassified shirts"]
    button.click().run()
    assert not app.exception
    wanted = select(expected, show="wrong", true=6, sort="mistake")
    assert len(wanted) > 1
    assert [alt.split(":")[0] for alt in grid(app)["alts"]] == [f"Test image {i}" for i in wanted]
    assert chosen(app) == {"model": RUN, "view": "images", "true": "6"}


def test_images_are_filtered_and_paged(expected):
    query = {"view": "images", "show": "all", "sort": "index", "min_confidence": "50"}
    app = open_page(model=RUN, page="2", **query)
    wanted = select(expected, show="all", sort="index", min_confidence=0.5)[100:200]
    assert [alt.split(":")[0] for alt in grid(app)["alts"]] == [f"Test image {i}" for i in wanted]
    app.selectbox(key="url_true").select(1).run()
    assert "page" not in chosen(app)
    assert len(grid(app)["alts"]) == len(select(expected, show="all", true=1, min_confidence=0.5))


def test_filters_that_nothing_fits(run_dir):
    app = open_page(model=RUN, view="images", true="3", predicted="8")
    assert "No images match these filters." in texts(app)
    [button] = [button for button in app.button if button.label == "Reset filters"]
    button.click().run()
    assert len(grid(app)["alts"]) == 40


def test_report(expected):
    app = open_page(model=RUN, view="report")
    table = app.dataframe[0].value
    assert table["class"].tolist()[-2:] == ["macro avg", "weighted avg"]
    assert table["recall"].iloc[6] == pytest.approx(expected.report["recall"].iloc[6])


@pytest.mark.parametrize("view", ["matrix", "images"])
def test_one_image_by_its_address(expected, view):
    index = int(select(expected, show="wrong", true=6)[0])
    app = open_page(model=RUN, index=str(index), true="6", view=view)
    assert app.header[0].value == "Shirt, called Sneaker"
    address = app.code[0].value
    for part in (f"index={index}", f"model={RUN}", "true=6"):
        assert part in address
    [back] = [button for button in app.button if button.label == "Back"]
    back.click().run()
    assert "index" not in chosen(app)
    assert app.metric


def test_neighbours_carry_their_class_and_distance(lab, run_dir):
    captions = grid(open_page(model=RUN, index="0"), "neighbours")["captions"]
    first = dataset.load_dataset(lab.data_dir).train_labels[0]
    assert captions[0] == f"{dataset.CLASS_NAMES[first]}\n0.00"
    assert [caption.split("\n")[1] for caption in captions[-2:]] == ["0.86", "1.00"]


def test_without_an_engine_the_rest_of_the_image_is_there(run_dir, engine):
    engine.error = "It did not start."
    app = open_page(model=RUN, index="0")
    assert "Could not find the neighbours. It did not start." in texts(app)
    assert app.code


def test_next_follows_the_order_of_the_selection(expected):
    order = select(expected, show="wrong", sort="mistake", true=6)
    app = open_page(model=RUN, view="images", true="6", index=str(order[0]))
    [button] = [button for button in app.button if button.label == "Next"]
    button.click().run()
    assert chosen(app)["index"] == str(order[1])


@pytest.mark.parametrize(
    "query",
    [
        {"model": "../../etc/passwd"},
        {"model": "<script>alert(1)</script>"},
        {"model": "20990101-000000-nobody"},
        {"index": "99999999"},
        {"index": "200"},
        {"true": "10"},
        {"view": "nothing"},
        {"view": "images", "min_confidence": "90", "max_confidence": "10"},
        {"view": "images", "page": "10000"},
    ],
)
def test_hostile_addresses_are_survived(run_dir, query):
    app = open_page(**query)
    assert [metric.label for metric in app.metric][:1] == ["Test accuracy"]
    assert "<script>" not in texts(app)


def test_an_image_that_does_not_exist_is_mentioned(run_dir):
    app = open_page(model=RUN, index="200")
    assert "asks for image 200; the last one is 199" in texts(app)
