"""A class on one server: what 1, 10, 30, 60 and 100 people feel while a training runs.

`python -m benchmarks.classroom [--sessions 1 10 30 60 100] [--seconds 25]`: each session speaks the
server's web socket as a browser does and draws nothing. Of ten people three watch the training,
three draw, a stroke every four seconds, and four read, another page every 20 s. All of them work
on the same two cores as the server, so what they take themselves is told apart. At the end all
connections break at once, and all pages are asked for again.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import _seat
from benchmarks._lab import Server, percentile, running_server, training
from benchmarks._seat import Seat
from benchmarks._table import report
from fmnist.runs.store import Run

SESSIONS = (1, 10, 30, 60, 100)
MIX = ("watch", "draw", "read", "read", "draw", "watch", "read", "draw", "watch", "read")
STROKE_EVERY = 4.0  # seconds, half as long at the least and half as long again at the most
READ_FOR = 20.0
PAGES = ("browse", "evaluate", "", "inside", "runs", "confidence", "evaluate", "labels")
RAMP = 8.0  # seconds in which all come
SETTLE = 10.0  # seconds until what they asked for as they came is done
ALONE = 6.0  # seconds without anybody, before and after


@dataclass
class Felt:
    """Seconds, as they were felt."""

    rows: list[float] = field(default_factory=list)
    strokes: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, nargs="+", default=SESSIONS)
    parser.add_argument("--seconds", type=float, default=25, help="length of each measurement")
    options = parser.parse_args()
    report("ten million additions in Python, how fast this core is", add_up(), "s", "none")
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch,
        training(Path(scratch), epochs=200) as run,
    ):
        for count in options.sessions:
            with running_server(Path(scratch)) as server:
                asyncio.run(measure(server, run, count, options.seconds))


def add_up() -> float:
    """Seconds for a plain loop: what follows is to be seen in its light."""
    started, total = time.perf_counter(), 0
    for number in range(10_000_000):
        total += number
    return time.perf_counter() - started


async def measure(server: Server, run: Run, count: int, seconds: float) -> None:
    await warm_up(server, run)
    rows = _seat.Rows(run)
    async with asyncio.TaskGroup() as background:
        following = background.create_task(rows.follow())
        before = await rows.speed_for(ALONE)
        held = server.psutil.memory_info().rss
        seats = [Seat(server.port, MIX[number % len(MIX)]) for number in range(count)]
        felt = Felt()
        lives = [background.create_task(live(seat, run, felt, count)) for seat in seats]
        await asyncio.sleep(RAMP + SETTLE)
        came = list(felt.pages)
        felt.strokes.clear()
        felt.pages.clear()
        began, used, own = time.time(), server.cpu_seconds(), time.process_time()
        watched = await rows.speed_for(seconds)
        ended, used = time.time(), server.cpu_seconds() - used
        own = time.process_time() - own
        held = server.psutil.memory_info().rss - held
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)
        back, lost = await reconnect(seats)
        for seat in seats:
            await seat.close()
        after = await rows.speed_for(ALONE)
        following.cancel()
    for seat in seats:
        if seat.role == "watch":
            felt.rows += rows.delays(seat.frames, began, ended - 2)
    alone = (before + after) / 2
    print(
        f"{count} sessions: {len(felt.rows)} rows seen, {len(felt.strokes)} strokes, "
        f"{len(felt.pages)} pages; images/s alone {alone:,.0f}, watched {watched:,.0f}; "
        f"server {used / seconds:.2f} cores, these sessions {own / seconds:.2f}"
    )
    name = f"classroom of {count}"
    tell(f"{name}: row of batches.csv → on screen (P95)", felt.rows, "1")
    tell(f"{name}: stroke → prediction (P95)", felt.strokes, "0.5" if count <= 30 else "1")
    tell(f"{name}: page run (P95)", felt.pages, "1.5")
    tell(f"{name}: first page, while all come within 6 s (P95)", came, "none")
    report(f"{name}: memory of a session", held / 1e6 / count, "MB", "0.5 at 100")
    report(f"{name}: training slowed by", 100 * (1 - watched / alone), "%", "10")
    report(f"{name}: all back after a break", back, "s", "10")
    report(f"{name}: sessions that lost something", lost, f"of {count}", "0")


def tell(figure: str, values: list[float], goal: str) -> None:
    if values:
        report(figure, percentile(values, 0.95), "s", goal)


async def warm_up(server: Server, run: Run) -> None:
    """Have everything imported and loaded that the first person would wait for."""
    seat = Seat(server.port, "draw")
    await seat.connect()
    for page in dict.fromkeys(PAGES):
        await seat.open(page)
    await seat.open("train", f"run={run.run_id}")
    await seat.open("draw")
    for _ in range(10):  # the engine loads its model
        await seat.stroke()
        await asyncio.sleep(0.2)
    await seat.close()


async def live(seat: Seat, run: Run, felt: Felt, count: int) -> None:
    """What one person does, until cancelled."""
    await asyncio.sleep(random.uniform(0, RAMP * 0.7) if count > 1 else 0)
    await seat.connect()
    if seat.role == "watch":
        felt.pages.append(await seat.open("train", f"run={run.run_id}"))
        await asyncio.Event().wait()
    if seat.role == "draw":
        felt.pages.append(await seat.open("draw"))
        while True:
            await asyncio.sleep(STROKE_EVERY * random.uniform(0.5, 1.5))
            felt.strokes.append(await seat.stroke())
    while True:
        for page in random.sample(PAGES, len(PAGES)):
            felt.pages.append(await seat.open(page))
            await asyncio.sleep(READ_FOR * random.uniform(0.5, 1.5))


async def reconnect(seats: list[Seat]) -> tuple[float, int]:
    """Break all connections at once; seconds until all are served again, and who lost something.

    A drawing that is answered differently, or a session that is another one, is a loss.
    """
    await asyncio.gather(*(seat.calm() for seat in seats))
    for seat in seats:
        seat.cut()
    await asyncio.sleep(1)
    started = time.perf_counter()
    served = asyncio.gather(*(seat.come_back() for seat in seats))
    is_kept = [False] * len(seats)
    with contextlib.suppress(TimeoutError):
        is_kept = await asyncio.wait_for(served, 60)
    return time.perf_counter() - started, is_kept.count(False)


if __name__ == "__main__":
    main()
