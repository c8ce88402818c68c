"""Drawing as a person does: with a mouse and a finger, changed, kept, shared and opened again."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import steps
from tests.browser.conftest import Visitors
from tests.waits import wait_for

FIRST_PREDICTION = 240_000  # ms; it waits for TensorFlow's import, on cores that others use as well
FINE_TUNING_ENDS = 400_000  # ms; half a minute, on cores that others use as well
UPRIGHT, LYING = [(0.5, 0.15), (0.5, 0.85)], [(0.1, 0.8), (0.9, 0.8)]


def test_a_class_appears_as_a_person_draws(page: Page):
    open_page(page)
    bars = page.get_by_role("list", name="Probabilities").first.get_by_role("listitem")
    blank = seen(page).get_attribute("src")
    set_brush(page, 46)
    draw(page, UPRIGHT)
    expect(status(page)).to_contain_text("onfidence", timeout=FIRST_PREDICTION)
    upright = another_image(page, blank)
    upright_bars = bars.all_inner_texts()
    assert sum(percent_of(text) for text in upright_bars) == pytest.approx(100, abs=0.5)

    draw(page, LYING)
    both = another_image(page, upright)
    assert bars.all_inner_texts() != upright_bars
    step(page, "undo")
    expect(seen(page)).to_have_attribute("src", upright)
    step(page, "redo")
    expect(seen(page)).to_have_attribute("src", both)
    page.get_by_role("radio", name="Eraser").click()
    set_brush(page, 64)
    draw(page, LYING)
    erased = another_image(page, both)
    step(page, "clear")
    expect(status(page)).to_contain_text("Draw a garment")
    expect(page.get_by_role("radio", name="Pen")).to_be_checked()
    for before in (erased, both):
        step(page, "undo")
        expect(seen(page)).to_have_attribute("src", before)

    expect(page.get_by_role("list", name="Stages").get_by_role("listitem")).not_to_have_count(0)
    page.get_by_role("tab", name="Similar photos").click()
    expect(page.get_by_role("group", name="Nearest neighbours")).to_be_visible()

    page.get_by_role("link", name="See it layer by layer").click()
    expect(page.get_by_text("Your drawing", exact=True)).to_be_visible()
    maps = page.get_by_role("group", name="Maps of").get_by_role("button")
    maps.first.click()
    expect(page.get_by_text("of filter 0 is")).to_be_visible()


def test_a_drawing_is_kept_shared_and_opened(page: Page, visitors: Visitors, tmp_path: Path):
    open_page(page)
    page.get_by_role("button", name="Handbag", exact=True).click()
    expect(status(page)).to_contain_text("onfidence", timeout=FIRST_PREDICTION)
    steps.expect_rest(page)
    bag = seen(page).get_attribute("src")
    draw(page, LYING)
    changed = another_image(page, bag)
    page.reload()
    expect(seen(page)).to_have_attribute("src", changed)
    page.get_by_role("link", name="Runs").click()
    expect(page.get_by_role("heading", name="Runs", level=1)).to_be_visible()
    page.get_by_role("link", name="Draw").click()
    expect(seen(page)).to_have_attribute("src", changed)
    draw(page, UPRIGHT)
    another_image(page, changed)
    page.get_by_role("link", name="Runs").click()
    expect(page.get_by_role("heading", name="Runs", level=1)).to_be_visible()
    page.get_by_role("link", name="Draw").click()
    expect(status(page)).to_contain_text("onfidence")
    step(page, "undo")
    expect(seen(page)).to_have_attribute("src", changed)
    expect(page.get_by_test_id("stException")).to_have_count(0)

    click(page, "Save, share or open")
    with page.expect_download() as saved:
        click(page, "Strokes (JSON)")
    file = tmp_path / saved.value.suggested_filename
    saved.value.save_as(file)
    other = visitors.open()
    other.goto(page.get_by_role("dialog").locator("code").inner_text())
    expect(seen(other)).to_have_attribute("src", changed)
    step(other, "clear")
    expect(status(other)).to_contain_text("Draw a garment")
    expect(other).not_to_have_url(re.compile("drawing="))
    click(other, "Save, share or open")
    other.get_by_role("dialog").locator("input[type=file]").set_input_files(file)
    expect(other.get_by_role("dialog")).to_have_count(0)
    expect(seen(other)).to_have_attribute("src", changed)


def test_a_finger_draws_on_a_phone(visitors: Visitors):
    page = visitors.open(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    open_page(page)
    wait_for(lambda: page.evaluate("document.documentElement.scrollWidth") == 390, "its width")
    steps.expect_rest(page)
    steps.expect_still(page, canvas(page))
    touches = page.context.new_cdp_session(page)
    for kind, place in (("Start", 0.2), ("Move", 0.5), ("Move", 0.8), ("End", None)):
        box = canvas(page).bounding_box()
        points = [{"x": box["x"] + 100, "y": box["y"] + place * box["height"]}] if place else []
        touches.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
    expect(status(page)).to_contain_text("onfidence", timeout=FIRST_PREDICTION)


@pytest.mark.timeout(1200)
def test_a_wrong_answer_is_corrected_fine_tuned_used_and_undone(page: Page):
    open_page(page)
    page.get_by_role("button", name="Handbag", exact=True).click()
    expect(status(page)).to_contain_text("onfidence", timeout=FIRST_PREDICTION)
    said = status(page).inner_text()
    right = "Sandal" if "Bag" in said else "Bag"
    page.get_by_role("radio", name=right, exact=True).click()
    expect(page.get_by_text(f"Saved: {right}")).to_be_visible()
    expect(page.get_by_text("1 correction saved")).to_be_visible()
    corrections = page.get_by_role("group", name="Corrections").get_by_role("button")
    expect(corrections).to_have_count(1)

    click(page, "Teach it")
    expect(page.get_by_text("Fine-tuning: ")).to_be_visible()
    expect(page.get_by_text("1 of 1 right")).to_be_visible(timeout=FINE_TUNING_ENDS)
    expect(page.get_by_text("Test photos")).to_be_visible()
    expect(status(page)).not_to_contain_text(right)
    click(page, "Use it for drawings")
    anyway = page.get_by_role("button", name="Use it anyway")  # asked where it forgot a lot
    expect(anyway.or_(status(page).filter(has_text=right))).to_be_visible()
    if anyway.is_visible():
        anyway.click()
    expect(status(page)).to_contain_text(right)
    steps.expect_rest(page)
    click(page, "Undo: use the Lab's model again")
    expect(status(page)).not_to_contain_text(right)
    steps.expect_rest(page)
    click(page, "Undo the last correction")
    expect(corrections).to_have_count(0)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("not-an-image.png", b"certainly no picture"),
        ("half.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x1c"),
        ("empty.jpg", b""),
    ],
)
def test_a_file_that_is_no_picture_is_refused_politely(page: Page, name: str, content: bytes):
    open_page(page)
    page.get_by_role("radio", name="Upload").click()
    upload = page.get_by_test_id("stFileUploader").locator("input[type=file]")
    upload.set_input_files({"name": name, "mimeType": "image/png", "buffer": content})
    expect(page.get_by_test_id("stAlert")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert "Traceback" not in steps.main(page).inner_text()


def open_page(page: Page) -> None:
    page.goto("/draw")
    expect(status(page)).to_contain_text("Draw a garment")


def canvas(page: Page) -> Locator:
    return page.locator("canvas.upper-canvas")


def seen(page: Page) -> Locator:
    return page.get_by_alt_text("The 28 by 28 image the model sees").first


def status(page: Page) -> Locator:
    return page.get_by_role("status").filter(has=page.locator("strong"))


def another_image(page: Page, before: str) -> str:
    """What the model sees, once it is another one and all about it is drawn."""
    expect(seen(page)).not_to_have_attribute("src", before)
    steps.expect_rest(page)
    return seen(page).get_attribute("src")


def step(page: Page, name: str) -> None:
    """Undo, redo or clear, by our buttons: the canvas has such tools as well."""
    steps.expect_rest(page)
    page.locator(f".st-key-drawing_{name}").get_by_role("button").click()


def set_brush(page: Page, width: int) -> None:
    """By the keyboard; the slider reports when its keys rest."""
    slider = page.get_by_role("slider", name="Brush width")
    slider.focus()
    before = int(slider.get_attribute("aria-valuenow") or slider.input_value())
    for _ in range(abs(width - before)):
        slider.press("ArrowRight" if width > before else "ArrowLeft")
    expect(canvas(page)).to_be_visible()
    steps.expect_rest(page)


def click(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def draw(page: Page, points: list[tuple[float, float]]) -> None:
    """One stroke through points given as fractions of the canvas's width and height."""
    steps.expect_rest(page)  # a new version of the drawing would replace the stroke
    canvas(page).scroll_into_view_if_needed()
    box = steps.expect_still(page, canvas(page))
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()


def percent_of(text: str) -> float:
    return float(re.search(r"([\d.]+)\s*%", text)[1])
