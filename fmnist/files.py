"""Files and folders that appear in one move: a reader sees the old one or the new one, never half.

Until it is whole, what is written lies under a temporary name beside its place. Nothing is left
there after an error.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np

_Result = TypeVar("_Result")


def retry_on_windows(access: Callable[[], _Result]) -> _Result:
    """Windows refuses a file that another process has open; that passes in milliseconds."""
    for _ in range(20 if os.name == "nt" else 0):
        try:
            return access()
        except PermissionError:
            time.sleep(0.05)
    return access()


def move(source: Path, target: Path) -> Path:
    """Move a file, in the place of the one there, or a folder; returns `target`.

    Raises OSError, with everything where it was; so it is when `target` is a folder that has files.
    """
    return retry_on_windows(
        lambda: source.rename(target) if source.is_dir() else source.replace(target)
    )


def move_to_free_name(draft: Path, parent: Path, stem: str) -> Path:
    """Move a folder to the first free one of stem, stem-2, stem-3, … in `parent`; returns it.

    Raises OSError.
    """
    for number in range(1, 1000):
        target = parent / (stem if number == 1 else f"{stem}-{number}")
        if target.exists():
            continue
        try:
            return move(draft, target)
        except OSError:
            if not target.exists():  # otherwise somebody else took the name: try the next
                raise
    raise FileExistsError(f"no free name for {stem}")


@contextlib.contextmanager
def replacing_file(path: Path, suffix: str = ".tmp") -> Iterator[Path]:
    """A temporary name, to be written to; in the end it takes the place of `path`.

    suffix: what the temporary name ends in, where whoever writes it insists, as Keras does.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}{suffix}")
    try:
        yield draft
        move(draft, path)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


@contextlib.contextmanager
def drafting_folder(parent: Path, prefix: str = ".new-") -> Iterator[Path]:
    """A new folder in `parent`, to be given to `move` or `replace_folder` once it is complete."""
    draft = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    try:
        draft.chmod(0o755)
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def replace_folder(draft: Path, target: Path) -> None:
    """Move `draft` to `target`; what was there goes beside the draft, and comes back on a failure.

    Raises OSError.
    """
    before = draft.with_name(f"before-{target.name}")
    if target.exists():
        move(target, before)
    try:
        move(draft, target)
    except OSError:
        if before.exists():
            move(before, target)
        raise


def remove_folder(folder: Path) -> None:
    """Remove a folder: at once gone from every list, even if its files take a while.

    Raises OSError; what could not be removed is then put back, so that it stays where it is seen.
    """
    trash = Path(tempfile.mkdtemp(prefix=f".deleted-{folder.name}-", dir=folder.parent))
    try:
        shutil.rmtree(move(folder, trash / folder.name))
    except OSError:
        with contextlib.suppress(OSError):
            if (trash / folder.name).is_dir():
                move(trash / folder.name, folder)
        raise
    finally:
        with contextlib.suppress(OSError):
            trash.rmdir()


def save_array(path: Path, array: np.ndarray) -> None:
    """Write a .npy file in one move. Raises OSError."""
    import numpy as np

    with replacing_file(path) as draft, draft.open("wb") as file:
        np.save(file, array)  # through an open file, or NumPy would append .npy to the name
