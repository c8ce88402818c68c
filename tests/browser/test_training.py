"""A training, watched: curves that grow, refresh and other tabs, stop, crashes on all sides."""

import contextlib
import os
import time
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Locator, Page, expect

from fmnist.runs import store
from fmnist.runs.status import SILENT_AFTER
from pages._shared import live_strip
from tests.browser import steps
from tests.browser.conftest import Server, Visitors
from tests.factories import data as data_factory
from tests.factories import runs as run_factory
from tests.waits import failure_of, wait_for

ENGINE_MODULE = "fmnist.engine.server"


@pytest.fixture(scope="module")
def browser_data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made images, also where the real ones are: here it matters how a training is watched."""
    folder = tmp_path_factory.mktemp("watched-data")
    return data_factory.write_dataset(folder, train=12_000, test=2_000, mislabelled=0.1)


@pytest.fixture
def long_run(page: Page, server: Server) -> str:
    """A training of many minutes that the page shows under way.

    One that an earlier test has left will do, while most of it is still to come.
    """
    left = runs_left(server, "running")
    if left:
        page.goto(f"/train?run={left[0]}")
    run_id = left[0] if left else start_long_training(page, "Long")
    steps.expect_training(page)
    return run_id


@pytest.fixture
def next_in_line(page: Page, server: Server, long_run: str) -> str:
    """One that waits behind it; the page is with the long run again."""
    left = runs_left(server, "queued")
    run_id = left[0] if left else start_long_training(page, "Next in line")
    page.goto(f"/train?run={long_run}")
    steps.expect_training(page)
    return run_id


def start_long_training(page: Page, name: str) -> str:
    return steps.start_training(page, epochs="End", name=name, is_slow=True)


def runs_left(server: Server, status: str) -> list[str]:
    """Those in this state of which most is still to come."""
    known = [path.parent.name for path in sorted(server.runs_dir.glob("[0-9]*/status.json"))]
    statuses = {run_id: steps.read_status(server, run_id) for run_id in known}
    return [run_id for run_id, s in statuses.items() if s.status == status and (s.epoch or 0) < 100]


def test_a_run_that_is_damaged_for_a_moment_comes_back(page: Page, server: Server):
    run_dir = run_factory.write_run(server.runs_dir)
    whole = (run_dir / "config.json").read_text()
    (run_dir / "config.json").write_text("{")
    page.goto(f"/train?run={run_dir.name}")
    expect(page.get_by_text("is damaged: config.json")).to_be_visible()
    (run_dir / "config.json").write_text(whole)
    steps.expect_badge(page, "Finished")


def test_the_sidebar_is_quiet_once_nothing_trains(page: Page, server: Server):
    sent = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    run_dir = run_factory.write_run(server.runs_dir, "20260102-040506-made", status="running")
    page.goto("/")
    expect(page.get_by_test_id("stSidebar").get_by_text("epoch 3 of 3")).to_be_visible()
    wait_for_more(page, sent)
    store.write_status(run_dir, status="failed", finished_at=time.time())
    expect(page.get_by_test_id("stSidebar").get_by_text(" failed.")).to_be_visible()

    def is_quiet() -> bool:  # once the last tick is answered
        before = len(sent)
        page.wait_for_timeout(3 * 1_000 * live_strip.TICK)
        return len(sent) == before

    wait_for(is_quiet, "the page to ask no more")
    expect(page.get_by_role("link", name="See how it went")).to_be_visible()


def test_a_refreshed_page_and_another_tab_reattach(page: Page, visitors: Visitors, long_run: str):
    page.reload()
    steps.expect_training(page)
    steps.expect_more_points(page)

    other = visitors.open()
    other.goto("/train")  # no run in the address: the one that trains is shown
    steps.expect_training(other)
    expect(steps.main(other).get_by_text("Long").first).to_be_visible()
    steps.expect_more_points(other)

    elsewhere = visitors.open()
    elsewhere.goto("/")
    strip = elsewhere.get_by_test_id("stSidebar")
    expect(strip.get_by_text("Long")).to_be_visible()
    strip.get_by_role("link", name="Watch").click()
    steps.expect_training(elsewhere)


def test_the_queue_is_a_list_in_which_a_waiting_training_can_be_cancelled(
    page: Page, server: Server, long_run: str, next_in_line: str
):
    waiting = steps.start_training(page, epochs="Home", name="Never mind")
    steps.expect_badge(page, "Waiting")
    rows = steps.main(page).locator("[class*=st-key-queue_2]")
    expect(rows).to_contain_text(["Long", "Next in line", "Never mind"])
    expect(rows.nth(1)).to_contain_text("next")

    page.goto(f"/train?run={long_run}")
    page.get_by_text("Queue: 2 waiting · next: Next in line").click()
    rows.filter(has_text="Never mind").get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Queue: 1 waiting")).to_be_visible()
    steps.wait_for_status(server, waiting, "stopped")
    assert not (server.runs_dir / waiting / "model.keras").exists()
    assert steps.read_status(server, next_in_line).status == "queued"
    assert steps.read_status(server, long_run).status == "running"


def test_a_training_outlives_the_server(page: Page, server: Server, long_run: str):
    engine = wait_for(lambda: engine_of(server), "the engine to start")
    server.kill()
    wait_for(lambda: not is_running(engine), "the engine to be gone")
    before = steps.read_status(server, long_run).step or 0  # none yet between two epochs
    wait_for(
        lambda: (steps.read_status(server, long_run).step or 0) > before,
        "the training to go on",
        give_up=lambda: failure_of(server.runs_dir / long_run),
    )

    server.start()
    page.goto(f"/train?run={long_run}")
    steps.expect_training(page)
    steps.expect_more_points(page)


def test_five_clicks_on_stop_end_and_score_one_training_and_no_other(
    page: Page, server: Server, visitors: Visitors, long_run: str, next_in_line: str
):
    other = visitors.open()
    other.goto(page.url)
    steps.expect_training(other)
    wait_for(
        lambda: rows(server, long_run, "batches.csv"),
        "the first batch curve row",
        give_up=lambda: failure_of(server.runs_dir / long_run),
    )
    runs_before = sorted(path.name for path in server.runs_dir.glob("[0-9]*"))
    click_impatiently(page, page.get_by_role("button", name="Stop"))
    wait_for(lambda: has_stopped_training(server, long_run), "the last training step")
    rows_at_end = rows(server, long_run, "batches.csv")
    steps.wait_for_status(server, long_run, "stopped")

    for visitor in (page, other):
        steps.expect_badge(visitor, "Stopped")
    expect(steps.main(page).get_by_text("Test accuracy").first).to_be_visible()
    assert steps.run_in_address(page) == long_run
    assert (server.runs_dir / long_run / "model.keras").is_file()
    assert rows_at_end == rows(server, long_run, "batches.csv")
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)

    steps.wait_for_status(server, next_in_line, "running")
    assert not store.is_stop_requested(server.runs_dir / next_in_line)
    assert runs_before == sorted(path.name for path in server.runs_dir.glob("[0-9]*"))


def click_impatiently(page: Page, button: Locator) -> None:
    """Click where the button is, five times and on until the run has stopped, and twice more."""
    box = steps.expect_still(page, button)
    place = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    stopped = steps.main(page).locator(".stMarkdownBadge", has_text="Stopped")
    after = count = 0
    deadline = time.monotonic() + steps.TRAINING_ENDS / 1_000
    while count < 5 or after < 2:
        page.mouse.click(*place)
        page.wait_for_timeout(250)  # as a person does
        count += 1
        after += stopped.is_visible()
        assert time.monotonic() < deadline, "it never stopped"


def test_a_killed_training_says_so_and_two_that_were_started_at_once_follow(
    page: Page, server: Server, visitors: Visitors, long_run: str
):
    tabs = (visitors.open(), visitors.open())
    for tab in tabs:
        tab.goto("/train")
        steps.choose_dense_network(tab, epochs="Home")
    for tab in tabs:
        tab.get_by_role("button", name="Start training").click(no_wait_after=True)
    for tab in tabs:
        steps.expect_badge(tab, "Waiting")

    psutil.Process(steps.read_status(server, long_run).pid).kill()
    for tab in tabs:
        steps.expect_badge(tab, "Finished")
    assert tabs[0].url != tabs[1].url

    page.goto(f"/train?run={long_run}")
    steps.expect_badge(page, "Failed")
    reason = page.get_by_test_id("stAlert").filter(has_text="exit code -9, SIGKILL")
    expect(reason).to_be_visible()
    assert steps.read_status(server, long_run).message


def wait_for_more(page: Page, sent: list) -> None:
    """Wait until the page has sent something of its own accord."""
    before = len(sent)

    def has_come() -> bool:
        page.wait_for_timeout(100)  # lets Playwright hear of it
        return len(sent) > before

    wait_for(has_come, "the page to ask again")


def has_stopped_training(server: Server, run_id: str) -> bool:
    """Whether no step will follow: the training process scores the model, or has done so."""
    status = steps.read_status(server, run_id)
    return status.message == "scoring" or not status.is_live


def rows(server: Server, run_id: str, name: str) -> int:
    """Whole rows of a table, its header aside."""
    path = server.runs_dir / run_id / name
    return max(path.read_text().count("\n") - 1, 0) if path.is_file() else 0


def engine_of(server: Server) -> psutil.Process | None:
    """The server's engine process, once there is one."""
    for child in psutil.Process(server.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if ENGINE_MODULE in child.cmdline():
                return child
    return None


def is_running(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot halt a process")
def test_a_training_that_hangs_says_so_and_stop_ends_it(page: Page, server: Server, long_run: str):
    process = psutil.Process(steps.read_status(server, long_run).pid)
    process.suspend()
    wait_for(lambda: process.status() == psutil.STATUS_STOPPED, "its last report to be written")
    run_dir = server.runs_dir / long_run
    store.write_status(run_dir, heartbeat_at=time.time() - SILENT_AFTER - 5)
    expect(steps.main(page).get_by_text("No sign of life for")).to_be_visible()
    steps.expect_badge(page, "Not responding")
    expect(page.get_by_test_id("stSidebar").get_by_text("No sign of life for")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    wait_for(lambda: not is_running(process), "the process to be ended")
    expect(page.get_by_test_id("stAlert").filter(has_text="its process was killed")).to_be_visible()
