"""What the commands of the Lab have in common."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from fmnist.plain_text import clean

if TYPE_CHECKING:
    from fmnist.dataset import Progress

DRAW_EVERY = 0.1  # seconds


def say(message: object, screen: TextIO | None = None) -> None:
    """One line for a person, on standard error or the screen given.

    A file's name or a run's title in it may hold anything: what would move the cursor, colour the
    terminal or turn the text round is left out.
    """
    print(clean(str(message)), file=screen or sys.stderr, flush=True)


class Parser(argparse.ArgumentParser):
    """Options are never abbreviated, and a mistake gets one line."""

    def __init__(self, **options: Any):
        super().__init__(**options, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """One line, without the pages of usage; exit code 2."""
        say(f"{self.prog}: {message} (--help lists all options)")
        self.exit(2)


@contextmanager
def draw_progress(screen: TextIO) -> Iterator[Progress | None]:
    """One line that is overwritten, with the time left; None where no person looks.

    It is cleared at the end.
    """
    if not screen.isatty():
        yield None
        return
    began, next_draw = time.monotonic(), 0.0

    def show(name: str, done: int, total: int) -> None:
        nonlocal next_draw
        now = time.monotonic()
        if now < next_draw and done < total:
            return
        next_draw = now + DRAW_EVERY
        left = (now - began) * (total - done) / max(done, 1)
        print(
            f"\r\033[K{clean(name, 40)}: {done / max(total, 1):.0%}, about {left:.0f} s left",
            end="",
            file=screen,
            flush=True,
        )

    try:
        yield show
    finally:
        print("\r\033[K", end="", file=screen, flush=True)
