"""What a person does on the pages, in one line each; shared by the journeys."""

import itertools
import re

from playwright.sync_api import Locator, Page, expect

from fmnist.runs import store
from tests.browser.conftest import PATIENCE, Server
from tests.waits import failure_of, wait_for

TRAINING_ENDS = 300_000  # ms; a few dense epochs, on cores that others use as well
_variants = itertools.count()
_EPOCH = re.compile(r"^Epoch (\d+) of \d+")

# Points drawn in the live charts of the page, and how to wait until there are more.
_POINTS = """() => [...document.querySelectorAll('[data-testid=stVegaLiteChart] .mark-line path')]
    .reduce((count, path) => count + (path.getAttribute('d')?.match(/[ML]/g) ?? []).length, 0)"""


# Looked at with every frame: a part of the page may be drawn anew several times a second.
_AT_REST = """() =>
    document.querySelector("[data-testid=stApp][data-test-script-state=notRunning]")"""


def expect_rest(page: Page) -> None:
    """Wait until nothing of the page is being drawn: what is clicked before may be replaced."""
    page.wait_for_function(_AT_REST)


def expect_still(page: Page, what: Locator) -> dict[str, float]:
    """Wait until it lies where it lay a moment ago; returns its box."""
    before: list[dict[str, float] | None] = [None]

    def is_still() -> bool:
        page.wait_for_timeout(150)
        before.append(what.bounding_box())
        return before[-1] is not None and before[-1] == before[-2]

    wait_for(is_still, "it to lie still")
    return before[-1]


def main(page: Page) -> Locator:
    """The page without its sidebar."""
    return page.get_by_test_id("stMain")


def start_training(page: Page, *, epochs: str, name: str = "", is_slow: bool = False) -> str:
    """Start a dense network, the quickest there is; `epochs` is Home (1), End (200) or ''.

    is_slow: in steps of 8 images, so that it takes minutes. Returns the run's id, as the address
    names it.
    """
    page.goto("/train")
    expect(page.get_by_role("button", name="Start training")).to_be_enabled()
    choose_dense_network(page, epochs=epochs)
    if is_slow:
        page.get_by_role("slider", name="Batch size").press("Home")
        expect(page.get_by_role("slider", name="Batch size")).to_have_value("8")
    if name:
        page.get_by_text("Data and name").click()
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_label("Name", exact=True).press("Enter")
    watched = run_in_address(page)  # another run may train already
    page.get_by_role("button", name="Start training").click()
    wait_for(lambda: run_in_address(page) not in (watched, None), "the new run in the address")
    return run_in_address(page)


def choose_dense_network(page: Page, *, epochs: str) -> None:
    """Choose, in the Train page's form, what trains quickest; `epochs` as in `start_training`.

    Each time with another dropout: the same settings twice would be one run.
    """
    page.get_by_role("radio", name="Dense only").click()
    expect(page.get_by_role("slider", name="Dense layers")).to_be_visible()
    if epochs:
        slider = page.get_by_role("slider", name="Epochs")
        slider.press(epochs)
        expect(slider).to_have_value({"Home": "1", "End": "200"}[epochs])
    dropout = page.get_by_role("slider", name="Dropout")
    for _ in range(next(_variants)):
        before = dropout.input_value()
        dropout.press("ArrowRight")
        expect(dropout).not_to_have_value(before)


def run_in_address(page: Page) -> str | None:
    page.evaluate("0")  # lets Playwright hear of a changed address
    found = re.search(r"run=([\w-]+)", page.url)
    return found and found[1]


def expect_training(page: Page, epoch: int = 1) -> None:
    """Wait until the page reports this epoch, or a later one, of a training under way."""

    def has_come() -> bool:
        texts = main(page).get_by_text(_EPOCH).all_text_contents()
        return any(int(_EPOCH.match(text)[1]) >= epoch for text in texts if _EPOCH.match(text))

    _wait_on_page(page, has_come, f"epoch {epoch}")


def expect_badge(page: Page, label: str, timeout: float = TRAINING_ENDS) -> None:
    """Wait until the run on the Train page is in this state."""
    _wait_on_page(page, lambda: _badge(page, label).is_visible(), f"the badge {label}", timeout)


def count_points(page: Page) -> int:
    return page.evaluate(_POINTS)


def expect_more_points(page: Page, than: int | None = None) -> None:
    """Wait until the page's charts have more points than now, or than this."""
    before = count_points(page) if than is None else than
    _wait_on_page(page, lambda: count_points(page) > before, f"more than {before} points")


def _badge(page: Page, label: str) -> Locator:
    return main(page).locator(".stMarkdownBadge", has_text=label).first


def _wait_on_page(page: Page, look, what: str, timeout: float = PATIENCE) -> None:
    """Wait for something on the Train page, until the run that it shows has failed."""

    def say_failure() -> str:
        if not _badge(page, "Failed").is_visible():
            return ""
        return " ".join(main(page).get_by_test_id("stAlert").all_inner_texts()) or "it failed"

    wait_for(look, f"{what} at {page.url}", timeout / 1000, say_failure)


def read_status(server: Server, run_id: str) -> store.Status:
    return store.read_status(server.runs_dir / run_id)


def wait_for_status(server: Server, run_id: str, *wanted: str) -> store.Status:
    wait_for(
        lambda: read_status(server, run_id).status in wanted,
        f"{run_id} to be {' or '.join(wanted)}",
        120,
        lambda: failure_of(server.runs_dir / run_id),
    )
    return read_status(server, run_id)
