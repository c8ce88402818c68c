"""Without the dataset and without a network: the look-alikes come, and every page says so."""

import functools
import hashlib
import json
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from streamlit.testing.v1 import AppTest

from fmnist import json_files
from fmnist.data import catalogue, dataset, download, standin
from fmnist.data.dataset import CLASS_NAMES, DatasetError
from pages._shared import standin as _standin
from tests.apptest.app_pages import address, button, open_page, runs_table, words
from tests.factories import data as data_factory
from tests.factories import runs as run_factory
from tests.waits import wait_for

RUN = "20260102-030405-made"
NOTICE = "generated look-alikes of Fashion-MNIST. Fine for trying the Lab"
NBSP = "\N{NO-BREAK SPACE}"

pytestmark = pytest.mark.usefixtures("engine", "no_mirrors")


@pytest.fixture
def made_standin() -> catalogue.DatasetInfo:
    return catalogue.make_standin()


def run_until_fetched(at: AppTest) -> AppTest:
    """Each run is one tick of the progress bar."""
    wait_for(lambda: not _standin.fetcher().is_running, "the data", 120)
    at.run()
    assert not at.exception
    return at


def metrics(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}


def test_browse_makes_the_standin_and_shows_it(lab):
    at = run_until_fetched(open_page("browse"))
    assert "200 training and 100 test images of garments" in words(at)
    assert NOTICE in words(at)
    assert address(at) == {}
    assert not at.selectbox  # there is nothing else to choose


def test_while_it_is_made_the_page_says_what_is_done_and_takes_an_upload(monkeypatch):
    is_told, may_end = threading.Event(), threading.Event()

    def slow(folder, progress):
        progress("Making look-alikes", 30, 200)
        is_told.set()
        may_end.wait(300)

    monkeypatch.setattr(standin, "write_standin", slow)
    at = open_page("train")
    assert is_told.wait(120)
    at.run()
    assert not at.exception
    assert "the Lab generates look-alikes" in words(at)
    assert "Start training" not in [button.label for button in at.button]
    assert all(name in at.info[0].value for name in dataset.FILES)
    assert [section.label for section in at.expander] == ["Add your own data"]
    [bar] = at.get("progress")
    assert (bar.proto.value, bar.proto.text) == (15, "Making look-alikes: 30 of 200")
    may_end.set()


def test_where_it_cannot_be_made_that_is_said_and_can_be_tried_again(monkeypatch):
    def fail(folder, progress):
        raise DatasetError("The disk is full.")

    with monkeypatch.context() as broken:
        broken.setattr(standin, "write_standin", fail)
        at = run_until_fetched(open_page("browse"))
        assert [box.value for box in at.error] == ["The disk is full."]
        assert [section.label for section in at.expander] == ["Add your own data"]
    button(at, "Try again").click().run()
    assert NOTICE in words(run_until_fetched(at))


@pytest.mark.parametrize("page", ["browse", "train", "runs", "draw"])
def test_every_page_says_what_is_looked_at_and_the_ways_to_the_real_data(made_standin, page):
    at = open_page(page)
    said = words(at)
    assert NOTICE in said
    assert button(at, "Try the download again")
    assert "FMNIST_DATA_DIR" in said
    assert all(name in said for name in dataset.FILES)
    assert "Add your own data, at the end of Browse" in [
        link.proto.label for link in at.main.get("page_link")
    ]


def test_where_there_is_a_mirror_the_dataset_is_downloaded(lab, monkeypatch):
    files = {path.name: path.read_bytes() for path in lab.data_dir.glob("*.gz")}
    sums = {name: hashlib.md5(content).hexdigest() for name, content in files.items()}
    monkeypatch.setattr(dataset, "FILES", {name: sums[name] for name in dataset.FILES})
    serve = functools.partial(SimpleHTTPRequestHandler, directory=lab.data_dir)
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(download, "MIRRORS", [f"http://127.0.0.1:{server.server_port}/"])
        at = run_until_fetched(open_page("browse"))
        server.shutdown()
    assert "600 training and 200 test images of garments" in words(at)
    assert NOTICE not in words(at)
    assert catalogue.find_standin() is None


def test_a_download_that_fails_again_says_why(made_standin):
    at = open_page("browse")
    button(at, "Try the download again").click().run()
    at = run_until_fetched(at)
    assert "No mirror gave the dataset" in words(at)
    assert NOTICE in words(at)


def test_the_real_data_come_back_as_soon_as_they_are_here(lab, made_standin, monkeypatch):
    at = open_page("browse")
    monkeypatch.setenv("FMNIST_DATA_DIR", str(lab.data_dir))
    at.run()
    assert "600 training" in words(at)
    assert NOTICE not in words(at)
    at.selectbox(key="url_data").select("stand-in").run()
    assert NOTICE in words(at)
    assert address(at) == {"data": "stand-in"}
    button(at, "Open Fashion-MNIST").click().run()
    assert "600 training" in words(at)


def test_a_data_folder_without_files_is_named_beside_the_standin(lab, monkeypatch, tmp_path):
    monkeypatch.setenv("FMNIST_DATA_DIR", str(tmp_path / "nowhere"))
    at = open_page("browse")
    assert str(tmp_path / "nowhere") in at.info[0].value
    at = run_until_fetched(at)
    assert str(tmp_path / "nowhere") in words(at)
    assert "Try the download again" not in [button.label for button in at.button]


def test_a_training_is_started_on_the_standin(made_standin, monkeypatch):
    started = []
    monkeypatch.setattr(
        "fmnist.runs.jobs.find_or_start_run",
        lambda config, *about: started.append(config) or (RUN, True),
    )
    at = open_page("train")
    at.button(key="train_start").click().run()
    assert [config.dataset for config in started] == ["stand-in"]


@pytest.fixture
def standin_run(lab, made_standin) -> None:
    """A run that was trained on the stand-in, right on 80 of its 100 test images."""
    run_factory.write_run(
        lab.runs_dir, RUN, data_dir=made_standin.folder, dataset="stand-in", accuracy=0.8
    )


def test_the_figures_of_a_run_on_the_standin_say_so(lab, standin_run, monkeypatch):
    monkeypatch.setenv("FMNIST_DATA_DIR", str(lab.data_dir))  # the real data come later
    at = open_page("train", run=RUN)
    assert metrics(at)["Stand-in accuracy"] == f"80.0{NBSP}%"
    assert "Stand-in data" in words(at)
    assert f"80.0{NBSP}% on the stand-in" in [
        link.proto.label.split(" · ")[-1] for link in open_page("train").get("page_link")
    ]
    at = open_page("runs", runs=RUN)
    assert runs_table(at)["Dataset"] == ["stand-in"]
    at = open_page("evaluate", model=RUN)
    assert metrics(at)["Stand-in accuracy"] == f"80.0{NBSP}%"
    assert f"80.0{NBSP}% · stand-in" in at.selectbox(key="model_in_hand").options[0]
    assert NOTICE in words(at)
    assert "generated look-alikes of Fashion-MNIST. No figure here says" in words(at)  # the card


def test_a_run_on_the_standin_and_one_on_the_real_data_are_compared_with_a_warning(
    lab, standin_run
):
    run_factory.write_run(lab.runs_dir, "20260101-000000-a")
    at = open_page("runs", runs=f"{RUN},20260101-000000-a")
    [warning] = [box.value for box in at.warning]
    assert "These runs were trained on different data (stand-in, fashion-mnist)" in warning


def test_the_bundled_run_is_scored_on_the_standin(lab, bundled_dir, made_standin, engine):
    folder = run_factory.write_run(bundled_dir.parent, accuracy=0.7).rename(bundled_dir)
    environment = json.loads((folder / "environment.json").read_text(encoding="utf-8"))
    json_files.write_json(folder / "environment.json", {**environment, "dataset": "fashion-mnist"})
    at = open_page("evaluate")
    assert at.selectbox(key="model_in_hand").value == "bundled"
    labels = catalogue.load("stand-in").test_labels
    bags = int((labels == CLASS_NAMES.index("Bag")).sum())  # all that the made engine says
    assert metrics(at)["Stand-in accuracy"] == f"{bags:.1f}{NBSP}%"
    said = words(at)
    assert "Scored here on the 100 test images of **Stand-in**" in said
    assert f"fashion-mnist, is not here; there it scored 70.0{NBSP}%" in said
    assert [len(images) for _, images in engine.asked] == [100]
    assert "Model card" not in [section.label for section in at.expander]
    open_page("evaluate")
    assert len(engine.asked) == 1


def test_a_model_with_other_classes_is_not_scored_on_the_standin(lab, made_standin, tmp_path):
    data_dir = data_factory.write_dataset(tmp_path / "other", train=20, test=20)
    names = list(data_factory.SHAPE_NAMES)
    run_factory.write_run(lab.runs_dir, RUN, data_dir=data_dir, class_names=names)
    at = open_page("evaluate", model=RUN)
    assert list(metrics(at)) == ["Test accuracy then", "Test loss then"]
