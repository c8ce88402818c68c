"""The main job: train with live curves, then look at what the model gets wrong."""

import os
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from fmnist.data.dataset import CLASS_NAMES
from tests.browser import steps
from tests.browser.conftest import Server, Visitors
from tests.waits import wait_for

# Where the points of the confusion matrix lie on the screen, and what they count.
_CELLS = """plot => {
    const { data, _fullLayout: layout } = plot;
    const points = data.find(trace => trace.type === 'scatter');
    const box = plot.getBoundingClientRect();
    return points.customdata.map(([actual, predicted], i) => ({
        actual, predicted, count: Number(points.text[i]),
        x: box.left + layout.xaxis._offset + layout.xaxis.d2p(points.x[i]),
        y: box.top + layout.yaxis._offset + layout.yaxis.d2p(points.y[i]),
    }));
}"""


@pytest.fixture(scope="module")
def trained(server: Server, browser) -> str:
    """The id of a run that was trained through the page while its curves were watched."""
    visitors = Visitors(browser, server.url)
    try:
        return watch_a_training(visitors.open())
    finally:
        visitors.close()


def watch_a_training(page: Page) -> str:
    # Made images are few: in larger batches, all epochs would be over before anybody could look.
    run_id = steps.start_training(page, epochs="", is_slow=not os.environ.get("FMNIST_DATA_DIR"))
    page.evaluate("window.sameDocument = true")
    steps.expect_training(page)
    steps.expect_more_points(page)
    before = steps.count_points(page)
    steps.expect_training(page, epoch=2)
    steps.expect_more_points(page, before)
    steps.expect_badge(page, "Finished")
    expect(steps.main(page).get_by_text("Test accuracy").first).to_be_visible()
    assert page.evaluate("window.sameDocument"), "the page was loaded again"
    return run_id


def test_train_then_click_a_confusion_and_see_its_images(page: Page, trained: str):
    page.goto(f"/train?run={trained}")
    page.get_by_role("link", name="See its mistakes").click()
    expect(page).to_have_url(re.compile(rf"/evaluate\?.*model={trained}"))
    expect(steps.main(page).get_by_text("Test accuracy").first).to_be_visible()

    cells = read_cells(page)
    assert len(cells) == 100
    worst = max(
        (cell for cell in cells if cell["actual"] != cell["predicted"]),
        key=lambda cell: cell["count"],
    )
    assert worst["count"] > 0
    click_cell(page, worst)
    expect(page).to_have_url(re.compile(rf"true={worst['actual']}\b"))
    expect(page).to_have_url(re.compile(rf"predicted={worst['predicted']}\b"))
    images = answers(page)
    expect(images).to_have_count(min(worst["count"], 100))
    confusion = f"{CLASS_NAMES[worst['actual']]} → {CLASS_NAMES[worst['predicted']]}"
    wait_for(lambda: all(confusion in label for label in labels(page)), f"only {confusion}")

    page.get_by_role("button", name="All confusions").click()
    expect(page).not_to_have_url(re.compile("true="))
    expect(page.get_by_role("heading", name="Most common confusions")).to_be_visible()
    click_cell(page, worst)  # once more the same: Plotly must not take it for a deselection
    expect(images).to_have_count(min(worst["count"], 100))


def test_a_link_to_a_view_opens_the_same_view_elsewhere(
    page: Page, visitors: Visitors, trained: str
):
    page.goto(f"/evaluate?model={trained}")
    page.get_by_role("button", name="Misclassified shirts").click()
    expect(page).to_have_url(re.compile("true=6"))
    expect(answers(page).first).to_be_visible()
    wait_for(lambda: all("Shirt → " in label for label in labels(page)), "only shirts")
    steps.expect_rest(page)
    shown = labels(page)

    other = visitors.open()
    other.goto(page.url)
    expect(answers(other)).to_have_count(len(shown))
    wait_for(lambda: labels(other) == shown, "the same images")

    answers(page).first.click()
    expect(page).to_have_url(re.compile(r"index=\d+"))
    title = page.get_by_role("heading", name=re.compile("^Shirt, called"))
    expect(title).to_be_visible()
    other.goto(page.url)
    expect(other.get_by_role("heading", name=title.inner_text())).to_be_visible()


def test_an_outline_on_the_map_shows_its_images(page: Page, trained: str):
    page.goto(f"/map?model={trained}")
    points = page.locator("canvas.points")
    expect(points).to_be_visible()
    page.wait_for_function("globalThis[Symbol.for('fmnist thumbnails')]?.size > 0")
    steps.expect_rest(page)
    box = steps.expect_still(page, points)
    page.keyboard.down("Shift")
    # Well inside of what can be seen: a mouse that leaves the window is not heard of.
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 40, page.viewport_size["height"] - 60, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(page).to_have_url(re.compile("outline="))
    expect(steps.main(page).get_by_text(re.compile(r"^[\d,]+ images: "))).to_be_visible()
    expect(answers(page).first).to_be_visible()
    page.get_by_role("button", name="Misclassified shirts").click()
    expect(page).not_to_have_url(re.compile("outline="))
    wait_for(lambda: all("Shirt → " in label for label in labels(page)), "only shirts")
    answers(page).first.click()
    expect(page).to_have_url(re.compile(r"/evaluate\?.*index=\d+"))


def answers(page: Page) -> Locator:
    """The buttons of the grid on the Evaluate page."""
    return page.get_by_role("group", name=re.compile("^Test images")).get_by_role("button")


def labels(page: Page) -> list[str]:
    return answers(page).evaluate_all("buttons => buttons.map(b => b.ariaLabel)")


def read_cells(page: Page) -> list[dict]:
    plot = steps.main(page).locator(".js-plotly-plot").first
    expect(plot.locator(".textpoint").first).to_be_visible()
    steps.expect_rest(page)
    plot.scroll_into_view_if_needed()
    steps.expect_still(page, plot)
    return plot.evaluate(_CELLS)


def click_cell(page: Page, wanted: dict) -> None:
    place = {(cell["actual"], cell["predicted"]): cell for cell in read_cells(page)}[
        wanted["actual"], wanted["predicted"]
    ]
    page.mouse.click(place["x"], place["y"])
