"""How quick the questions about one scored model are, on the bundled run and its 10,000 images.

`python -m benchmarks.evaluate [--rounds 5]`: each view when it is opened again, at the server, from
the request until its script has finished; the images of a cell of the confusion matrix, the same
way; and in Chromium the map, from the click on its link until its points and thumbnails are there,
and the bytes that come with it. The first visits, which compute, are not counted.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, WebSocket

from benchmarks._lab import Server, Viewer, browser_page, running_server, wait_until_idle
from benchmarks._table import report

# By what it is called: the page, and what its address asks for.
VIEWS = {
    "Evaluate, confusions": ("evaluate", ""),
    "Evaluate, images": ("evaluate", "view=images"),
    "Evaluate, report": ("evaluate", "view=report"),
    "Evaluate, honest score": ("evaluate", "honest=1"),
    "Confidence": ("confidence", ""),
    "Labels": ("labels", ""),
    "Weak spots": ("slices", ""),
    "Weak spots, spoiled images": ("slices", "view=robustness"),
    "Map": ("map", ""),
    "Map, misclassified shirts": ("map", "true=6&points=wrong&colour=predicted"),
    "Epochs": ("epochs", ""),
    "You against the model": ("match", ""),
}
_THUMBNAILS = "() => globalThis[Symbol.for('fmnist thumbnails')]?.size > 0"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="visits of every view measured")
    rounds = parser.parse_args().rounds
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch,
        running_server(Path(scratch)) as server,
    ):
        measure_views(server, rounds)
        with browser_page(server.url) as page:
            measure_map(page, server.url, rounds)


def measure_views(server: Server, rounds: int) -> None:
    for name, (page, query) in VIEWS.items():
        report(f"{name}, opened again (median)", _open(server, page, query, rounds), "s", "1")
    query = "true=6&predicted=0"
    seconds = _open(server, "evaluate", query, rounds)
    report("images of a confusion (median)", seconds, "s", "0.3")


def _open(server: Server, page: str, query: str, rounds: int) -> float:
    """The median of `rounds` visits, after two that fill the caches."""
    viewer = Viewer(server)
    try:
        seconds = [viewer.open(page, query) for _ in range(rounds + 2)]
    finally:
        viewer.close()
    return statistics.median(seconds[2:])


def measure_map(page: Page, address: str, rounds: int) -> None:
    received: list[int] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: received.append(len(frame)))

    page.on("websocket", listen)
    points, thumbnails, megabytes = [], [], []
    for _ in range(rounds + 1):
        page.goto(f"{address}/epochs")  # anew, so that the tab has no thumbnails
        wait_until_idle(page)
        page.get_by_role("heading", level=1, name="Epochs").wait_for()
        received.clear()
        started = time.perf_counter()
        page.get_by_test_id("stMain").get_by_role("link", name="Map").click()
        page.locator("canvas.points").wait_for()
        points.append(time.perf_counter() - started)
        page.wait_for_function(_THUMBNAILS)
        thumbnails.append(time.perf_counter() - started)
        wait_until_idle(page)
        megabytes.append(sum(received) / 1e6)
    report("map of 10,000 points, drawn (median)", statistics.median(points[1:]), "s", "2")
    report("map, with its thumbnails (median)", statistics.median(thumbnails[1:]), "s", "2")
    report("map, all that is sent for it (median)", statistics.median(megabytes[1:]), "MB", "1.5")


if __name__ == "__main__":
    main()
