"""What a stranger typed is only text, on every page: nothing of it is fetched, nothing of it is a
link, and it reads as it was typed.

It comes as the title of runs, as the name and the classes of a dataset, as the reason of a failure,
and in the address.
"""

import csv
import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, Request, expect

from fmnist import json_files
from fmnist.data import dataset
from fmnist.data import folder as dataset_folder
from fmnist.plain_text import clean, shorten
from tests.browser.conftest import Server, at_start
from tests.browser.steps import expect_rest, main
from tests.conftest import kill_trainings
from tests.factories import data as data_factory
from tests.factories import runs as run_factory
from tests.waits import wait_for

# FOREIGN stands for a server of the test's own, which is told of every request.
TITLES = (
    "![x](http://FOREIGN/a.png)",
    "[a link](http://FOREIGN/b)",
    "<img src=http://FOREIGN/c.png> <b>bold</b>",
    '<a href="http://FOREIGN/d">x</a>',
    "see http://FOREIGN/e or www.foreign.example, me@foreign.example",
    "$x^2$ and `code` and *stars* and _lines_",
    ":red[x] :material/delete: :smile: :small[x] 10:30:15",
    "\u202etxt.exe\u202c \0 \u200bhidden",
    "=1+2",
    "%{customdata} &lt;b&gt; <br> -> <->",
    "1. # - > 😀 👩🏽\u200d🎓 日本語",
    "x" * 500,
)
SLUG = "strange"
STYLED = ".katex, em, del, .stMarkdownColoredText, blockquote, [data-testid=stMain] li"


class Foreign(http.server.ThreadingHTTPServer):
    """Answers nothing, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.server.asked.append(self.path)
                self.send_error(404)

            def log_message(self, *_):
                pass

        return Handler

    def titles(self) -> list[str]:
        return [title.replace("FOREIGN", f"127.0.0.1:{self.server_port}") for title in TITLES]

    def class_names(self) -> list[str]:
        return [clean(title, 60) for title in self.titles()[:9]] + ["www.foreign.example"]


@pytest.fixture(scope="module")
def foreign() -> Iterator[Foreign]:
    with Foreign() as foreign:
        yield foreign
        foreign.shutdown()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, foreign: Foreign) -> Iterator[Server]:
    """A Lab whose dataset and runs have strange names.

    A rule keeps most of them from datasets; here it is gone, as if a folder came from elsewhere.
    """
    folder = tmp_path_factory.mktemp("strange")
    any_name = "import re, fmnist.data.names as n\nn._NAME, n.MAX_NAME = re.compile('.+'), 99"
    data_dir = data_factory.write_dataset(folder / "data")
    write_dataset(folder / "datasets", foreign)
    write_runs(folder / "runs", folder / "datasets" / SLUG, foreign)
    server = Server(
        folder,
        data_dir,
        folder / "cache",
        FMNIST_DATASETS_DIR=str(folder / "datasets"),
        **at_start(folder, any_name),
    )
    yield server
    server.kill()
    kill_trainings(server.runs_dir)


def write_dataset(datasets: Path, foreign: Foreign) -> None:
    folder = data_factory.write_dataset(datasets / SLUG, seed=1)
    loaded = dataset.load_dataset(folder)
    info = {
        "name": clean(foreign.titles()[4], 90),
        "class_names": foreign.class_names(),
        "fingerprint": loaded.fingerprint,
    }
    json_files.write_json(folder / dataset_folder.INFO_FILE, info)


def write_runs(runs_dir: Path, data_dir: Path, foreign: Foreign) -> None:
    names = foreign.class_names()
    options = {"data_dir": data_dir, "dataset": SLUG, "class_names": names}
    for number, title in enumerate(foreign.titles()):
        run_dir = run_factory.write_run(runs_dir, run_id(number), accuracy=0.8, **options)
        json_files.write_json(run_dir / "notes.json", {"name": title})
    message = " ".join(foreign.titles()[:8])
    run_dir = run_factory.write_run(runs_dir, run_id(40), "failed", message=message, **options)
    json_files.write_json(run_dir / "notes.json", {"name": foreign.titles()[0]})
    run_factory.write_run(runs_dir, run_id(41), accuracy=0.8, with_model=True, **options)


def run_id(number: int) -> str:
    return f"20260101-00{number:02d}00-strange"


@pytest.fixture
def page(one_page: Page, server: Server, foreign: Foreign) -> Iterator[Page]:
    """At the end, nobody but the Lab has been asked for anything."""
    elsewhere = []

    def watch(request: Request) -> None:
        if not re.match(rf"(data|blob|about):|(http|ws)://localhost:{server.port}/", request.url):
            elsewhere.append(request.url)

    one_page.context.on("request", watch)
    yield one_page
    one_page.context.remove_listener("request", watch)
    assert (elsewhere, foreign.asked) == ([], [])


def visit(page: Page, path: str, **query: object) -> None:
    page.goto(f"/{path}?{urlencode(query)}")
    expect(page.get_by_role("heading").first).to_be_visible()
    expect_rest(page)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def expect_no_life(page: Page) -> None:
    """Nothing leads away, and nothing is set in another way than as plain text."""
    leaving = page.evaluate(
        """() => [...document.querySelectorAll('a, img, iframe, image, use, object')]
            .map(one => one.href?.baseVal ?? one.href ?? one.src ?? '')
            .filter(url => url && !url.startsWith(location.origin) && !url.startsWith('data:'))"""
    )
    assert leaving == []
    expect(main(page).locator(STYLED)).to_have_count(0)


@pytest.mark.parametrize("number", range(len(TITLES)))
def test_the_title_of_a_run(page: Page, foreign: Foreign, number: int):
    title = clean(foreign.titles()[number], 60)
    visit(page, "train", run=run_id(number), data=SLUG)
    expect(main(page).get_by_role("heading", level=3).first).to_have_text(title)
    expect_no_life(page)
    visit(page, "runs", run=run_id(number))
    opened = main(page).locator(".st-key-run_detail")
    expect(opened.get_by_label("Name", exact=True)).to_have_value(title)
    expect(opened.locator("strong").first).to_have_text(shorten(title, 44))
    rows = main(page).get_by_role("table", name="Runs").locator("button.name")
    expect(rows.filter(has_text=title).first).to_have_text(title)
    opened.get_by_role("button", name="Delete").click()
    asked = f"Permanently delete “{title}” with its model, curves and scores?"
    expect(page.get_by_text(asked)).to_be_visible()
    expect_no_life(page)
    visit(page, "evaluate", run=run_id(number))
    chosen = page.get_by_role("combobox", name="Model")
    expect(chosen).to_have_value(re.compile(re.escape(shorten(title, 22))))
    main(page).get_by_text("Model card", exact=True).click()
    expect(main(page).get_by_text(f"Model card: {title}", exact=True)).to_be_visible()
    expect(main(page).locator(".katex, .stMarkdownColoredText")).to_have_count(0)


def test_titles_in_one_chart_and_table(page: Page, foreign: Foreign):
    shown = [clean(title, 60) for title in foreign.titles()[:10]]
    for numbers in (range(5), range(5, 10)):
        ids = ",".join(map(run_id, numbers))
        visit(page, "runs", runs=ids, shown=ids)
        chart = main(page).locator(".js-plotly-plot").first
        legend = [shorten(shown[number], 28) for number in numbers]
        expect(chart.locator(".legendtext")).to_have_text(legend)
        expect(main(page).locator(".js-plotly-plot a")).to_have_count(0)
        expect_no_life(page)


def test_all_runs_as_csv(page: Page, foreign: Foreign):
    visit(page, "runs")
    with page.expect_download() as download:
        main(page).get_by_role("button", name="All as CSV").click()
    with Path(download.value.path()).open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert "'=1+2" in cells
    assert not [cell for cell in cells if cell[:1] in tuple("=+-@\t\r")]
    expect(page.get_by_role("button", name="Download as CSV")).to_have_count(0)


@pytest.mark.parametrize("number", [0, 3, 7])
def test_a_run_taken_away(page: Page, foreign: Foreign, tmp_path: Path, number: int):
    visit(page, "runs", run=run_id(number))
    address = page.url
    page.get_by_role("button", name="Take it away").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Script").click()
    compile(Path(download.value.path()).read_bytes(), "train.py", "exec")
    with page.expect_download() as download:
        page.get_by_role("button", name="Report").click()
    assert page.url == address
    report = tmp_path / "report.html"
    download.value.save_as(report)
    with page.context.browser.new_context(offline=True, color_scheme="dark") as context:
        alone, asked, said = context.new_page(), [], []
        alone.on("request", lambda request: asked.append(request.url))
        alone.on("console", lambda message: said.append(message.text))
        alone.goto(report.as_uri())
        title = clean(foreign.titles()[number], 60)
        expect(alone.get_by_role("heading", level=1)).to_have_text(title)
        expect(alone.get_by_role("heading", name="The mistakes it is surest of")).to_be_visible()
        expect(alone.locator("script, a, iframe, object, link, form, main em")).to_have_count(0)
        expect(alone.get_by_role("img")).to_have_count(42)
        broken = "[...document.images].filter(image => !image.naturalWidth).length"
        assert alone.evaluate(broken) == 0
    assert [url for url in asked if not url.startswith("data:")] == [report.as_uri()]
    assert said == []


def test_the_first_page_lists_finished_runs(page: Page):
    visit(page, "train", data=SLUG)
    expect(main(page).get_by_text("Your training will appear here")).to_be_visible()
    expect_no_life(page)


def test_why_a_run_failed(page: Page, foreign: Foreign):
    reason = clean(" ".join(foreign.titles()[:8]))
    for path in ("train", "runs"):
        visit(page, path, run=run_id(40))
        expect(main(page).get_by_test_id("stAlert")).to_contain_text(reason)
        expect_no_life(page)


@pytest.mark.parametrize(
    "query", [{}, {"view": "classes"}, {"view": "table"}, {"index": 3}, {"classes": "0,1,2"}]
)
def test_names_on_browse(page: Page, foreign: Foreign, query: dict):
    visit(page, "browse", data=SLUG, **query)
    names = foreign.class_names()
    if query.get("view") == "classes":
        expect(main(page).locator(".ytick text")).to_have_text(names[::-1])
    if "index" in query:
        title = main(page).get_by_role("heading", level=1)
        expect(title).to_be_visible()
        wait_for(lambda: title.inner_text() in names, "a class as the title")
    elif query.get("view") != "table":
        expect(main(page).get_by_text(clean(foreign.titles()[4], 90)).first).to_be_visible()
    expect_no_life(page)


def test_deleting_a_dataset_asks_by_its_name(page: Page, foreign: Foreign):
    visit(page, "browse", data=SLUG)
    main(page).get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text(f"delete “{clean(foreign.titles()[4], 90)}” with")).to_be_visible()
    expect_no_life(page)


@pytest.mark.parametrize(
    "query",
    [{}, {"true": 0, "predicted": 1}, {"view": "images"}, {"view": "report"}, {"index": 3}],
    ids=["matrix", "cell", "images", "report", "image"],
)
def test_class_names_on_evaluate(page: Page, foreign: Foreign, query: dict):
    visit(page, "evaluate", run=run_id(0), data=SLUG, **query)
    names = foreign.class_names()
    if not query:
        for name in names:
            expect(
                main(page).get_by_role("button").filter(has_text=f"“{name}”").first
            ).to_be_visible()
    if "predicted" in query:
        wrong = f"of “{names[0]}” called “{names[1]}”"
        expect(main(page).get_by_role("heading", level=3).first).to_contain_text(wrong)
    if query.get("view") != "images":
        expect(main(page).locator(".js-plotly-plot .ytick text").first).to_be_visible()
        ticks = main(page).locator(".js-plotly-plot .ytick text")
        # of one image, the true class is marked
        wait_for(lambda: len({*ticks.all_text_contents()} & {*names}) >= 9, "nine classes")
    expect(main(page).locator(".js-plotly-plot a")).to_have_count(0)
    expect_no_life(page)


def test_class_names_on_draw(page: Page, foreign: Foreign):
    visit(page, "draw", run=run_id(41))
    expect(main(page).get_by_text(", ".join(foreign.class_names()))).to_be_visible()
    expect(main(page).locator("a[href*=foreign], img[src*=':/' i]:not([src^=data])")).to_have_count(
        0
    )


def test_a_name_that_is_refused_is_quoted_as_text(page: Page, foreign: Foreign, tmp_path: Path):
    visit(page, "browse")
    folder = data_factory.write_dataset(tmp_path / "files", train=50, test=20)
    main(page).get_by_text("Add your own data").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(sorted(folder.iterdir()))
    field = page.get_by_label("Class names, one per line")
    expect(field).to_be_visible()
    expect_rest(page)
    field.fill("\n".join([foreign.titles()[0]] * 10))
    field.press("Control+Enter")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_test_id("stAlert").filter(has_text=foreign.titles()[0])).to_be_visible()
    expect_no_life(page)


@pytest.mark.parametrize("name", ["data", "run", "view", "sort", "index"])
def test_what_an_address_asks_for(page: Page, name: str):
    for value in ("www.foreign.example", "http://foreign.example", "![x](//foreign.example/a.png)"):
        for path in ("browse", "evaluate"):
            visit(page, path, **{name: value})
            expect_no_life(page)
