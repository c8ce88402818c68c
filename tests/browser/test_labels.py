"""Suspected labels are judged by one key each; Evaluate leaves out those that are wrong."""

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from fmnist.data.dataset import load_dataset
from tests.browser.conftest import Server
from tests.browser.steps import expect_rest
from tests.factories import runs as run_factory

RUN = "20260102-030405-made"


@pytest.fixture
def scored(server: Server, browser_data_dir: Path) -> str:
    """A run nobody has judged a label of; returns the data's fingerprint."""
    shutil.rmtree(server.runs_dir / RUN, ignore_errors=True)  # where the test is run once more
    run_factory.write_run(server.runs_dir, RUN, accuracy=0.8, data_dir=browser_data_dir)
    fingerprint = load_dataset(browser_data_dir).fingerprint
    (server.runs_dir / f"label_verdicts_{fingerprint}.jsonl").unlink(missing_ok=True)
    return fingerprint


def test_labels_are_judged_by_keys_and_left_out_of_the_score(page: Page, scored: str):
    page.goto(f"/labels?model={RUN}")
    expect(page.get_by_role("button", name="Wrong label")).to_be_visible()
    expect_rest(page)
    page.keyboard.press("1")
    expect(page.get_by_text("Of 1 judged")).to_be_visible()
    expect_rest(page)  # a key that comes earlier is about the image that is still there
    page.keyboard.press("3")
    expect(page.get_by_text("Of 2 judged")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Of 2 judged")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download verdicts").click()
    assert download.value.suggested_filename == f"label-verdicts-{scored}.csv"
    lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[4] for line in lines] == ["verdict", "wrong", "fine"]
    page.get_by_role("link", name="The score without wrong labels").click()
    toggle = page.get_by_text("Leave out the 1 label that you judged wrong")
    expect(toggle).to_be_visible()
    lines_of_scores = page.get_by_role("listitem")
    expect(lines_of_scores.filter(has_text="Without labels judged wrong")).to_be_visible()
    toggle.click()
    expect(lines_of_scores.filter(has_text="All test images")).to_be_visible()
    page.get_by_text("How honest is this score?").click()
    expect(lines_of_scores.filter(has_text="Without suspected labels")).to_be_hidden()
    expect(page).to_have_url(re.compile(r"^[^?]*\?((?!honest).)*$"))
