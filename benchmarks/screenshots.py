"""The README's pictures, made by driving the real app: `python -m benchmarks.screenshots`.

Uses the runs in FMNIST_RUNS_DIR (at least one finished) and starts a training for the live curves,
which it cancels and deletes at the end. `--theme dark` and `--width 390` show what else people see.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks._lab import running_server, training, wait_until_idle
from benchmarks._table import ROOT
from fmnist.runs import store
from tests.browser.find_chromium import find_chromium

# A T-shirt in the unit square, one stroke.
T_SHIRT = [
    (0.36, 0.16), (0.43, 0.22), (0.57, 0.22), (0.64, 0.16), (0.88, 0.3), (0.8, 0.46), (0.7, 0.4),
    (0.7, 0.84), (0.3, 0.84), (0.3, 0.4), (0.2, 0.46), (0.12, 0.3), (0.36, 0.16),
]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "screenshots")
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument("--width", type=int, default=1280, help="of the window, pixels")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    finished = next(run for run in store.list_runs() if run.status.status == "completed")
    with running_server(store.runs_dir()) as server, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(find_chromium()), args=["--no-sandbox"]
        )
        page = chromium.new_page(
            viewport={"width": options.width, "height": 860}, color_scheme=options.theme
        )

        def shoot(name: str, path: str) -> None:
            page.goto(f"{server.url}/{path}")
            wait_until_idle(page)
            if name == "draw":
                draw(page)
            elif name == "train":
                page.get_by_text("Epoch 2 of").first.wait_for(timeout=300_000)
            page.wait_for_timeout(3000)  # the last fonts and chart transitions
            page.screenshot(path=options.out / f"{name}.png")
            print(options.out / f"{name}.png", flush=True)

        model = f"model={finished.run_id}"
        shoot("start", "")
        shoot("browse", "browse")
        shoot("evaluate", f"evaluate?{model}")
        shoot("shirts", f"evaluate?{model}&view=images&true=6")
        shoot("inside", f"inside?{model}&split=test&index=6")
        shoot("why", f"inside?{model}&split=test&index=4886&view=why")
        shoot("runs", "runs")
        shoot("draw", "draw")
        with training(store.runs_dir(), name="conv-32", filters=(32,), epochs=8) as live:
            shoot("train", f"train?run={live.run_id}")
        store.delete_run(store.load_run(live.run_id))
        chromium.close()


def draw(page: Page) -> None:
    """One stroke in the form of a T-shirt, and wait for the prediction."""
    box = page.locator("canvas.upper-canvas").bounding_box()
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in T_SHIRT]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=max(2, math.ceil(box["width"] / 60)))
    page.mouse.up()
    page.get_by_text("It took").wait_for(timeout=60_000)


if __name__ == "__main__":
    main()
