"""Browse, as a person does: look, shuffle, choose one image, read its pixels, share the view."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitors
from tests.browser.steps import expect_rest
from tests.waits import wait_for

FIRST_ANSWER = 240_000  # ms; the engine starts, on cores that others use as well


def grid(page: Page, name: str = "A random sample of images"):
    return page.get_by_role("group", name=name).get_by_role("button")


def names_shown(page: Page) -> list[str]:
    return grid(page).evaluate_all("buttons => buttons.map(b => b.ariaLabel || b.title)")


def test_a_person_shuffles_opens_an_image_and_shares_it(page: Page, visitors: Visitors):
    page.goto("/browse")
    expect(page).to_have_title("Fashion-MNIST Lab")
    expect(grid(page)).to_have_count(100)
    before = names_shown(page)

    page.get_by_role("button", name="Shuffle").click()
    expect(page).to_have_url(re.compile(r"seed=\d+"))
    expect(grid(page).first).not_to_have_attribute("aria-label", before[0])
    expect(grid(page)).to_have_count(100)
    expect_rest(page)
    after = names_shown(page)

    grid(page).nth(3).click()
    number = int(re.search(r"image (\d+)", after[3])[1])
    expect(page).to_have_url(re.compile(rf"index={number}\b"))
    expect(page.get_by_text(f"Training image {number:,}")).to_be_visible()
    expect(page.get_by_text("pixel407")).to_be_visible()  # row 14, column 14
    neighbours = grid(page, "Nearest neighbours")
    expect(neighbours).to_have_count(8, timeout=FIRST_ANSWER)

    other = visitors.open()
    other.goto(page.url)
    expect(other.get_by_text(f"Training image {number:,}")).to_be_visible()

    page.get_by_role("button", name="All images").click()
    wait_for(lambda: names_shown(page) == after, "the same images")


def test_the_same_seed_shows_the_same_images_to_another_person(page: Page, visitors: Visitors):
    address = "/browse?seed=7&split=test&classes=6&count=50"
    other = visitors.open()
    for visitor in (page, other):
        visitor.goto(address)
        expect(grid(visitor)).to_have_count(50)
    assert names_shown(page) == names_shown(other)
    assert all(name.startswith("Shirt") for name in names_shown(page))
