"""Whatever a stranger puts into an address: a calm page, never an exception."""

import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

from fmnist.data.dataset import CLASS_NAMES
from tests.browser.conftest import Server, Visitors
from tests.browser.steps import expect_rest
from tests.factories import runs as run_factory

PAGE_TITLES = [
    "Start", "Browse", "Train", "Experiments", "Sweeps", "Runs", "Evaluate", "Inside", "Draw",
]  # fmt: skip
HEADINGS = {
    "": "Fashion-MNIST Lab",
    "browse": "|".join(("Browse", *CLASS_NAMES)),  # an index that exists opens its image
    "train": "Train",
    "experiments": "Experiments",
    "sweeps": "Sweeps",
    "runs": "Runs",
    "evaluate": "Evaluate",
    "inside": "Inside",
    "challenge": "Challenge",
    "draw": "Draw",
}
HOSTILE = {
    "model": "..%2f../bundled",
    "recipe": "<b>quick</b>",
    "section": "javascript:alert(1)",
    "run": "../../etc/passwd",
    "sweep": "../../etc/passwd",
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
    "experiment": "../filters",
    "challenge": "../..fashion-mnist.1",
    "drawing": "AQ" + "A" * 7000,
    "unheard_of": "x" * 3000,
}


@pytest.fixture(scope="module")
def page(one_page: Page) -> Page:
    """One visitor who tries every address, and has Streamlit's front end after the first."""
    return one_page


def test_a_link_into_the_app_may_be_a_servers_first_visit(page: Page):
    page.goto("/train")  # first test of the module: nobody has called st.navigation yet
    links = page.get_by_test_id("stSidebar").get_by_role("link")
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
    expect_rest(page)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_text("Traceback")).to_have_count(0)


def test_the_model_in_hand_outlives_links_reloads_and_typed_addresses(
    visitors: Visitors, server: Server
):
    run_dir = run_factory.write_run(server.runs_dir, name="mine", accuracy=0.8)
    page = visitors.open()
    page.goto("/browse")
    choose_model(page, "mine")
    expect(page).to_have_url(re.compile(f"/browse.*model={run_dir.name}"))
    page.get_by_test_id("stSidebar").get_by_role("link", name="Draw").click()
    expect(page).to_have_url(re.compile(f"/draw.*model={run_dir.name}"))
    expect(page.get_by_role("heading", name="Draw", level=1)).to_be_visible()
    page.goto("/runs")  # as it is typed
    expect(page).to_have_url(re.compile(f"/runs.*model={run_dir.name}"))
    expect(model_choice(page)).to_have_value(re.compile("^mine"))
    page.goto("/evaluate?view=images")  # a link to a view is the same for everybody
    expect(model_choice(page)).to_have_value(re.compile("^bundled"))
    expect(page).not_to_have_url(re.compile("model="))


def test_a_challenge_goes_on_after_a_reload_and_others_join_by_its_link(
    visitors: Visitors, server: Server, browser_data_dir: Path
):
    run_id = "20260104-000000-asked"
    run_factory.write_run(server.runs_dir, run_id, accuracy=0.8, data_dir=browser_data_dir)
    page = visitors.open()
    page.goto(f"/challenge?model={run_id}")
    page.get_by_role("button", name="Make a challenge against").click()
    page.get_by_role("button", name="Start", exact=True).click()
    for number, name in enumerate(("T-shirt/top", "Pullover"), start=1):
        expect(page.get_by_text(f"Image {number} of 30", exact=True)).to_be_visible()
        expect_rest(page)  # a click meant for the image before would not count
        page.get_by_role("button", name=name).click()
    expect(page.get_by_text("Image 3 of 30", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_text("Image 3 of 30", exact=True)).to_be_visible()
    other = visitors.open()
    other.goto(page.url)
    expect(other.get_by_text("1 person has begun.")).to_be_visible()


def test_the_menu_of_a_phone_closes_after_a_choice(visitors: Visitors, server: Server):
    run_factory.write_run(server.runs_dir, "20260103-000000-b", name="theirs", accuracy=0.8)
    page = visitors.open(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.goto("/browse")
    expect_rest(page)
    menu = page.get_by_test_id("stExpandSidebarButton")
    menu.click()
    expect(menu).to_have_count(0)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Runs").click()
    expect(page.get_by_role("heading", name="Runs", level=1)).to_be_visible()
    expect(menu).to_be_visible()
    menu.click()
    expect(menu).to_have_count(0)
    choose_model(page, "theirs")
    expect(page).to_have_url(re.compile("/runs.*model="))
    expect(menu).to_be_visible()


def model_choice(page: Page) -> Locator:
    return page.get_by_test_id("stSidebar").get_by_role("combobox")


def choose_model(page: Page, name: str) -> None:
    """Look for it by its name, as one does among many."""
    expect_rest(page)
    model_choice(page).click()
    model_choice(page).fill(name)
    page.get_by_role("option", name=name).first.click()
