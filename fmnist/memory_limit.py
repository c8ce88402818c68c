"""How much memory somebody else's model may take, and how a process is held to it.

The check of such a model and the engine's process that answers with it take half each of one bound.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import psutil

MOST = 4_000_000_000  # bytes of all such processes together, however much there is
LEAST = 2_000_000_000  # of all together: TensorFlow itself takes 0.7 in each
OUT_OF_MEMORY = 77  # exit code of a process that was ended by its own watch

_LOOK_EVERY = 0.1  # seconds, where the system has no limit to set
_CGROUP = Path("/sys/fs/cgroup")


def bound() -> int:
    """Bytes that all processes with other people's models may take together: half of what is
    available, but no more than `MOST`, and no fewer than `LEAST`.
    """
    return int(min(MOST, max(LEAST, _available() / 2)))


def bound_of_one() -> int:
    """Bytes of one such process: there are two at most, a check and the engine's."""
    return bound() // 2


def limit_memory(most: int) -> None:
    """Hold this process to `most` bytes from here on, what it has already included.

    On Linux the system refuses what is beyond (RLIMIT_DATA), for good: an allocation fails with a
    MemoryError, an error of TensorFlow's, or the end of the process by SIGABRT. The address space
    would be no measure, as TensorFlow reserves far more than it uses. Elsewhere a thread watches,
    and ends the process with `OUT_OF_MEMORY`.

    Call it once TensorFlow is imported: its libraries and the stacks of its threads do not count
    as growth then.
    """
    if sys.platform != "linux":
        threading.Thread(target=_watch, args=(most,), daemon=True).start()
        return
    import resource

    memory = psutil.Process().memory_info()
    most_data = memory.data + max(most - memory.rss, 0)
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard != resource.RLIM_INFINITY:
        most_data = min(most_data, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most_data, most_data))


def _watch(most: int) -> None:
    process = psutil.Process()
    while process.memory_info().rss <= most:
        time.sleep(_LOOK_EVERY)
    os._exit(OUT_OF_MEMORY)


def _available() -> float:
    """Bytes free on this computer, or in this container where that is less."""
    available = float(psutil.virtual_memory().available)
    try:
        most = int((_CGROUP / "memory.max").read_text())
        used = int((_CGROUP / "memory.current").read_text())
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return available
    return min(available, max(most - used, 0))
