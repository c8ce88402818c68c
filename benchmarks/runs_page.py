"""How long a thousand runs take to be listed, and the Runs page to draw them in Chromium.

`python -m benchmarks.runs_page [--runs 1000]`: listed by a process that has seen none of them, and
by one that has; then from the address, and from a link in the sidebar, to the finished table (rows
further down are drawn as one scrolls to them), and from a click on an eye to the changed chart.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page

from benchmarks._lab import browser_page, running_server, wait_until_idle
from benchmarks._table import report
from fmnist.runs import store
from fmnist.runs.tables import summarise
from tests.factories import runs as run_factory

_CURVES = "document.querySelector('.js-plotly-plot')?.data?.length"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000, help="run folders to make")
    count = parser.parse_args().runs
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        write_runs(Path(scratch), count)
        os.environ["FMNIST_RUNS_DIR"] = scratch
        time.sleep(2)  # a file just written is not taken for settled
        for state in ("for the first time", "again"):
            started = time.perf_counter()
            summarise(store.list_runs())
            report(f"{count} runs listed, {state}", time.perf_counter() - started, "s", "2")
        with running_server(Path(scratch)) as server, browser_page(server.url) as page:
            open_page(page, server.url, count)  # imports the modules
            started = time.perf_counter()
            open_page(page, server.url, count)
            report(f"Runs page with {count} runs", time.perf_counter() - started, "s", "2")
            page.get_by_test_id("stSidebar").get_by_role("link", name="Browse").click()
            page.get_by_role("heading", level=1, name="Browse").wait_for()
            wait_until_idle(page)
            started = time.perf_counter()
            page.get_by_test_id("stSidebar").get_by_role("link", name="Runs").click()
            wait_for_runs(page, count)
            report(f"page change to Runs with {count}", time.perf_counter() - started, "s", "1")
            started = time.perf_counter()
            page.get_by_role("button", name="Hide").first.click()
            page.wait_for_function(f"{_CURVES} === 9")
            report(f"an eye turned off among {count}", time.perf_counter() - started, "s", "1")


def write_runs(runs_dir: Path, count: int) -> None:
    """Runs of 200 configs with five seeds each, seven minutes apart."""
    first = datetime(2026, 1, 1)
    for number in range(count):
        config = number // 5
        run_factory.write_run(
            runs_dir,
            f"{first + timedelta(minutes=7 * number):%Y%m%d-%H%M%S}-made",
            epochs=3 + config % 20,
            seed=number,
            accuracy=0.8 + number % 97 / 1000,
            name=f"Run {config}",
            dropout=config % 40 / 100,
            filters=(8 * (1 + config % 8),),
        )


def open_page(page: Page, address: str, count: int) -> None:
    page.goto(f"{address}/runs")
    wait_for_runs(page, count)


def wait_for_runs(page: Page, count: int) -> None:
    page.get_by_role("table", name="Runs").wait_for()
    page.wait_for_function(f"{_CURVES} === 10")
    wait_until_idle(page)
    rows = int(page.get_by_role("table", name="Runs").get_attribute("aria-rowcount") or 0)
    assert rows > count, f"{rows} rows, the head among them, of {count} runs"


if __name__ == "__main__":
    main()
