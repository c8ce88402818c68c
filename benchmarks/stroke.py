"""From the end of a stroke to the new probabilities on screen, in Chromium, idle and training.

`python -m benchmarks.stroke [--strokes 40]`: from the mouse's release until the prediction's text
has changed in the page, of which the canvas waits 200 ms before it sends; and the engine's own
part, from a call to its reply, without a browser.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import Page

from benchmarks._lab import browser_page, percentile, running_server, trained, training
from benchmarks._table import report
from fmnist.engine.client import Engine

WATCH = """() => {
  window.released = null; window.delays = [];
  document.addEventListener("pointerup", (event) => {
    if (event.composedPath()[0].tagName === "CANVAS") window.released = performance.now();
  }, true);
  const answer = () => document.querySelector(".prediction ol")?.innerText ?? "";
  let shown = answer();
  const look = () => {
    const now = answer();
    if (now !== shown && window.released !== null) {
      window.delays.push(performance.now() - window.released);
      window.released = null;
    }
    shown = now;
    requestAnimationFrame(look);
  };
  look();
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strokes", type=int, default=40, help="strokes measured in each state")
    strokes = parser.parse_args().strokes
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch,
        running_server(Path(scratch)) as server,
    ):
        run = trained(Path(scratch), filters=(64,), epochs=1)
        with browser_page(f"{server.url}/draw?model={run.run_id}") as page:
            page.evaluate(WATCH)
            measure(page, strokes, "idle")
            with training(Path(scratch)):
                measure(page, strokes, "while training")
        model = run.file("model.keras")
        measure_engine(model, "idle")
        with training(Path(scratch)):
            measure_engine(model, "while training")


def measure(page: Page, strokes: int, state: str) -> None:
    goal = "400" if state == "idle" else "450"
    draw(page, 5)  # the first ones wake the engine
    page.evaluate("window.delays = []")
    shares = draw(page, strokes)
    delays = page.evaluate("window.delays")
    report(f"stroke → probabilities, {state} (median)", statistics.median(delays), "ms", goal)
    report(f"stroke → probabilities, {state} (P95)", percentile(delays, 0.95), "ms", goal)
    report(
        f"prediction as the server waits for it, {state} (median)",
        statistics.median(shares),
        "ms",
        "20",
    )
    report(
        f"prediction as the server waits for it, {state} (P95)",
        percentile(shares, 0.95),
        "ms",
        "20",
    )


def draw(page: Page, strokes: int) -> list[float]:
    """Draw short strokes anywhere on the canvas, clearing it now and then.

    Returns the milliseconds that the page names for each prediction: from the server's call to the
    engine's answer, while the browser works on the same cores.
    """
    shares = []
    box = page.locator("canvas.upper-canvas").bounding_box()
    dice = random.Random(strokes)
    for number in range(strokes):
        if number and number % 8 == 0:
            page.get_by_role("button", name="Clear").click()
            page.wait_for_timeout(900)
        x = box["x"] + dice.uniform(0.15, 0.7) * box["width"]
        y = box["y"] + dice.uniform(0.15, 0.7) * box["height"]
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + dice.uniform(20, 80), y + dice.uniform(20, 80), steps=6)
        page.mouse.up()
        page.wait_for_timeout(900)
        took = re.search(r"It took ([\d.]+)\s+ms", page.get_by_text("It took").inner_text())
        if took:  # not the first one, which takes seconds
            shares.append(float(took[1]))
    return shares


def measure_engine(model: Path, state: str) -> None:
    """One image at a time, from the call to the answer."""
    engine = Engine()
    image = np.zeros((1, 28, 28), np.uint8)
    engine.predict(model, image)
    shares = []
    for _ in range(200):
        time.sleep(0.05)
        shares.append(engine.predict(model, image).milliseconds)
    engine.close()
    report(
        f"engine's own part of one prediction, {state} (P95)", percentile(shares, 0.95), "ms", "20"
    )


if __name__ == "__main__":
    main()
