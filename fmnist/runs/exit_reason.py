"""Why a process ended that could not say so itself: its exit code, and what its log tells.

A process that is killed, or that TensorFlow's C++ ends with abort(), runs no more Python. Whoever
started it knows its exit code, everybody has its log.
"""

from __future__ import annotations

import re
import signal
import textwrap
from pathlib import Path

_LOOKED_THROUGH = 100_000  # bytes at the end of a log
_LONGEST_LINE = 300  # characters quoted
_MOST_LINES = 2

# What C++ and Python write on their last legs. The level and the file come before it.
_TELLING = re.compile(
    r"Check failed|No space left on device|Disk quota exceeded|Read-only file system"
    r"|terminate called|what\(\):|bad_alloc|[Oo]ut of memory|OOM when|Cannot allocate memory"
    r"|free\(\)|malloc|stack smashing|Illegal instruction"
    r"|^[\w.]*(Error|Exception|Interrupt)(:|$)|^F\d{4} |: F |No module named"
)
_PREFIX = re.compile(
    r"^(\d{4}-\d\d-\d\d[ T][\d:.]+: )?([FEWI](\d{4} [\d:.]+ +\d+)? )?([\w./+-]+:\d+\] )?"
)
_CRASHES = {
    "SIGABRT": "aborted",
    "SIGSEGV": "crashed",
    "SIGBUS": "crashed",
    "SIGILL": "crashed",
    "SIGFPE": "crashed",
}


def describe_exit(code: int | None, log: Path, process: str = "training") -> str:
    """In a sentence or two, how a process ended that recorded nothing.

    Args:
        code: as `subprocess` gives it, negative for a signal; None where nobody knows it.
        log: the file its standard error went to.
        process: which one, as in "The training process was killed".
    """
    return f"The {process} process {_describe_code(code)}.{_quote(find_last_words(log))}"


def was_cut_short(message: str) -> bool:
    """Whether a run's message is of `describe_exit`: its process died, for no reason of its own."""
    return message.startswith(("The training process ", "Its process never started"))


def _describe_code(code: int | None) -> str:
    if code is None:
        return "ended unexpectedly: it was killed, or the computer was switched off"
    if code >= 0:
        return f"ended with exit code {code if code < 2**31 else hex(code)}"  # hex on Windows
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    if name == "SIGKILL":
        return f"was killed, possibly for lack of memory (exit code {code}, {name})"
    return f"{_CRASHES.get(name, 'was ended')} (exit code {code}, {name})"


def _quote(words: str) -> str:
    return f" Its log says: “{words}”." if words else ""


def find_last_words(log: Path) -> str:
    """The last lines of a log that tell why a process ended, cleaned; "" where none does."""
    lines = [line.strip() for line in read_tail(log, _LOOKED_THROUGH).splitlines()]
    telling = [_PREFIX.sub("", line) for line in lines if _TELLING.search(line)]
    cut = [textwrap.shorten(line, _LONGEST_LINE, placeholder=" …") for line in telling]
    return " / ".join(dict.fromkeys(cut[-_MOST_LINES:])).rstrip(".")


def read_tail(path: Path, size: int) -> str:
    """The last `size` bytes of a file, from the start of a line; "" where it cannot be read."""
    try:
        if not path.is_file():  # a pipe would be waited for
            return ""
        with path.open("rb") as file:
            length = file.seek(0, 2)
            file.seek(max(length - size, 0))
            content = file.read(size)
    except OSError:
        return ""
    text = content.decode("utf-8", "replace").replace("\0", "")
    return text if length <= size else text.partition("\n")[2]
