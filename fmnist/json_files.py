"""Files that another process may read or replace at any moment, and that anybody may have damaged.

Every JSON file and every array that is found on a disk is read here. Whatever lies there (half a
file, another kind of file, a folder, numbers that no computer holds, a million brackets), reading
ends with a value or with an OSError or a ValueError, and costs little.
"""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import stat
from pathlib import Path
from tokenize import TokenError  # of a header with many brackets, from Python 3.12 on
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from fmnist.files import replacing_file, retry_on_windows

if TYPE_CHECKING:
    import numpy as np

MAX_JSON_BYTES = 2_000_000
MAX_ARRAY_BYTES = 200_000_000
MAX_TABLE_BYTES = 100_000_000
_MAX_DEPTH = 30  # lists and objects within each other
_MAX_DIGITS = 19  # of a whole number: 64 bits
# What NumPy raises for the head of a file that is no array, and that with what else may go wrong.
_OF_NO_ARRAY = (
    EOFError, TypeError, OverflowError, MemoryError, SyntaxError, RecursionError, TokenError,
)  # fmt: skip
UNREADABLE = (OSError, ValueError, *_OF_NO_ARRAY)
_Record = TypeVar("_Record", bound=msgspec.Struct)
_NO_ROOM = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file in one move: a reader sees the old one or the new one.

    On a full disk the new one is written over the old one, which needs no room; for a moment a
    reader may then find it damaged.
    """
    text = json.dumps(value, indent=1)
    try:
        with replacing_file(path) as draft:
            draft.write_text(text, encoding="utf-8")
    except OSError as error:
        if error.errno not in _NO_ROOM or not path.is_file():
            raise
        with path.open("r+b") as file:
            file.write(text.encode("utf-8"))
            file.truncate()


def read_bytes(path: Path, limit: int) -> bytes:
    """What a file holds.

    Raises:
        OSError: it is missing or may not be read.
        ValueError: it is no plain file (a pipe would be waited for), or larger than `limit` bytes.
    """
    check_plain(path, limit)
    with path.open("rb") as file:
        return file.read(limit)


def check_plain(path: Path, limit: int) -> None:
    """Raises as `read_bytes` does, without reading."""
    found = path.stat()
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(found.st_mode):
        raise ValueError(f"{path.name} is no plain file")
    if found.st_size > limit:
        raise ValueError(f"{path.name} has {found.st_size / 1e6:,.0f} MB")


def read_json(path: Path) -> Any:
    """What a JSON file holds. Raises OSError and ValueError."""
    content = retry_on_windows(lambda: read_bytes(path, MAX_JSON_BYTES))
    return parse_json(content.decode("utf-8"))


def read_json_or_empty(path: Path) -> dict[str, Any]:
    """The object that a JSON file holds; {} where it is absent, broken or something else."""
    try:
        values = read_json(path)
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def read_record(path: Path, kind: type[_Record]) -> _Record:
    """The record that a JSON file holds. Raises OSError and ValueError."""
    return msgspec.convert(read_json(path), kind)


def read_sound_fields(path: Path, kind: type[_Record]) -> _Record:
    """Of a record whose fields all have defaults, those that are as they should be in a file.

    None is where it is absent, broken or something else.
    """
    values, sound = read_json_or_empty(path), {}
    for field in msgspec.structs.fields(kind):
        with contextlib.suppress(KeyError, msgspec.ValidationError):
            sound[field.name] = msgspec.convert(values[field.encode_name], field.type)
    return kind(**sound)


def parse_json(text: str | bytes) -> Any:
    """The value of a JSON text.

    Raises ValueError for what is no JSON, and for what nobody here has written and few places
    could bear: NaN, infinity, whole numbers of more than 64 bits, halves of characters, lists in
    lists in lists.
    """
    try:
        value = json.loads(
            text, parse_int=_whole_number, parse_float=_number, parse_constant=_refuse
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    level = [value]
    for _ in range(_MAX_DEPTH):
        for each in level:
            if isinstance(each, str):
                each.encode("utf-8")  # half of a surrogate pair can be neither shown nor stored
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return value
    raise ValueError("it is nested too deeply")


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, list) else []


def _whole_number(text: str) -> int:
    if len(text.lstrip("-")) > _MAX_DIGITS:
        raise ValueError(f"it has a number of {len(text)} digits")
    return int(text)


def _number(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"it has the number {text[:20]}, which is too large")
    return number


def _refuse(text: str) -> float:
    raise ValueError(f"it has {text}, which is no number of JSON")


def read_array(path: Path) -> np.ndarray:
    """The array of a .npy file.

    Raises:
        OSError: it is missing or may not be read.
        ValueError: it is no such file, promises more than it holds, or holds objects.
    """
    import numpy as np

    check_plain(path, MAX_ARRAY_BYTES)
    try:
        with path.open("rb") as file:
            if np.lib.format.read_magic(file) != (1, 0):
                raise ValueError(f"{path.name} is of another version of the format")
            shape, _, dtype = np.lib.format.read_array_header_1_0(file)
            held = path.stat().st_size - file.tell()
            # Compared first: the memory for terabytes that a header promises is not asked for.
            if dtype.hasobject or math.prod(shape) * dtype.itemsize != held:
                raise ValueError(f"{path.name} does not hold what it promises")
            file.seek(0)
            return np.load(file, allow_pickle=False)
    except _OF_NO_ARRAY as error:
        raise ValueError(f"{path.name} is no array ({type(error).__name__})") from error
