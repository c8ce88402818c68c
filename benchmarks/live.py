"""How soon a row of `batches.csv` is on screen while a training runs, and what watching costs.

`python -m benchmarks.live [--seconds 60]`: conv-64 on the real dataset. Chromium shows the delay,
from when the engine, which starts with the server, is up; a viewer without a browser shows the
server's share. Chromium's own processor time is told apart.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from pathlib import Path

import psutil

from benchmarks._lab import (
    Server,
    Viewer,
    browser_page,
    percentile,
    running_server,
    training,
)
from benchmarks._table import report
from fmnist.runs import outputs, store
from fmnist.runs.store import Run

ROUNDS = 4
# Every change of the live curve in the chart: when, and the x of its last point (in epochs). And
# each frame in which there is no curve to be seen.
WATCH = """() => {
  Object.assign(window, { seen: [], frames: 0, blank: 0 });
  let last = null;
  const look = () => {
    const path = document.querySelector("[data-testid=stVegaLiteChart] .mark-line path");
    const items = path?.__data__?.mark?.items ?? [];
    const x = items.length ? items[items.length - 1].datum.epoch : null;
    if (x !== null && x !== last) { last = x; window.seen.push([Date.now() / 1000, x]); }
    window.frames += 1;
    window.blank += path?.checkVisibility({ visibilityProperty: true }) ? 0 : 1;
    requestAnimationFrame(look);
  };
  look();
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="length of each measurement")
    seconds = parser.parse_args().seconds
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch,
        running_server(Path(scratch)) as server,
        training(Path(scratch)) as run,
    ):
        measure_delay(server.url, run, seconds)
        measure_server(server, run, seconds)


def measure_delay(url: str, run: Run, seconds: float) -> None:
    written: list[tuple[float, float]] = []  # when a row was there, and its x in epochs
    done = threading.Event()
    watcher = threading.Thread(target=watch_file, args=(run, written, done))
    with browser_page(f"{url}/train?run={run.run_id}") as page:
        page.get_by_text("on this machine").first.wait_for()  # the form is there as well
        page.locator("[data-testid=stVegaLiteChart] .mark-line path").first.wait_for()
        page.evaluate(WATCH)
        watcher.start()
        chromium = [p for p in psutil.Process().children(recursive=True) if "chrom" in p.name()]
        before = sum(cpu_seconds(process) for process in chromium)
        page.wait_for_timeout(1000 * seconds)
        browser_fraction = (sum(map(cpu_seconds, chromium)) - before) / seconds
        done.set()
        watcher.join()
        page.wait_for_timeout(2000)
        seen, frames, blank = page.evaluate("[window.seen, window.frames, window.blank]")
    delays = []
    for moment, x in written:
        shown = next((when for when, seen_x in seen if seen_x >= x - 1e-3), None)
        if shown is not None:
            delays.append(shown - moment)
    print("slowest rows, s:", ", ".join(f"{delay:.2f}" for delay in sorted(delays)[-6:]))
    report("row of batches.csv → on screen (median)", statistics.median(delays), "s", "1")
    report("row of batches.csv → on screen (P95)", percentile(delays, 0.95), "s", "1")
    report("rows that came on screen", len(delays), f"of {len(written)}", "all")
    report("frames without the live curve", blank, f"of {frames}", "0 of 500")
    report(
        "Chromium's own processor time while watching", browser_fraction, "cores", "reported only"
    )


def watch_file(run: Run, written: list[tuple[float, float]], done: threading.Event) -> None:
    steps_per_epoch = store.load_run(run.run_id).status.steps_per_epoch
    path = run.file("batches.csv")
    size = path.stat().st_size
    while not done.wait(0.02):
        if path.stat().st_size == size:
            continue
        size = path.stat().st_size
        step = outputs.read_batches(run)["step"].iloc[-1]
        written.append((path.stat().st_mtime, step / steps_per_epoch))


def measure_server(server: Server, run: Run, seconds: float) -> None:
    """Rounds without and with a viewer, alternating: the training's speed, the server's time."""
    speeds: dict[bool, list[float]] = {False: [], True: []}
    server_seconds = 0.0
    looks = 0
    for number in range(2 * ROUNDS):
        is_watched = number % 2 == 1
        began, cpu = time.time(), server.cpu_seconds()
        if is_watched:
            viewer = Viewer(server)
            viewer.open("train", f"run={run.run_id}")
            looks += viewer.watch(seconds / ROUNDS)
            viewer.close()
            server_seconds += server.cpu_seconds() - cpu
        else:
            time.sleep(seconds / ROUNDS)
        speeds[is_watched] += speeds_between(run, began, time.time())
        time.sleep(1)
    alone, watched = statistics.mean(speeds[False]), statistics.mean(speeds[True])
    print(f"{looks} looks; images/s alone {alone:,.0f}, watched {watched:,.0f}")
    report("training slowed by the server with one viewer", 100 * (1 - watched / alone), "%", "5")
    fraction = 100 * server_seconds / seconds / psutil.cpu_count()
    report("server's processor time with one viewer", fraction, "% of all", "5")


def speeds_between(run: Run, began: float, ended: float) -> list[float]:
    """Images per second of the rows written between two times; two rows come in a second."""
    rows = outputs.read_batches(run)["images_per_second"]
    last_written = run.file("batches.csv").stat().st_mtime
    newest = len(rows) - max(0, round(2 * (last_written - ended)))
    return rows[max(0, newest - round(2 * (ended - began))) : newest].tolist()


def cpu_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return times.user + times.system


if __name__ == "__main__":
    main()
