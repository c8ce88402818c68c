"""More than one dataset: importing one, choosing it, and every page following that choice."""

import io
import json
import shutil
import zipfile
from contextlib import ExitStack

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fmnist.config import TrainConfig
from fmnist.data import catalogue, import_process
from fmnist.data.dataset import CLASS_NAMES
from fmnist.data.import_job import ImportStopped
from tests.apptest.app_pages import address, button, open_page, runs_table, words
from tests.factories import data as data_factory
from tests.factories import runs as run_factory

NAMES = data_factory.SHAPE_NAMES
RUN = "20260102-030405-made"

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def shapes(lab) -> catalogue.DatasetInfo:
    """An imported dataset of 40 and 30 images."""
    arrays = [*data_factory.make_split(40, 11), *data_factory.make_split(30, 12)]
    return catalogue.add_dataset("My shapes", NAMES, arrays, {})


@pytest.fixture
def run_dir(lab, shapes):
    """A run that was trained on the imported dataset."""
    return run_factory.write_run(
        lab.runs_dir, RUN, data_dir=shapes.folder, dataset="my-shapes", class_names=NAMES
    )


def grid(at, key: str) -> dict:
    for node in at.get("bidi_component"):
        if node.proto.component_name == "fmnist_image_grid" and key in node.proto.id:
            return json.loads(node.proto.json)[0]
    raise AssertionError(f"no grid {key}")


def archive() -> bytes:
    """A zip of the two CSV files: 20 training and 10 test images."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        for name, count in (("train.csv", 20), ("test.csv", 10)):
            images, labels = data_factory.make_split(count, count)
            rows = np.column_stack([labels, images.reshape(count, -1)])
            packed.writestr(name, "\n".join(",".join(map(str, row)) for row in rows))
    return target.getvalue()


def test_with_one_dataset_there_is_nothing_to_choose(lab):
    at = open_page("browse")
    assert [box.label for box in at.selectbox] == []
    assert "the data chosen in Browse" not in words(open_page("train"))


def test_the_choice_is_kept_in_the_address_and_changes_what_is_shown(lab, shapes):
    at = open_page("browse", index="3", run="bundled", classes="2")
    at.button[0].click().run()  # back to all images
    box = at.selectbox(key="url_data")
    assert box.options == ["Fashion-MNIST", "My shapes"]
    box.select("my-shapes").run()
    assert not at.exception
    assert address(at) == {"data": "my-shapes"}
    assert "40 training and 30 test images of My shapes" in words(at)
    assert set(grid(at, "grid")["captions"]) == set(NAMES)
    at.selectbox(key="url_data").select("fashion-mnist").run()
    assert address(at) == {}
    assert "600 training and 200 test images of garments" in words(at)


def test_one_image_is_called_as_its_dataset_calls_it(shapes, engine):
    at = open_page("browse", data="my-shapes", index="0")
    _, labels = data_factory.make_split(40, 11)
    assert at.title[0].value == NAMES[labels[0]]
    assert [dataset for _, _, dataset in engine.sought] == ["my-shapes"]


def test_the_classes_have_their_own_names(shapes):
    at = open_page("browse", data="my-shapes", view="classes")
    assert grid(at, "means")["captions"] == [f"{name}\n4" for name in NAMES]


def page_that_keeps_its_choice() -> None:
    import streamlit as st

    from pages._shared import carried

    carried.restore(st.session_state["page"])


def test_a_link_in_the_sidebar_keeps_the_choice_and_the_way_back_does_not():
    at = AppTest.from_function(page_that_keeps_its_choice)
    for page, given, kept in (
        ("", {}, {}),
        ("", {"data": "my-shapes"}, {"data": "my-shapes"}),
        ("train", {}, {"data": "my-shapes"}),  # Streamlit's own links drop what they do not know
        ("train", {}, {}),  # the browser's Back on one page
        ("runs", {}, {}),
    ):
        at.session_state["page"] = page
        at.query_params.clear()
        at.query_params.update(given)
        at.run()
        assert not at.exception
        assert address(at) == kept


def test_train_says_which_data_is_chosen(shapes):
    assert "on My shapes, the data chosen in Browse" in words(open_page("train", data="my-shapes"))


@pytest.mark.parametrize("slug", ["gone", "../my-shapes", "%00", "x" * 700])
def test_a_dataset_that_is_not_there_is_a_warning(shapes, slug):
    at = open_page("browse", data=slug)
    assert len(at.warning) == 1
    assert address(at) == {}
    assert "600 training" in words(at)


def test_a_training_is_started_on_the_dataset_chosen(shapes, monkeypatch):
    started = []
    monkeypatch.setattr(
        "fmnist.runs.jobs.find_or_start_run",
        lambda config, *about: started.append(config) or (RUN, True),
    )
    at = open_page("train", data="my-shapes")
    at.button(key="train_start").click().run()
    assert [config.dataset for config in started] == ["my-shapes"]
    assert started[0] == TrainConfig(dataset="my-shapes")


def test_evaluate_looks_at_the_data_that_the_run_saw(shapes, run_dir):
    at = open_page("evaluate", model=RUN)
    assert address(at)["data"] == "my-shapes"
    assert "Predictions for My shapes, which it was trained on" in words(at)
    assert "Misclassified shirts" not in [button.label for button in at.button]
    labels = data_factory.make_split(30, 12)[1]
    wrong = [label for label in at.button if "“" in label.label]
    assert wrong
    assert all(name in NAMES for name in wrong[0].label.split("“")[1].split("”")[:1])
    assert f"of {len(labels)} test images" in at.metric[1].delta


def test_of_the_same_data_under_two_names_the_runs_own_is_shown(lab, run_dir):
    arrays = [*data_factory.make_split(40, 11), *data_factory.make_split(30, 12)]
    catalogue.add_dataset("A copy", NAMES, arrays, {})
    assert address(open_page("evaluate", model=RUN))["data"] == "my-shapes"
    assert address(open_page("evaluate", model=RUN, data="a-copy"))["data"] == "a-copy"


def test_evaluate_goes_back_to_the_standard_data_for_a_run_that_saw_that(lab, shapes):
    run_factory.write_run(lab.runs_dir, RUN)
    at = open_page("evaluate", model=RUN, data="my-shapes")
    assert "data" not in address(at)
    assert "Predictions for Fashion-MNIST" in words(at)
    assert button(at, "Misclassified shirts")


def test_the_newest_run_on_the_data_looked_at_comes_first(lab, shapes, run_dir):
    run_factory.write_run(lab.runs_dir, "20270101-000000-newer")
    assert address(open_page("evaluate", data="my-shapes"))["model"] == RUN
    assert address(open_page("evaluate"))["model"] == "20270101-000000-newer"


def test_a_run_whose_data_is_gone_says_so(lab, shapes, run_dir):
    for path in shapes.folder.iterdir():
        path.unlink()
    shapes.folder.rmdir()
    at = open_page("evaluate", model=RUN)
    assert "Import the same data again on the Browse page, or delete the run." in words(at)
    assert [metric.label for metric in at.metric] == ["Test accuracy then", "Test loss then"]


def test_an_imported_dataset_is_deleted_and_its_run_stays(lab, shapes, run_dir):
    assert "Delete permanently" not in [box.label for box in open_page("browse").button]
    at = open_page("browse", data="my-shapes", classes="2")
    assert "Permanently delete “My shapes” with its images?" in words(at)
    at.button(key="delete_dataset").click().run()
    assert not at.exception
    assert "data" not in address(at)
    assert "600 training and 200 test images of garments" in words(at)
    assert not shapes.folder.exists()
    for page in ("browse", "train", "draw"):
        assert not open_page(page, run=RUN).error
    assert runs_table(open_page("runs"))["Test"] == ["90.0\N{NO-BREAK SPACE}%"]
    at = open_page("evaluate", model=RUN)
    assert "Import the same data again on the Browse page, or delete the run." in words(at)
    assert at.metric[0].value == "90.0\N{NO-BREAK SPACE}%"


def test_a_dataset_that_cannot_be_deleted_says_so(lab, shapes):
    at = open_page("browse", data="my-shapes")
    shutil.rmtree(shapes.folder)  # another tab was first
    at.button(key="delete_dataset").click().run()
    assert not at.exception
    assert "There is no imported dataset 'my-shapes'" in at.toast[0].value


def test_a_drawing_is_named_with_the_classes_of_the_run(run_dir):
    at = open_page("draw", model=RUN)
    assert f"Any of its ten classes ({', '.join(NAMES)})" in words(at)
    shown = "".join(element.proto.body for element in at.get("html"))
    assert "<span>upright bar</span>" in shown
    assert "Trouser" not in shown


def test_runs_of_different_data_are_never_compared_without_a_warning(lab, run_dir):
    run_factory.write_run(lab.runs_dir, "20260101-000000-a")
    at = open_page("runs", runs=f"{RUN},20260101-000000-a")
    [warning] = [box.value for box in at.warning]
    assert "These runs were trained on different data (my-shapes, fashion-mnist)" in warning
    assert runs_table(at)["Dataset"] == ["my-shapes", "fashion-mnist"]
    at = open_page("runs", runs=RUN)
    assert not at.warning


def test_runs_of_one_dataset_have_no_column_for_it(lab):
    run_factory.write_run(lab.runs_dir, RUN)
    run_factory.write_run(lab.runs_dir, "20260101-000000-a")
    at = open_page("runs", runs=f"{RUN},20260101-000000-a")
    assert not at.warning
    assert "Dataset" not in runs_table(at)


def start_import(at) -> None:
    """Press Import and look again until it has ended."""
    at.button(key="import_start").click().run()
    assert at.session_state["import_job"].text
    at.session_state["import_job"].wait(60)
    at.run()


def test_an_import_asks_for_names_reads_and_opens_the_dataset(lab):
    at = open_page("browse", index="5")
    at.button[0].click().run()
    at.file_uploader[0].set_value(("digits.zip", archive(), "application/zip")).run()
    assert at.text_input(key="import_name").value == "digits"
    assert at.text_area(key="import_classes").value.split("\n") == list("0123456789")
    at.text_input(key="import_name").set_value("My digits").run()
    start_import(at)
    assert not at.exception
    assert [entry.slug for entry in catalogue.list_datasets()] == ["fashion-mnist", "my-digits"]
    assert address(at) == {"data": "my-digits"}
    assert "20 training and 10 test images of My digits" in words(at)
    assert "My digits was added" in at.success[0].value  # in the form, as long as nothing follows
    assert at.selectbox(key="url_data").value == "my-digits"


def test_an_import_says_what_is_wrong_and_keeps_nothing(lab):
    at = open_page("browse")
    at.file_uploader[0].set_value(("digits.zip", archive(), "application/zip")).run()
    at.text_area(key="import_classes").set_value("a\nb").run()
    at.button(key="import_start").click().run()
    assert "Expected ten class names" in at.error[0].value
    at.file_uploader[0].set_value(("digits.zip", b"PK", "application/zip")).run()
    assert "digits.zip is damaged" in at.error[0].value
    assert not at.file_uploader[0].value  # refused, so the next one comes instead of it
    assert "import_start" not in [button.key for button in at.button]
    at.file_uploader[0].set_value(("notes.txt", b"", "text/plain")).run()
    assert "Nothing to import was found, only notes.txt" in at.warning[0].value
    assert not at.error
    assert len(catalogue.list_datasets()) == 1
    assert not lab.datasets_dir.exists() or not list(lab.datasets_dir.iterdir())


def test_a_file_that_another_is_missing_for_waits_for_it(lab):
    images, labels = data_factory.make_split(40, 2)
    tables = {
        "X_train.csv": images.reshape(40, -1),
        "y_train.csv": labels[:, None],
        "good.csv": np.column_stack([labels, images.reshape(40, -1)]),
    }
    uploads = {
        name: (name, "\n".join(",".join(map(str, row)) for row in rows).encode(), "text/csv")
        for name, rows in tables.items()
    }
    at = open_page("browse")
    at.file_uploader[0].set_value([uploads["X_train.csv"]]).run()
    assert "X_train.csv has no labels (it has 784 columns)" in at.warning[0].value
    at.file_uploader[0].set_value([uploads["X_train.csv"], uploads["y_train.csv"]]).run()
    assert not at.warning
    start_import(at)
    assert not at.exception
    assert "One image in 7 of each class was set aside for testing." in at.success[0].value


def test_kaggles_files_are_imported_as_proposed(lab):
    images, labels = data_factory.make_split(20, 2)
    header = ",".join(["label", *(f"pixel{number}" for number in range(1, 785))])
    rows = np.column_stack([labels, images.reshape(20, -1)])
    content = "\n".join([header, *(",".join(map(str, row)) for row in rows)]).encode()
    at = open_page("browse")
    at.file_uploader[0].set_value(
        [(f"fashion-mnist_{split}.csv", content, "text/csv") for split in ("train", "test")]
    ).run()
    assert at.text_input(key="import_name").value == "fashion-mnist 2"
    assert at.text_area(key="import_classes").value.split("\n") == list(CLASS_NAMES)
    start_import(at)
    assert not at.exception
    assert address(at) == {"data": "fashion-mnist-2"}
    assert catalogue.find_dataset("fashion-mnist-2").class_names == CLASS_NAMES


def test_an_import_is_stopped_and_nothing_is_kept(lab):
    at = open_page("browse")
    at.file_uploader[0].set_value(("digits.zip", archive(), "application/zip")).run()
    with ExitStack() as others:  # who import meanwhile, so that it has not ended before Stop
        for _ in range(2):
            others.enter_context(import_process._TURNS["import"].taken(None))
        at.button(key="import_start").click().run()
        job = at.session_state["import_job"]
        at.button(key="import_stop").click().run()
        job.wait(60)
    assert isinstance(job.error, ImportStopped)
    at.run()
    assert not at.exception
    assert at.button(key="import_start")
    assert "nothing was added" in words(at)
    assert len(catalogue.list_datasets()) == 1
    assert not list(lab.datasets_dir.iterdir())
