"""How a training process holds on to memory."""

from __future__ import annotations

import ctypes

# mallopt's numbers, from glibc's malloc.h
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX, _M_ARENA_MAX = -1, -2, -4, -8
_GROW_BY = 256 * 2**20  # bytes


def keep_freed_memory() -> None:
    """Keep what is freed for the next step instead of giving it back to the system.

    A step frees the maps of its batch and the next one asks for the same again. glibc gives arrays
    of that size back at once, and the system clears every page of them before it lends them again:
    half of the time of a small network. To be called before the first large array; for the process
    as a whole and for good, so only where a training is all that it does. Without glibc, nothing.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # macOS, musl, Windows
        return
    mallopt(_M_MMAP_MAX, 0)  # no array is a mapping of its own
    mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
    mallopt(_M_TOP_PAD, _GROW_BY)
    mallopt(_M_ARENA_MAX, 1)  # the threads of a step exchange arrays, so they share one pool
