"""The Train page as a bench: Start and what it fills are always in view."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from fmnist.recipes import RECIPES
from tests.browser import steps
from tests.browser.conftest import Server, Visitors
from tests.factories import runs as run_factory
from tests.waits import wait_for

LAPTOP = {"width": 1366, "height": 768}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def finished(server: Server) -> str:
    return run_factory.write_run(server.runs_dir, "20260102-050607-bench").name


@pytest.fixture(scope="module")
def bench(one_visitor: Visitors, finished: str) -> Page:
    page = one_visitor.open(viewport=LAPTOP)
    page.goto(f"/train?run={finished}")
    expect(start_button(page)).to_be_enabled()
    steps.expect_badge(page, "Finished")
    steps.expect_rest(page)
    return page


def start_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Start training")


def choose_recipe(page: Page, name: str) -> None:
    steps.expect_rest(page)
    page.get_by_role("button", name=re.compile("recipe", re.IGNORECASE)).click()
    page.get_by_role("button", name=re.compile(rf"(^|\s){name}\s")).click()
    expect(page.get_by_role("button", name=f"Recipe: {name}")).to_be_visible()
    steps.expect_rest(page)


def is_in_view(page: Page, what: Locator) -> bool:
    box = what.bounding_box()
    height = page.viewport_size["height"]
    return box is not None and box["y"] >= 0 and box["y"] + box["height"] <= height


def expect_in_view(page: Page, what: Locator, where: str) -> None:
    """Wait until it is: where it lies is settled only when all about it is drawn."""
    wait_for(lambda: is_in_view(page, what), f"{where}, to be in view", 30)


def test_start_and_the_panel_it_fills_share_a_laptops_screen_in_every_recipe(bench: Page):
    charts = steps.main(bench).get_by_test_id("stVegaLiteChart")
    expect(charts.last.locator("canvas, svg").first).to_be_visible()
    scroller = bench.get_by_test_id("stMain")
    for name in RECIPES:
        choose_recipe(bench, name)
        for place in (0, 10_000):  # the top of the settings and their end
            scroller.evaluate("(element, top) => element.scrollTo(0, top)", place)
            expect(start_button(bench)).to_be_enabled()
            numbers = bench.locator(".st-key-live_numbers")
            for what in (start_button(bench), numbers, *charts.all()):
                expect_in_view(bench, what, f"{what} in recipe {name}, {place} px down")


def test_start_is_reached_by_few_keys(bench: Page):
    bench.reload()
    expect(start_button(bench)).to_be_enabled()
    steps.expect_rest(bench)
    bench.keyboard.press("Tab")  # Skip to main content
    bench.keyboard.press("Enter")
    for _ in range(3):
        bench.keyboard.press("Tab")
        if start_button(bench).evaluate("button => button === document.activeElement"):
            return
    pytest.fail("Start is not among the first three stops of the page")


def test_a_slider_asks_once_when_it_is_released(bench: Page):
    sent: list[object] = []
    bench.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    bench.reload()
    expect(start_button(bench)).to_be_enabled()
    slider = bench.get_by_role("slider", name="Epochs")
    steps.expect_rest(bench)
    slider.scroll_into_view_if_needed()
    steps.expect_still(bench, slider)
    box = slider.evaluate(
        "input => { const { x, y } = input.getBoundingClientRect(); return { x, y }; }"
    )
    bench.mouse.move(box["x"], box["y"])
    bench.mouse.down()
    before = len(sent)
    for step in range(1, 21):
        bench.mouse.move(box["x"] + 4 * step, box["y"])
    expect(slider).not_to_have_value("5")  # its label follows the hand
    assert len(sent) == before
    bench.mouse.up()

    def has_asked() -> bool:
        bench.wait_for_timeout(100)  # lets Playwright hear of it
        return len(sent) > before

    wait_for(has_asked, "the slider to say its value")
    assert len(sent) == before + 1


def test_a_phone_has_start_at_the_bottom_and_what_is_watched_first(
    visitors: Visitors, finished: str
):
    page = visitors.open(**PHONE)
    page.goto(f"/train?run={finished}")
    steps.expect_badge(page, "Finished")
    expect(start_button(page)).to_be_enabled()
    steps.expect_rest(page)
    expect_in_view(page, start_button(page), "Start")
    watched = page.locator(".st-key-train_live").bounding_box()
    slider = page.locator(".st-key-train_epochs").bounding_box()
    assert watched["y"] < slider["y"]
    page.get_by_test_id("stMain").evaluate("element => element.scrollTo(0, 10000)")
    expect_in_view(page, start_button(page), "Start, below the settings")
