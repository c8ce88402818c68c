"""pages/browse.py as a person meets it: the sample, the views, one image, senseless addresses."""

import json
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from fmnist.data import dataset, samples
from tests.factories import data as data_factory

APP = Path(__file__).parents[2] / "app.py"


@pytest.fixture
def open_page(lab, engine):
    st.cache_resource.clear()

    def opened(**query) -> AppTest:
        at = AppTest.from_file(APP, default_timeout=120)
        for name, value in query.items():
            at.query_params[name] = value
        at.switch_page("pages/browse.py").run()
        return at

    yield opened
    st.cache_resource.clear()


def address(at: AppTest) -> dict[str, str]:
    return {
        name: values if isinstance(values, str) else ",".join(values)
        for name, values in at.query_params.items()
    }


def data_of(lab) -> dataset.Dataset:
    return dataset.load_dataset(lab.data_dir)


def grid(at: AppTest, key: str):
    """What a component gets from the server; of a list, its first entry."""
    for node in at.get("bidi_component"):
        if key in node.proto.id:
            message = json.loads(node.proto.json)
            return message[0] if isinstance(message, list) else message
    return None


def test_first_screen_shows_garments_and_the_next_step(open_page):
    at = open_page()
    assert not at.exception
    assert not at.warning
    assert at.title[0].value == "Browse"
    assert "600 training and 200 test images" in at.markdown[0].value
    assert address(at) == {}
    assert len(grid(at, "grid")["alts"]) == 100


def test_the_sample_is_the_one_of_the_address(open_page, lab):
    labels = data_of(lab).test_labels
    at = open_page(split="test", classes="2,6", count="25", seed="7")
    expected = samples.sample_indices(labels, classes=[2, 6], count=25, seed=7)
    assert not at.warning
    assert grid(at, "grid")["alts"] == [
        f"{dataset.CLASS_NAMES[labels[i]]}, image {i}" for i in expected
    ]
    assert at.multiselect[0].value == [2, 6]


def test_shuffle_puts_a_new_seed_into_the_address(open_page):
    at = open_page()
    before = grid(at, "grid")["alts"]
    at.button[0].click().run()
    assert 1 <= int(address(at)["seed"]) < 100_000
    assert grid(at, "grid")["alts"] != before


def test_choices_go_into_the_address(open_page):
    at = open_page()
    at.multiselect[0].set_value([5, 7]).run()
    at.slider[0].set_value(50).run()
    assert address(at) == {"classes": "5,7", "count": "50"}
    alts = grid(at, "grid")["alts"]
    assert len(alts) == 50
    assert {alt.split(",")[0] for alt in alts} == {"Sandal", "Sneaker"}


def test_400_images_need_no_captions(open_page):
    at = open_page(count="400")
    assert set(grid(at, "grid")["captions"]) == {""}


def test_go_to_image(open_page, lab):
    at = open_page()
    at.number_input(key="go_to").set_value(42).run()
    assert address(at)["index"] == "42"
    assert at.title[0].value == dataset.CLASS_NAMES[data_of(lab).train_labels[42]]


def test_classes_view(open_page, lab):
    at = open_page(view="classes", split="test")
    assert not at.exception
    means = grid(at, "means")
    assert means["captions"] == [f"{name}\n20" for name in dataset.CLASS_NAMES]
    assert len(at.get("plotly_chart")) == 1


def test_table_view(open_page, lab):
    at = open_page(view="table", count="25", seed="3")
    data = data_of(lab)
    sample = samples.sample_indices(data.train_labels, classes=[], count=25, seed=3)
    frame = at.dataframe[0].value
    assert frame.shape == (25, 785)
    assert frame["label"].tolist() == data.train_labels[sample].tolist()
    assert frame["pixel31"].tolist() == data.train_images[sample, 1, 2].tolist()
    assert "25 rows × 785 columns · type uint8 · 20 kB" in at.caption[0].value

    at.selectbox[0].set_value("label").run()
    values = at.dataframe[1].value
    expected, counts = np.unique(data.train_labels[sample], return_counts=True)
    assert values["value"].tolist() == expected.tolist()
    assert values["rows"].tolist() == counts.tolist()


def test_one_image_with_its_pixels(open_page, lab):
    at = open_page(index="9", split="test")
    image = data_of(lab).test_images[9]
    assert not at.exception
    assert at.caption[0].value == "10 of 200"  # not in the sample: all test images in order
    assert at.caption[1].value.startswith("Test image 9, label ")
    assert grid(at, "pixels") == image.tolist()

    at.number_input(key="pixel_row").set_value(1).run()
    at.number_input(key="pixel_column").set_value(2).run()
    assert at.metric[0].label == "pixel31"
    assert at.metric[0].value == f"{image[1, 2]} of 255"


def test_neighbours_of_a_test_image(open_page, engine, lab):
    at = open_page(index="9", split="test")
    ((images, k, _),) = engine.sought
    assert np.array_equal(images[0], data_of(lab).test_images[9])
    assert k == 8
    assert len(grid(at, "neighbours")["alts"]) == 8


def test_a_training_image_is_not_its_own_neighbour(open_page, engine):
    at = open_page(index="3")
    assert engine.sought[0][1] == 9
    alts = grid(at, "neighbours")["alts"]
    assert [int(alt.split("training image ")[1].split(",")[0]) for alt in alts] == [
        0, 1, 2, 4, 5, 6, 7, 8,
    ]  # fmt: skip


def test_a_failing_engine_costs_the_neighbours_alone(open_page, engine):
    engine.error = "The engine did not answer within 90 s."
    at = open_page(index="3")
    assert not at.exception
    assert "The engine did not answer within 90 s." in at.warning[0].value
    assert at.metric[0].label == "pixel407"


def test_next_follows_the_sample_and_back_returns_to_it(open_page, lab):
    sample = samples.sample_indices(data_of(lab).train_labels, classes=[6], count=25, seed=4)
    at = open_page(index=str(sample[0]), classes="6", count="25", seed="4")
    _back, previous, following = at.button
    assert previous.disabled
    following.click().run()
    assert address(at)["index"] == str(sample[1])
    at.button[0].click().run()
    assert address(at) == {"classes": "6", "count": "25", "seed": "4"}
    assert at.title[0].value == "Browse"


def test_next_outside_the_sample_follows_the_dataset(open_page, lab):
    another_class = (int(data_of(lab).train_labels[0]) + 1) % 10
    at = open_page(index="0", classes=str(another_class))
    at.button[2].click().run()
    assert address(at)["index"] == "1"


def test_the_last_image_has_no_next(open_page):
    at = open_page(index="599", count="25")
    assert at.button[2].disabled


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("index", "99999999"),
        ("index", "99999999999999999999"),
        ("index", "600"),
        ("index", "-1"),
        ("classes", "<script>alert(1)</script>"),
        ("classes", "1,2,11"),
        ("seed", "abc"),
        ("count", "5"),
        ("count", "1e9"),
        ("split", "../../etc"),
        ("view", "<script>"),
    ],
)
def test_a_senseless_address_gets_a_polite_warning(open_page, name, value):
    at = open_page(**{name: value})
    assert not at.exception
    assert not at.error
    assert len(at.warning) == 1
    assert "The address asks for" in at.warning[0].value
    assert "<script>" not in at.warning[0].value
    assert address(at) == {}
    assert len(grid(at, "grid")["alts"]) == 100


def test_an_unknown_view_is_the_grid(open_page):
    at = open_page(view="nonsense")
    assert not at.exception
    assert len(grid(at, "grid")["alts"]) == 100


def test_a_corrupt_file_is_named(open_page, lab, tmp_path, monkeypatch):
    folder = data_factory.write_dataset(tmp_path / "data", train=20, test=20)
    broken = folder / "t10k-images-idx3-ubyte.gz"
    broken.write_bytes(broken.read_bytes()[:-10])
    monkeypatch.setenv("FMNIST_DATA_DIR", str(folder))
    at = open_page()
    assert not at.exception
    assert f"{broken} is truncated" in at.error[0].value
