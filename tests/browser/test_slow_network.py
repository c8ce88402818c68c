"""A network that delivers late, as any does when a computer is busy: nothing gets lost."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server

# A part of a page that shows something large at every third run of it.
APP = """
import streamlit as st

@st.fragment
def part():
    st.session_state.number = st.session_state.get("number", -1) + 1
    st.button("Next")
    st.text(f"Number {st.session_state.number}")
    st.text("large" * 10_000 if st.session_state.number % 3 == 0 else "small")

part()
"""
# Every message of the server reaches the page late.
LATE = """
const listen = WebSocket.prototype.addEventListener;
WebSocket.prototype.addEventListener = function (kind, hear, options) {
    const late = (event) => setTimeout(() => hear.call(this, event), 3_000);
    return listen.call(this, kind, kind === "message" ? late : hear, options);
};
"""
# Twice, the second time before there is a sign of the first; without waiting, as Playwright would.
TWICE = """() => {
    const button = [...document.querySelectorAll("button")].find((b) => b.innerText === "Next");
    button.click();
    setTimeout(() => button.click(), 2_500);
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A small app, with the settings of the Lab's."""
    folder = tmp_path_factory.mktemp("slow-network")
    (folder / "app.py").write_text(APP, encoding="utf-8")
    server = Server(folder, None, folder / "cache", app=folder / "app.py")
    yield server
    server.kill()


def test_what_was_shown_before_is_shown_again_after_two_quick_clicks(page: Page):
    page.add_init_script(LATE)
    page.goto("/")
    expect(page.get_by_text("Number 0")).to_be_visible()
    wait_for_the_end(page)
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Number 1")).to_be_visible()
    wait_for_the_end(page)
    page.evaluate(TWICE)
    expect(page.get_by_text("Number 3")).to_be_visible()
    expect(page.get_by_text("largelarge")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def wait_for_the_end(page: Page) -> None:
    """Until the page knows that the run of its script is over: only then it forgets."""
    page.wait_for_timeout(3_500)
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-script-state", "notRunning")
