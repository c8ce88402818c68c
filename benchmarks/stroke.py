"""From the end of a stroke to the new probabilities on screen, in Chromium, idle and training.

`python -m benchmarks.stroke [--strokes 40]`: from the mouse's release until the answer's text has
changed in the page; and the engine's own share, from the call to its answer.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from benchmarks._lab import browser_page, percentile, report, running_server, trained, training

WATCH = """() => {
  window.released = null; window.delays = [];
  document.addEventListener("pointerup", () => { window.released = performance.now(); }, true);
  const answer = () => document.querySelector(".answer ol")?.innerText ?? "";
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
        with browser_page(f"{server.url}/draw?run={run.run_id}") as page:
            page.evaluate(WATCH)
            measure(page, strokes, "idle")
            with training(Path(scratch)):
                measure(page, strokes, "while training")


def measure(page: Page, strokes: int, state: str) -> None:
    draw(page, 5)  # the first ones wake the engine
    page.evaluate("window.delays = []")
    shares = draw(page, strokes)
    delays = page.evaluate("window.delays")
    report(f"stroke → probabilities, {state} (median)", statistics.median(delays), "ms", "300")
    report(f"stroke → probabilities, {state} (P95)", percentile(delays, 0.95), "ms", "300")
    report(f"strokes answered, {state}", len(delays), f"of {strokes}", "all")
    report(f"engine's own share, {state} (P95)", percentile(shares, 0.95), "ms", "20")


def draw(page: Page, strokes: int) -> list[float]:
    """Draw short strokes anywhere on the canvas; the engine's milliseconds for each."""
    box = page.locator("canvas").first.bounding_box()
    dice = random.Random(strokes)
    shares = []
    for number in range(strokes):
        if number % 8 == 0:
            page.get_by_role("button", name="Clear").click(
                force=True, timeout=2000
            ) if number else None
            page.wait_for_timeout(600)
        x, y = (
            box[a] + dice.uniform(0.15, 0.7) * box[s] for a, s in (("x", "width"), ("y", "height"))
        )
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + dice.uniform(20, 80), y + dice.uniform(20, 80), steps=6)
        page.mouse.up()
        page.wait_for_timeout(700)
        text = page.get_by_text("It took").inner_text()
        shares.append(float(text.split("It took")[1].split("ms")[0]))
    return shares


if __name__ == "__main__":
    main()
