"""A stranger's first minute: from a cold start without data and without a network, in Chromium.

`python -m benchmarks.first_minute`: an empty cache, and every request of the app goes to a proxy
that is not there. Two servers: one is opened on Draw, the other on Browse.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

from benchmarks._lab import Server, browser_page
from benchmarks._table import report
from benchmarks.screenshots import draw
from tests.browser.offline import cut_off


def main() -> None:
    with cold_start("draw") as (page, seconds):
        page.locator("canvas.upper-canvas").wait_for()
        draw(page)
        report("cold start offline → first classified drawing", seconds(), "s", "15")
    with cold_start("browse") as (page, seconds):
        page.get_by_role("button", name="Ankle boot").first.wait_for(timeout=240_000)
        report("cold start offline → first images of the stand-in", seconds(), "s", "60")
        began = time.perf_counter()
        page.get_by_role("link", name="Evaluate").click()
        page.get_by_text("Stand-in accuracy").wait_for(timeout=240_000)
        seconds_scoring = time.perf_counter() - began
        report("the bundled run scored on the stand-in", seconds_scoring, "s", "reported only")


@contextmanager
def cold_start(path: str) -> Iterator[tuple[Page, Callable[[], float]]]:
    """A tab at this page of a new server, and a clock that began with the server's process."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch,
        browser_page("about:blank", wait=False) as page,
    ):
        server = Server(Path(scratch) / "runs", **cut_off(Path(scratch) / "home"))
        try:
            server.wait_until_healthy()
            page.goto(f"{server.url}/{path}")
            yield page, lambda: time.perf_counter() - server.started_at
        finally:
            server.close()


if __name__ == "__main__":
    main()
