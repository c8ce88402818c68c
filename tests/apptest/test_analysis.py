"""A long computation on a page: offered, under way, failed, stopped, done."""

import pytest
from streamlit.testing.v1 import AppTest

from fmnist.data import catalogue
from fmnist.runs import analyses, status
from tests.waits import wait_for


def _page() -> None:
    import streamlit as st

    from fmnist.data import catalogue
    from fmnist.runs import analyses
    from pages._shared import analysis

    found = analyses.find_analysis("near-duplicates", catalogue.load())
    if analysis.render(found, "Look for near-duplicates", 25):
        st.success("There it is.")


@pytest.fixture
def analysis(lab) -> analyses.Analysis:
    return analyses.find_analysis("near-duplicates", catalogue.load())


@pytest.fixture
def page(lab) -> AppTest:
    return AppTest.from_function(_page, default_timeout=60)


def test_offered_with_its_time_started_and_done(page, analysis):
    page.run()
    assert [button.label for button in page.button] == ["Look for near-duplicates"]
    assert "about 25\N{NO-BREAK SPACE}s" in page.caption[0].value
    page.button[0].click().run()
    wait_for(lambda: not analysis.status.is_live, "its end")
    page.run()
    assert [message.value for message in page.success] == ["There it is."]
    assert not page.button


def test_under_way_it_shows_how_far_and_stops(page, analysis):
    analyses.create(analysis)
    status.write_status(analysis.folder, step=1, steps_per_epoch=4, images_per_second=0.1)
    status.write_status(analysis.folder, message="looking")
    page.run()
    (bar,) = page.get("progress")
    assert bar.proto.value == 25
    said = " ".join(bar.proto.text.split())  # without no-break spaces
    assert said == "Looking · 25.0 % · about 30 s left"
    (stop,) = page.button
    assert stop.label == "Stop"
    stop.click().run()
    assert analysis.is_stopping
    assert [(button.label, button.disabled) for button in page.button] == [("Stopping …", True)]


@pytest.mark.parametrize(("ended", "again"), [("failed", "Try again"), ("stopped", "Start again")])
def test_what_ended_early_says_why_and_starts_again(page, analysis, ended, again):
    analyses.create(analysis)
    status.write_status(analysis.folder, status=ended, message="The disk is *full*.")
    page.run()
    assert [button.label for button in page.button] == [again]
    shown = [error.value for error in page.error]
    expected = [r"It could not be computed. The disk is \*full\*."] if ended == "failed" else []
    assert shown == expected


def test_where_it_cannot_be_written_the_page_says_so(page, analysis):
    analysis.folder.parent.parent.mkdir(parents=True)
    analysis.folder.parent.write_text("a file")
    page.run()
    page.button[0].click().run()
    assert "cannot be written" in page.error[0].value
