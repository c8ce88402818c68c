"""How much memory the app takes, process by process: opened, after a drawing, and while training.

`python -m benchmarks.memory`: the dataset as FMNIST_DATA_DIR or the cache has it; a drawing for the
bundled run; the recipe `quick` from its start to its end. On Linux a page that several processes
share counts for each by its part (PSS), so that the sum is what the computer must have; elsewhere
it is resident memory. The browser is not counted.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks._lab import Server, browser_page, running_server, wait_until_idle
from benchmarks._table import report
from benchmarks.stroke import draw
from fmnist.recipes import RECIPES
from fmnist.runs import jobs, store

EVERY = 0.5  # seconds between two looks while training


def main() -> None:
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch,
        running_server(Path(scratch)) as server,
        browser_page(server.url) as page,
    ):
        # The engine starts by itself two seconds after a server's first page.
        report("memory, Browse just opened: server", megabytes(server.psutil), "MB", "400")
        page.goto(f"{server.url}/draw?model=bundled")
        wait_until_idle(page)
        draw(page, 3)
        processes = {"server": server.psutil, "engine": engine_of(server)}
        show("after a drawing", measure(processes))
        show("most while `quick` trains", watch_training(processes, Path(scratch)))


def watch_training(processes: dict[str, psutil.Process], runs_dir: Path) -> dict[str, float]:
    """The most megabytes of each process, and of all at once, while a training runs and scores."""
    os.environ["FMNIST_RUNS_DIR"] = str(runs_dir)
    run = store.load_run(jobs.start_run(RECIPES["quick"].config))
    most: dict[str, float] = {}
    while run.is_live:
        time.sleep(EVERY)
        if run.status.pid is not None:
            with contextlib.suppress(psutil.NoSuchProcess):  # it has just ended
                now = measure({**processes, "training": psutil.Process(run.status.pid)})
                most = {name: max(most.get(name, 0), value) for name, value in now.items()}
        run = store.load_run(run.run_id)
    if run.status.status != "completed":
        raise RuntimeError(run.status.message)
    return most


def measure(processes: dict[str, psutil.Process]) -> dict[str, float]:
    """Megabytes of each process, and of the whole app."""
    taken = {name: megabytes(process) for name, process in processes.items()}
    return {**taken, "whole app": sum(taken.values())}


def megabytes(process: psutil.Process) -> float:
    if psutil.LINUX:
        return process.memory_full_info().pss / 1e6
    return process.memory_info().rss / 1e6


def engine_of(server: Server) -> psutil.Process:
    children = server.psutil.children(recursive=True)
    return next(child for child in children if "fmnist.engine.server" in child.cmdline())


def show(state: str, taken: dict[str, float]) -> None:
    for name, value in taken.items():
        report(f"memory, {state}: {name}", value, "MB", "reported only")


if __name__ == "__main__":
    main()
