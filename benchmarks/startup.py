"""How soon Browse is usable after `streamlit run app.py`, and how much memory the server takes.

`python -m benchmarks.startup [--times 5]`: the dataset as FMNIST_DATA_DIR or the cache has it, and
already decompressed in the cache (one start beforehand sees to that).
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Page

from benchmarks._lab import Server, Viewer, browser_page
from benchmarks._table import report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5, help="server starts measured")
    times = parser.parse_args().times
    start_once()
    starts = [start_once() for _ in range(times)]
    report(
        "server start → Browse script finished (median)",
        statistics.median(start["finished"] for start in starts),
        "s",
        "2",
    )
    report("the same, slowest", max(start["finished"] for start in starts), "s", "2")
    report("server's peak memory, dataset loaded", max(s["peak"] for s in starts), "MB", "400")
    report("TensorFlow libraries in the server", max(s["tensorflow"] for s in starts), "files", "0")
    since_start, first, second = browser_start()
    report("server start → garments in Chromium", since_start, "s", "reported only")
    report("first request of a server → garments in Chromium", first, "s", "1")
    report("the same in another, cold browser", second, "s", "1")


def start_once() -> dict[str, float]:
    """One start, seen by a viewer without a browser; the whole tour for the peak of memory."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        server = Server(Path(scratch))
        try:
            server.wait_until_healthy()
            viewer = Viewer(server)
            viewer.open("browse")
            finished = time.perf_counter() - server.started_at
            for page in ("train", "runs", "evaluate", "inside", "draw", ""):
                viewer.open(page)
            viewer.close()
            libraries = [m.path for m in server.psutil.memory_maps() if "tensorflow" in m.path]
            return {
                "finished": finished,
                "peak": server.peak_megabytes(),
                "tensorflow": len(libraries),
            }
        finally:
            server.close()


def browser_start() -> tuple[float, float, float]:
    """The same in a Chromium that is already running, its own loading and drawing included; then
    the last part of it alone, from the request on; and that again where only the browser is new.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch, ExitStack() as stack:
        page = stack.enter_context(browser_page("about:blank", wait=False))
        server = Server(Path(scratch))
        stack.callback(server.close)
        server.wait_until_healthy()
        first = open_start(page, server.url)
        since_start = time.perf_counter() - server.started_at
        with page.context.browser.new_context() as cold:
            return since_start, first, open_start(cold.new_page(), server.url)


def open_start(page: Page, url: str) -> float:
    """Seconds from the request to the garments."""
    started = time.perf_counter()
    page.goto(url)
    page.get_by_role("button", name="Ankle boot").first.wait_for()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
