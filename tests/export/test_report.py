"""The report of a run: its figures are the run's, its words are text, and nothing in it runs."""

import re
from html.parser import HTMLParser

import pytest

from fmnist.data import catalogue
from fmnist.data.dataset import load_dataset
from fmnist.export.report import find_data, make_report
from fmnist.runs import outputs, receipt, store
from tests.factories import runs as run_factory


class Page(HTMLParser):
    """The tags, the attributes and the text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags, self.attributes, self.texts = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attributes]

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def test_its_figures_are_those_of_the_run(lab, made):
    receipt.write_receipt(made, "completed")
    page = Page(make_report(made, load_dataset(lab.data_dir)))
    # 160 of 200 right
    assert "80.0 % test accuracy; 95 % interval 73.9 % to 85.0 %" in page.text
    assert "40 errors in 200 test images" in page.text
    assert f"Run {made.run_id} · 2026-01-02 03:04 UTC" in page.text
    assert "dropout 0 fraction of activations dropped" in page.text
    assert receipt.read_receipt(made)["sha256"] in page.text
    assert page.tags.count("img") == 40, "every mistake"
    assert page.tags.count("polyline") == 4
    assert page.tags.count("circle") == 2 * 2 * 3
    # the diagonal of the matrix and the cells of the ten confusions
    assert len(re.findall(r"called [\w/ -]+: \d+", " ".join(map(str, page.attributes)))) == 100


def test_nothing_in_it_runs_or_is_fetched(lab, made):
    html = make_report(made, load_dataset(lab.data_dir))
    page = Page(html)
    assert not set(page.tags) & {"script", "link", "iframe", "object", "embed", "form", "a"}
    assert not [pair for pair in page.attributes if pair[1].startswith("on")]
    sources = {value.split(",")[0] for _, name, value in page.attributes if name in ("src", "href")}
    assert sources == {"data:image/png;base64"}
    assert "url(" not in html
    assert "default-src 'none'" in html
    assert len(html) < 300_000


@pytest.mark.parametrize(
    "words",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</title></style><b>bold</b>",
        "&lt;i&gt; ![x](http://example.org/a.png) [l](http://example.org)",
        "<!-- --> ]]> `code` *stars* \u202e",
    ],
)
def test_what_people_typed_is_text(lab, made, words):
    plain = Page(make_report(made, load_dataset(lab.data_dir)))
    store.annotate_run(made, tags=[words], note=words)
    store.rename_run(store.read_run(made.run_dir), words)
    run = store.read_run(made.run_dir)
    page = Page(make_report(run, load_dataset(lab.data_dir)))
    shown = [tag for tag in page.tags if tag not in ("p", "span")]
    assert shown == [tag for tag in plain.tags if tag not in ("p", "span")]
    assert run.title in page.texts
    assert run.note in page.texts
    assert run.tags[0] in page.texts


def test_an_imported_model_has_no_curves_and_no_settings(lab):
    run = store.read_run(run_factory.write_imported_run(lab.runs_dir))
    text = Page(make_report(run, load_dataset(lab.data_dir))).text
    assert "Curves" not in text
    assert "Settings" not in text
    assert "trained elsewhere and imported from a file" in text


def test_the_data_of_a_run_are_found_by_their_fingerprint(lab, made):
    assert find_data(made) == "fashion-mnist"
    environment = outputs.read_environment(made) | {"dataset_fingerprint": "0123456789abcdef"}
    from fmnist import json_files

    json_files.write_json(made.file("environment.json"), environment)
    assert find_data(store.read_run(made.run_dir)) is None
    assert catalogue.find_by_fingerprint("0123456789abcdef") is None
