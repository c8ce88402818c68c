"""How long a warm page change takes in Chromium, with an idle machine and while a training runs.

`python -m benchmarks.pages [--rounds 3]`: from the click in the sidebar until the page's heading
is there and its script has finished.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page

from benchmarks._lab import (
    browser_page,
    percentile,
    running_server,
    trained,
    training,
    wait_until_idle,
)
from benchmarks._table import report

PAGES = ("Train", "Runs", "Evaluate", "Draw", "Browse")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="visits of every page measured")
    rounds = parser.parse_args().rounds
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch,
        running_server(Path(scratch)) as server,
        browser_page(server.url) as page,
    ):
        trained(Path(scratch), architecture="dense", epochs=1)  # something to evaluate and draw for
        measure(page, rounds, "idle")
        with training(Path(scratch)):
            measure(page, rounds, "while training")


def measure(page: Page, rounds: int, state: str) -> None:
    visit_all(page)  # the first visit imports modules and fills the caches
    times: dict[str, list[float]] = {name: [] for name in PAGES}
    for _ in range(rounds):
        for name, seconds in visit_all(page).items():
            times[name].append(seconds)
    for name, seconds in times.items():
        report(f"page change to {name}, {state} (median)", statistics.median(seconds), "s", "1")
    everything = [value for seconds in times.values() for value in seconds]
    report(f"any page change, {state} (P95)", percentile(everything, 0.95), "s", "1")


def visit_all(page: Page) -> dict[str, float]:
    times = {}
    for name in PAGES:
        started = time.perf_counter()
        page.get_by_test_id("stSidebar").get_by_role("link", name=name).click()
        page.get_by_role("heading", level=1, name=name).wait_for()
        wait_until_idle(page)
        times[name] = time.perf_counter() - started
    return times


if __name__ == "__main__":
    main()
