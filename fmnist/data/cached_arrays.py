"""Arrays in the cache folder: read where they are whole, computed and kept where they are not."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from fmnist.files import save_array
from fmnist.json_files import read_array


def read_or_compute(
    path: Path, shape: tuple[int, ...], compute: Callable[[], np.ndarray], replaces: str = ""
) -> np.ndarray:
    """The float32 array of this shape in a .npy file, or else what `compute` returns, kept there.

    replaces: as in `keep`.
    """
    with contextlib.suppress(OSError, ValueError):
        array = read_array(path)
        if array.shape == shape and array.dtype == np.float32:
            return array
    array = compute()
    keep(path, array, replaces)
    return array


def keep(path: Path, array: np.ndarray, replaces: str = "") -> None:
    """Write the array in one move; where that fails, it costs time later and nothing else.

    replaces: a pattern of the names beside it that are out of date now, its own aside.
    """
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        save_array(path, array)
        for other in path.parent.glob(replaces) if replaces else ():
            if other != path:
                other.unlink(missing_ok=True)
