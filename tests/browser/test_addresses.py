"""Whatever a stranger puts into an address: a calm page, never an exception."""

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from fmnist.data.dataset import CLASS_NAMES

PAGE_TITLES = ["Browse", "Train", "Runs", "Evaluate", "Draw"]
HEADINGS = {
    "": "|".join(("Browse", *CLASS_NAMES)),  # an index that exists opens its image
    "train": "Train",
    "runs": "Runs",
    "evaluate": "Evaluate",
    "draw": "Draw",
}
HOSTILE = {
    "run": "../../etc/passwd",
    "runs": "<script>document.title='taken'</script>,../..",
    "split": "val",
    "seed": "-1",
    "classes": "99,x",
    "count": "1e9",
    "index": "99999999",
    "true": "6' OR 1=1",
    "predicted": "11",
    "show": "\x00",
    "sort": "🙂" * 50,
    "min_confidence": "NaN",
    "max_confidence": "-5",
    "matrix": "[]",
    "view": "<img src=x onerror=alert(1)>",
    "drawing": "AQ" + "A" * 7000,
    "unheard_of": "x" * 3000,
}


@pytest.fixture(scope="module")
def page(one_page: Page) -> Page:
    """One visitor who tries every address, and has Streamlit's front end after the first."""
    return one_page


def test_a_link_into_the_app_may_be_a_servers_first_visit(page: Page):
    page.goto("/train")  # first test of the module: nobody has called st.navigation yet
    links = page.get_by_test_id("stSidebarNav").get_by_role("link")
    expect(links).to_have_text([re.compile(n) for n in PAGE_TITLES])
    expect(page.get_by_role("heading", name="Train", level=1)).to_be_visible()


@pytest.mark.parametrize(("name", "heading"), HEADINGS.items())
@pytest.mark.parametrize(
    "values",
    [
        HOSTILE,
        {"run": "<script>alert(1)</script>"},
        {"run": "20000101-000000-nobody", "index": "0", "true": "6", "predicted": "0"},
        {"index": "9999", "min_confidence": "90", "max_confidence": "10"},
    ],
    ids=["everything", "script", "no-such-run", "in-bounds-but-senseless"],
)
def test_a_hostile_address_is_answered_calmly(
    page: Page, name: str, heading: str, values: dict[str, str]
):
    page.on("dialog", lambda dialog: pytest.fail(f"the address ran a script: {dialog.message}"))
    page.goto(f"/{name}?{urlencode(values)}")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(f"^({heading})$"))
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_text("Traceback")).to_have_count(0)
