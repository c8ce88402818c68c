"""The Runs page as a bench: eyes, boxes and rows of its table, by mouse and by keyboard."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from fmnist.runs.folder import BUNDLED_ID
from tests.browser.conftest import Server
from tests.browser.steps import expect_rest, main
from tests.factories import runs as run_factory
from tests.waits import wait_for

_CURVES = "() => (document.querySelector('.js-plotly-plot')?.data ?? []).map(one => one.name)"


def run_id(number: int) -> str:
    return f"2026010{number}-000000-made"


@pytest.fixture
def four_runs(server: Server, browser_data_dir: Path) -> None:
    """Listed with the newest first: Run 4 … Run 1."""
    for number in range(1, 5):
        run_factory.write_run(
            server.runs_dir,
            run_id(number),
            name=f"Run {number}",
            accuracy=0.7 + 0.05 * number,
            dropout=0.1 * number,
            seed=number,
            data_dir=browser_data_dir,
        )


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("table", name="Runs").locator("tbody tr").filter(has_text=name)


def names(page: Page) -> list[str]:
    """Those listed, but for the run that comes with the Lab."""
    texts = page.get_by_role("table", name="Runs").locator("tbody .name").all_inner_texts()
    return [text for text in texts if text != BUNDLED_ID]


def curves(page: Page) -> list[str]:
    return [name for name in page.evaluate(_CURVES) if name != BUNDLED_ID]


def expect_in_address(page: Page, text: str, is_there: bool = True) -> None:
    def has_come() -> bool:
        page.evaluate("0")  # lets Playwright hear of a changed address
        return (text in page.url) is is_there

    wait_for(has_come, f"{text} in the address: {is_there}", 60)


def test_runs_are_drawn_opened_renamed_compared_and_deleted(page: Page, four_runs):
    page.goto("/runs")
    expect(row(page, "Run 4")).to_be_visible()
    expect_rest(page)
    all_four = ["Run 4", "Run 3", "Run 2", "Run 1"]
    wait_for(lambda: curves(page) == all_four, "four curves", 60)

    # An eye turned off takes its curve out of the chart.
    row(page, "Run 2").get_by_role("button", name="Hide Run 2").click()
    expect(row(page, "Run 2").get_by_role("button", name="Show Run 2")).to_be_visible()
    wait_for(lambda: curves(page) == ["Run 4", "Run 3", "Run 1"], "three curves", 60)
    expect_in_address(page, "shown=")

    # A click on a row opens it; Enter saves its name.
    row(page, "Run 3").get_by_role("cell", name="Finished").click()
    expect_in_address(page, f"run={run_id(3)}")
    name = main(page).locator(".st-key-run_detail").get_by_label("Name", exact=True)
    expect(name).to_have_value("Run 3")
    expect_rest(page)
    name.fill("Renamed")
    name.press("Enter")
    expect(row(page, "Renamed")).to_be_visible()
    expect(row(page, "Run 3")).to_have_count(0)

    # Two boxes, the second by keyboard from the first, compare two runs.
    row(page, "Run 4").get_by_role("checkbox").check()
    row(page, "Run 4").get_by_role("checkbox").press("ArrowDown")
    expect(row(page, "Renamed").get_by_role("checkbox")).to_be_focused()
    page.keyboard.press("Space")
    expect(main(page).get_by_text("2 runs selected")).to_be_visible()
    expect(main(page).get_by_text("Run 4 is better than Renamed")).to_be_visible()
    expect(
        main(page).get_by_role("button", name="which the other model called").first
    ).to_be_visible()

    # What is looked at survives a reload, and deleting asks once.
    page.reload()
    expect(row(page, "Renamed").get_by_role("checkbox")).to_be_checked()
    main(page).get_by_role("button", name="Delete").first.click()
    asked = "Permanently delete these 2 runs with their models, curves and scores?"
    expect(page.get_by_text(asked)).to_be_visible()
    page.get_by_role("button", name="Delete permanently").click()
    expect(row(page, "Run 4")).to_have_count(0)
    wait_for(lambda: names(page) == ["Run 2", "Run 1"], "the other two", 60)
    expect_in_address(page, "run=", is_there=False)

    # A heading sorts: the highest test accuracy first, then the lowest.
    heading = page.get_by_role("table", name="Runs").get_by_title("Accuracy on the test images")
    heading.click()
    heading.click()
    wait_for(lambda: names(page) == ["Run 1", "Run 2"], "the lowest accuracy first", 60)
