"""Every page and state in both themes, searched by axe-core for what shuts people out.

The runs are made, not trained.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import Server, Visitors
from tests.browser.steps import expect_rest
from tests.factories import runs as run_factory
from tests.factories.sweeps import SWEEP_ID, write_sweep
from tests.waits import wait_for

FIRST, SECOND = "20260102-030405-first", "20260102-040405-second"
FAILED, STOPPED = "20260103-030405-failed", "20260103-040405-stopped"
IMPORTED, RUNNING, QUEUED = "20260104-000000-theirs", "20260105-030405-now", "20260105-040405-next"
STATES = {
    "start": "/",
    "browse": "/browse",
    "classes": "/browse?view=classes",
    "table": "/browse?view=table",
    "one image": "/browse?index=5",
    "no such image": "/browse?index=999999",
    "train": "/train",
    "trained": f"/train?run={FIRST}",
    "stopped": f"/train?run={STOPPED}",
    "failed": f"/train?run={FAILED}",
    "sweeps": "/sweeps",
    "a sweep": f"/sweeps?sweep={SWEEP_ID}",
    "runs": "/runs",
    "two runs": f"/runs?runs={FIRST},{SECOND}",
    "imported model": f"/runs?runs={IMPORTED}",
    "confusions": f"/evaluate?model={FIRST}",
    "one confusion": f"/evaluate?model={FIRST}&true=6&predicted=7",
    "images": f"/evaluate?model={FIRST}&view=images",
    "report": f"/evaluate?model={FIRST}&view=report",
    "honest score": f"/evaluate?model={FIRST}&view=report&honest=1",
    "confidence": f"/confidence?model={FIRST}",
    "labels": f"/labels?model={FIRST}",
    "one prediction": f"/evaluate?model={FIRST}&index=23",
    "no scores": f"/evaluate?model={FAILED}",
    "weak spots": f"/slices?model={FIRST}",
    "spoiled images": f"/slices?model={FIRST}&view=robustness",
    "no epochs": f"/epochs?model={FIRST}",
    "match": f"/match?model={FIRST}",
    "challenge": f"/challenge?challenge={FIRST}.fashion-mnist.1",
    "experiments": "/experiments",
    "an experiment": "/experiments?experiment=dropout",
    "inside": f"/inside?model={FIRST}",
    "inside, layers": "/inside?model=bundled&view=network",
    "inside, why": "/inside?model=bundled&view=why",
    "inside, change": "/inside?model=bundled&view=change",
    "draw": "/draw",
}
ON_A_PHONE = (
    "start",
    "browse",
    "one image",
    "trained",
    "two runs",
    "confusions",
    "images",
    "confidence",
    "labels",
    "inside",
    "inside, change",
    "draw",
)
# What opens over a page: where, and the button that opens it.
OVERLAYS = {
    "recipes": ("/train", "Choose a recipe"),
    "delete": (f"/runs?runs={FIRST},{STOPPED}", "Delete"),
    "download": (f"/runs?run={FIRST}", "Take it away"),
    "glossary": ("/inside", "Words"),
    "sample": ("/browse", "More"),
    "drawing files": ("/draw", "Save, share or open"),
    "corrections": ("/draw", "Export, import, remove all"),
}
_OVERLAY = "[data-testid='stPopoverBody'], [role='dialog'], [role='listbox']"
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
MOST_LOOKS, LEAST_TIME = 5, 15.0  # s
_NO_FADING = "[data-stale] { opacity: 1 !important; transition: none !important }"
_OPEN_ALL = """() => document.querySelectorAll("details:not([open]) > summary")
    .forEach(summary => summary.click())"""
_LOOK = """async (rules) => (await axe.run({resultTypes: ["violations"], ...rules})).violations
    .filter(({impact}) => impact === "serious" || impact === "critical")
    .flatMap(({id, nodes}) => nodes.map(({html, any, target}) => [
        id, html.slice(0, 200), String(target), any.map(({message}) => message).join(" ")
    ]))"""


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, browser_data_dir: Path, browser_cache_dir: Path
) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("accessible"), browser_data_dir, browser_cache_dir)
    made = {
        FIRST: {"name": "First", "accuracy": 0.9},
        SECOND: {"name": "Second", "accuracy": 0.85, "seed": 1},
        STOPPED: {"status": "stopped"},
        FAILED: {"status": "failed", "message": "The loss is no longer a number."},
    }
    for run_id, options in made.items():
        run_factory.write_run(server.runs_dir, run_id, data_dir=browser_data_dir, **options)
    run_factory.write_imported_run(server.runs_dir, IMPORTED, data_dir=browser_data_dir)
    write_sweep(server.runs_dir)
    yield server
    server.kill()


@pytest.fixture(scope="module")
def phone(browser: Browser, server: Server) -> Iterator[Page]:
    visitors = Visitors(browser, server.url)
    yield visitors.open(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    visitors.close()


@pytest.mark.parametrize("state", STATES)
def test_nobody_is_shut_out(one_page: Page, state: str):
    expect_no_faults(one_page, STATES[state])


@pytest.mark.parametrize("state", ON_A_PHONE)
def test_nobody_is_shut_out_on_a_phone(phone: Page, state: str):
    expect_no_faults(phone, STATES[state])


def test_nobody_is_shut_out_while_a_model_trains(
    one_page: Page, server: Server, browser_data_dir: Path
):
    for run_id, status in ((RUNNING, "running"), (QUEUED, "queued")):
        run_factory.write_run(server.runs_dir, run_id, status, data_dir=browser_data_dir)
    for run_id in (RUNNING, QUEUED):
        expect_no_faults(one_page, f"/train?run={run_id}")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nobody_is_shut_out_of_what_opens_over_a_page(one_page: Page, overlay: str):
    address, button = OVERLAYS[overlay]
    expect_no_faults(one_page, address, one_page.get_by_role("button", name=button))


def test_nobody_is_shut_out_of_the_list_of_models(one_page: Page):
    expect_no_faults(one_page, "/evaluate", one_page.get_by_role("combobox", name="Model"))


def expect_no_faults(page: Page, address: str, opener: Locator | None = None) -> None:
    """Open everything that is closed on the page, and look at it in the light and in the dark.

    opener: opens something over the page, last.
    """
    page.emulate_media(color_scheme="light")
    page.goto(address)
    expect(page.get_by_role("heading").first).to_be_visible()
    expect_rest(page)
    page.evaluate(_OPEN_ALL)
    if opener:
        opener.click()
        expect(page.locator(_OVERLAY).first).to_be_visible()
    page.add_style_tag(content=_NO_FADING)
    page.evaluate(AXE)
    _expect_nothing_found(page)
    page.emulate_media(color_scheme="dark")
    expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", "dark")
    _expect_nothing_found(page, "color-contrast")  # all that a theme changes


def _expect_nothing_found(page: Page, *rules: str) -> None:
    """Look again and again, for what is being drawn may be half there. `rules`: all, if none."""
    began = time.monotonic()
    options = {"runOnly": rules} if rules else {}
    found: list[str] = []
    looks = 0

    def look() -> bool:
        nonlocal looks
        looks += 1
        found[:] = [" | ".join(fault) for fault in page.evaluate(_LOOK, options)]
        return not found

    def give_up() -> str:
        is_enough = looks >= MOST_LOOKS and time.monotonic() - began > LEAST_TIME
        return "\n".join([page.url, *found]) if is_enough else ""

    wait_for(look, "axe-core to find no fault", 300, give_up)
