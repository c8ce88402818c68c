"""A room of people at one server, over its web socket, as browsers speak to it, without any."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks._seat import Seat
from pages._train.live import TICKS
from tests.browser.conftest import Server, at_start
from tests.factories import runs as run_factory

PEOPLE = 4
PATIENCE = 300.0  # seconds
# As if there were ten times as many people.
FEW_LOOKS = """
from fmnist import pace
made = pace.Pace.__init__
def make(self, usual, most, **options):
    made(self, usual, most / 10, **options)
pace.Pace.__init__ = make
"""


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, browser_data_dir: Path, browser_cache_dir: Path
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("room")
    server = Server(folder, browser_data_dir, browser_cache_dir, **at_start(folder, FEW_LOOKS))
    yield server
    server.kill()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.05)


async def watch_together(server: Server, run_id: str) -> None:
    seats = [Seat(server.port, "watch") for _ in range(PEOPLE)]
    first, *others = seats
    await first.connect()
    await first.open("train", f"run={run_id}")
    await until(lambda: bool(first.frames))
    assert TICKS["running"] in first.intervals, "alone, one looks as often as usual"
    for seat in others:
        await seat.connect()
        await seat.open("train", f"run={run_id}")
    await until(lambda: TICKS["running"] not in first.intervals)
    assert min(first.intervals) > TICKS["running"], "the others slow the first one down"
    assert all(seat.frames for seat in seats)
    charts = {data for seat in seats for _, data in seat.frames}
    assert len(charts) == 2, "all saw the same: the accuracy and the loss"

    for seat in seats:
        await seat.close()
    served = await asyncio.gather(*(seat.come_back() for seat in seats))
    assert all(served), "after a break, everybody is in the same session as before"
    for seat in seats:
        await seat.close()


def test_people_who_watch_together_look_less_often_and_come_back_after_a_break(server: Server):
    shutil.rmtree(server.runs_dir / run_factory.RUN_ID, ignore_errors=True)  # of a first try
    run_dir = run_factory.write_run(server.runs_dir, status="running")
    # In a thread of its own: in this one, Playwright's loop runs once a page was opened.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(watch_together(server, run_dir.name))).result()
