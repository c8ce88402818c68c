"""A stranger's first minute: no data, no network, an empty cache, and everything works.

The look-alikes are fewer than elsewhere; how they are made is the same for any number.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import Server, at_start
from tests.browser.offline import cut_off
from tests.browser.test_draw import FIRST_PREDICTION, draw
from tests.browser.test_main_job import answers
from tests.conftest import kill_trainings

GENERATED = 240_000  # ms; on cores that others use as well
FEW = "from fmnist.data import standin\nstandin.TRAIN_IMAGES, standin.TEST_IMAGES = 6_000, 1_000"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("offline")
    offline = cut_off(folder / "home")
    server = Server(folder, None, folder / "home" / "cache", **offline, **at_start(folder, FEW))
    yield server
    server.kill()
    kill_trainings(server.runs_dir)


@pytest.mark.timeout(1200)  # it waits for a dataset, and for TensorFlow
def test_the_first_minute_without_a_network(page: Page):
    page.goto("/")
    expect(page.get_by_role("heading", name="Fashion-MNIST Lab")).to_be_visible()
    draw(page, [(0.3, 0.2), (0.7, 0.2), (0.7, 0.85), (0.3, 0.85), (0.3, 0.2)])
    status = page.get_by_role("status").filter(has=page.locator("strong"))
    expect(status).to_contain_text("onfidence", timeout=FIRST_PREDICTION)

    open_page(page, "Draw")  # the drawing is there already, and what is under way goes on
    expect(status).to_contain_text("onfidence", timeout=FIRST_PREDICTION)

    open_page(page, "Browse")
    garments = page.get_by_role("group", name="A random sample of images").get_by_role("button")
    expect(garments).to_have_count(100, timeout=GENERATED)
    expect_notice(page)

    open_page(page, "Evaluate")
    expect(steps.main(page).get_by_text("Stand-in accuracy")).to_be_visible(timeout=GENERATED)
    expect(steps.main(page).get_by_text(re.compile("Scored here on the 1,000"))).to_be_visible()
    expect_notice(page)
    page.get_by_role("button", name="Misclassified shirts").click()
    expect(answers(page).first).to_be_visible()

    open_page(page, "Train")
    expect(page.get_by_role("button", name="Start training")).to_be_enabled()
    expect_notice(page)


def open_page(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebar").get_by_role("link", name=name).click()


def expect_notice(page: Page) -> None:
    expect(page.get_by_text("generated look-alikes of Fashion-MNIST")).to_be_visible()
    expect(page.get_by_role("button", name="Get the real data")).to_be_visible()
