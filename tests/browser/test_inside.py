"""Inside, as a person does: another kernel, another place, and an image that Evaluate got wrong."""

import re
import shutil
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser import steps
from tests.browser.conftest import Server
from tests.factories import runs as run_factory
from tests.waits import wait_for

_WITH_CONVOLUTIONS = Path(__file__).parents[2] / "fmnist" / "bundled" / "model.keras"
_PIXELS = """canvas => Array.from(
    canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data).join()"""


def output(page: Page) -> Locator:
    return page.get_by_role("application", name="Output")


def pixels(page: Page) -> str:
    """The colours that the output is painted in."""
    return output(page).locator("canvas").evaluate(_PIXELS)


def erase_half(page: Page) -> None:
    """Paint the lower half of the image black, by mouse, and wait for what the model says then."""
    stage = page.get_by_role("application", name="Image to paint on")
    page.get_by_role("slider", name="Size").press("End")
    steps.expect_rest(page)
    box = steps.expect_still(page, stage)
    for height in (0.6, 0.8, 0.95):
        page.mouse.move(box["x"] + 4, box["y"] + height * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] - 4, box["y"] + height * box["height"], steps=3)
        page.mouse.up()
    expect(page.get_by_role("img", name="The image, after")).to_be_visible()
    expect(page.get_by_text(re.compile("another class|still|as before"))).to_be_visible()


def test_a_person_changes_the_kernel_and_follows_a_number_to_its_window(page: Page):
    page.goto("/inside?split=test&index=5")
    expect(output(page)).to_be_visible()
    products = page.get_by_role("table", name="The window").get_by_role("cell")
    expect(products).to_have_count(9)
    before = pixels(page)

    page.get_by_role("combobox", name="Kernel").click()
    page.get_by_role("option", name="Smooth blur").click()
    expect(products).to_have_count(25)
    wait_for(lambda: pixels(page) != before, "another output")

    steps.expect_rest(page)
    output(page).click(position={"x": 2, "y": 2})
    expect(page.get_by_role("heading", name="Output at row 0, column 0")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="Output at row 1, column 2")).to_be_visible()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")  # it stays on the output
    expect(page.get_by_role("heading", name="Output at row 0, column 2")).to_be_visible()


def test_a_misclassified_shirt_is_explained_one_click_from_evaluate(
    page: Page, server: Server, browser_data_dir: Path
):
    run_dir = run_factory.write_run(server.runs_dir, accuracy=0.7, data_dir=browser_data_dir)
    shutil.copyfile(_WITH_CONVOLUTIONS, run_dir / "model.keras")
    page.goto(f"/evaluate?model={run_dir.name}")
    page.get_by_role("button", name="Misclassified shirts").click()
    shirts = page.get_by_role("group", name="Images").get_by_role("button")
    shirts.first.click()
    expect(page.get_by_role("heading", name="Shirt, called")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\bindex=\d"))
    index = re.search(r"\bindex=(\d+)", page.url)[1]

    page.get_by_role("link", name="Explain").click()
    expect(page).to_have_url(re.compile(rf"/inside\?(?=.*index={index}\b)(?=.*split=test)"))
    expect(page.get_by_text(f"Test image {int(index):,}")).to_be_visible()
    expect(page.get_by_role("heading", name="Grad-CAM")).to_be_visible()
    expect(page.get_by_role("combobox", name="Why not")).to_be_visible()
    pictures = page.get_by_role("img", name="The image, coloured where it speaks for")
    expect(pictures).to_have_count(6)  # each class and both, twice

    page.get_by_role("radio", name="Change it").click()
    erase_half(page)
    page.get_by_role("button", name="Explain the changed image").click()
    expect(page.get_by_text(", changed")).to_be_visible()
    expect(pictures).to_have_count(6)

    page.get_by_role("radio", name="By hand").click()
    expect(output(page)).to_be_visible()


def test_a_filter_of_the_network_leads_back_to_the_pixels_it_sees(
    page: Page, server: Server, browser_data_dir: Path
):
    run_dir = run_factory.write_run(
        server.runs_dir, "20260103-030405-inside", data_dir=browser_data_dir
    )
    shutil.copyfile(_WITH_CONVOLUTIONS, run_dir / "model.keras")
    page.goto(f"/inside?model={run_dir.name}&view=network&split=test&index=3")
    layers = page.get_by_role("list", name="Layers", exact=True)
    expect(layers).to_contain_text("48 filters of 3 × 3: each number is the sum of 9 products.")

    maps = page.get_by_role("group", name="Maps of conv_1").get_by_role("button")
    expect(maps).to_have_count(48)
    maps.nth(5).click()
    expect(page.get_by_text("of filter 5 is")).to_be_visible()
    expect(page).to_have_url(re.compile(r"(?=.*layer=conv_1\b)(?=.*filter=5\b)"))
    page.reload()
    expect(page.get_by_text("of filter 5 is")).to_be_visible()
    steps.expect_rest(page)
    row = page.get_by_role("slider", name="Row")
    row.focus()
    page.keyboard.press("Home")
    expect(page.get_by_text("It depends on rows 0 to 1")).to_be_visible()

    page.get_by_role("button", name="Find the images that excite it most").click()
    exciting = page.get_by_role("group", name="Images that excite the filter most")
    exciting.get_by_role("button").first.click()
    expect(page).not_to_have_url(re.compile(r"\bindex=3\b"))
    expect(page.get_by_text("of filter 5 is")).to_be_visible()
