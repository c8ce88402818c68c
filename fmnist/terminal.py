"""What a person sees at a terminal: lines that are safe to print, and how far the work is.

`rich` draws; it is imported where something is drawn, for it takes longer than most commands' work.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TextIO

from fmnist.plain_text import clean

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import BarColumn, ProgressColumn

_LONGEST_NAME = 40  # characters
_BAR_WIDTH = 24  # characters, where there is room


def say(message: object, terminal: TextIO | None = None) -> None:
    """One line for a person, on standard error or the terminal given.

    A file's name or a run's title in it may hold anything: what would move the cursor, colour the
    terminal or turn the text round is left out.
    """
    print(clean(str(message)), file=terminal or sys.stderr, flush=True)


def make_console(terminal: TextIO) -> Console:
    """What rich draws on: as wide as the terminal; a file or a pipe gets no control characters."""
    from rich.console import Console

    width = None
    with contextlib.suppress(OSError, ValueError):  # no terminal, or no file at all
        width = os.get_terminal_size(terminal.fileno()).columns or None
    return Console(
        file=terminal,
        width=width,
        force_terminal=terminal.isatty(),  # whatever FORCE_COLOR says
        force_jupyter=False,
        markup=False,
        emoji=False,
        highlight=False,
    )


def make_bar_column() -> BarColumn:
    """A bar that gives way to what is said beside it."""
    from rich.progress import BarColumn
    from rich.table import Column

    return BarColumn(None, table_column=Column(max_width=_BAR_WIDTH))


@contextlib.contextmanager
def draw_progress(
    terminal: TextIO, *, in_bytes: bool = False
) -> Iterator[Callable[[str, int, int], None] | None]:
    """A bar with the time left, to be told what is done, how much of it and of how much.

    It is there while the block runs, and leaves nothing behind; None where no person looks.
    """
    if not terminal.isatty():
        yield None
        return
    from rich import progress

    amount: ProgressColumn = progress.TaskProgressColumn()
    if in_bytes:
        amount = progress.DownloadColumn()
    with progress.Progress(
        progress.TextColumn("{task.description}", markup=False),
        make_bar_column(),
        amount,
        progress.TimeRemainingColumn(),
        console=make_console(terminal),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as bar:
        task = bar.add_task("", total=None)
        shown = None

        def show(name: str, done: int, total: int) -> None:
            nonlocal shown
            if name != shown:
                shown = name
                bar.reset(task, description=clean(name, _LONGEST_NAME), total=total)
            bar.update(task, completed=done, total=total)

        yield show


def clear_abandoned_bar() -> None:
    """Take away the bar that a process has left which was killed while it drew; show the cursor."""
    if not sys.stderr.isatty():
        return
    from rich.control import Control, ControlType

    console = make_console(sys.stderr)
    console.control(Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2)))
    console.show_cursor()
