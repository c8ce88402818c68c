"""The main job: train with live curves, look at what the model gets wrong, draw for it."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from fmnist.dataset import CLASS_NAMES
from tests.browser import steps
from tests.browser.conftest import Server, Visitors

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
    run_id = steps.start_training(page, epochs="")
    page.evaluate("window.sameDocument = true")
    steps.expect_training(page)
    steps.expect_more_points(page)
    steps.expect_training(page, epoch=2)
    steps.expect_more_points(page)
    steps.expect_badge(page, "Finished")
    expect(steps.main(page).get_by_text("Test accuracy").first).to_be_visible()
    assert page.evaluate("window.sameDocument"), "the page was loaded again"
    return run_id


def test_train_then_click_a_confusion_and_see_its_images(page: Page, trained: str):
    page.goto(f"/train?run={trained}")
    page.get_by_role("link", name="See what it gets wrong").click()
    expect(page).to_have_url(re.compile(rf"/evaluate\?.*run={trained}"))
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
    labels = images.evaluate_all("buttons => buttons.map(b => b.ariaLabel)")
    assert all(confusion in label for label in labels), labels

    page.get_by_role("button", name="All confusions").click()
    expect(page).not_to_have_url(re.compile("true="))
    expect(page.get_by_role("heading", name="Most frequent confusions")).to_be_visible()
    click_cell(page, worst)  # once more the same: Plotly must not take it for a deselection
    expect(images).to_have_count(min(worst["count"], 100))


def test_a_link_to_a_view_opens_the_same_view_elsewhere(
    page: Page, visitors: Visitors, trained: str
):
    page.goto(f"/evaluate?run={trained}")
    page.get_by_role("button", name="Misclassified shirts").click()
    expect(page).to_have_url(re.compile("true=6"))
    expect(answers(page).first).to_be_visible()
    shown = answers(page).evaluate_all("buttons => buttons.map(b => b.ariaLabel)")
    assert all("Shirt → " in label for label in shown)

    other = visitors.open()
    other.goto(page.url)
    expect(answers(other)).to_have_count(len(shown))
    assert answers(other).evaluate_all("buttons => buttons.map(b => b.ariaLabel)") == shown

    answers(page).first.click()
    expect(page).to_have_url(re.compile(r"index=\d+"))
    title = page.get_by_role("heading", name=re.compile("^Shirt, called"))
    expect(title).to_be_visible()
    other.goto(page.url)
    expect(other.get_by_role("heading", name=title.inner_text())).to_be_visible()


def test_a_class_appears_as_a_person_draws(page: Page, trained: str):
    page.goto(f"/draw?run={trained}")
    canvas = page.get_by_label("Canvas: draw one garment, white on black")
    seen = page.get_by_alt_text("The 28 by 28 image the model sees")
    status = page.get_by_role("status").filter(has=page.locator("strong"))
    bars = page.get_by_role("list", name="Probabilities").get_by_role("listitem")
    expect(status).to_contain_text("Draw a garment")
    blank = seen.get_attribute("src")
    page.get_by_label("Brush width").fill("60")

    draw(page, canvas, [(0.5, 0.15), (0.5, 0.85)])
    expect(seen).not_to_have_attribute("src", blank)
    expect(status).to_contain_text("onfidence")
    upright, upright_bars = seen.get_attribute("src"), bars.all_inner_texts()
    assert sum(percent_of(text) for text in upright_bars) == pytest.approx(100, abs=0.5)

    draw(page, canvas, [(0.1, 0.8), (0.9, 0.8)])
    expect(seen).not_to_have_attribute("src", upright)
    both, both_bars = seen.get_attribute("src"), bars.all_inner_texts()
    assert both_bars != upright_bars

    page.get_by_role("button", name="Undo").click()
    expect(seen).to_have_attribute("src", upright)
    assert bars.all_inner_texts() == upright_bars
    page.get_by_role("button", name="Redo").click()
    expect(seen).to_have_attribute("src", both)
    assert bars.all_inner_texts() == both_bars
    page.get_by_role("button", name="Clear").click()
    expect(status).to_contain_text("Draw a garment")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("not-an-image.png", b"certainly no picture"),
        ("half.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x1c"),
        ("empty.jpg", b""),
    ],
)
def test_a_file_that_is_no_picture_is_refused_politely(
    page: Page, trained: str, name: str, content: bytes
):
    page.goto(f"/draw?run={trained}")
    page.get_by_role("radio", name="Upload a picture").click()
    upload = page.get_by_test_id("stFileUploader").locator("input[type=file]")
    upload.set_input_files({"name": name, "mimeType": "image/png", "buffer": content})
    expect(page.get_by_test_id("stAlert")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert "Traceback" not in steps.main(page).inner_text()


def answers(page: Page) -> Locator:
    """The buttons of the grid on the Evaluate page."""
    return page.get_by_role("group", name=re.compile("^Test images")).get_by_role("button")


def read_cells(page: Page) -> list[dict]:
    plot = steps.main(page).locator(".js-plotly-plot").first
    expect(plot.locator(".textpoint").first).to_be_visible()
    plot.scroll_into_view_if_needed()
    return plot.evaluate(_CELLS)


def click_cell(page: Page, wanted: dict) -> None:
    place = {(cell["actual"], cell["predicted"]): cell for cell in read_cells(page)}[
        wanted["actual"], wanted["predicted"]
    ]
    page.mouse.click(place["x"], place["y"])


def draw(page: Page, canvas: Locator, points: list[tuple[float, float]]) -> None:
    """One stroke through points given as shares of the canvas's width and height."""
    box = canvas.bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()


def percent_of(text: str) -> float:
    return float(re.search(r"([\d.]+)\s*%", text)[1])
