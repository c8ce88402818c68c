"""Inside, as a person does: another kernel, another place, and an image that Evaluate got wrong."""

from playwright.sync_api import Locator, Page, expect

from tests.waits import wait_for

_PIXELS = """canvas => Array.from(
    canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data).join()"""


def output(page: Page) -> Locator:
    return page.get_by_role("application", name="Output")


def pixels(page: Page) -> str:
    """The colours that the output is painted in."""
    return output(page).locator("canvas").evaluate(_PIXELS)


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

    output(page).click(position={"x": 2, "y": 2})
    expect(page.get_by_role("heading", name="Output at row 0, column 0")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="Output at row 1, column 2")).to_be_visible()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")  # it stays on the output
    expect(page.get_by_role("heading", name="Output at row 0, column 2")).to_be_visible()
