"""One file of a dataset in the format of MNIST, IDX: read with every check, written.

The format: https://yann.lecun.com/exdb/mnist/, as in Fashion-MNIST's own files. What is compressed
is known by its first bytes, never by its name: browsers and archivers unpack and pack again.
"""

from __future__ import annotations

import gzip
import io
import math
import zlib
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, BinaryIO

import numpy as np

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

SIDE = 28
MAX_IMAGES = 300_000  # of one split: 235 MB
MAX_LAYERS = 2  # of gzip: who packs what is packed already does it once
_IMAGES_MAGIC, _LABELS_MAGIC = 2051, 2049
_MAGIC_MEANING: dict[int | str, str] = {_IMAGES_MAGIC: "images", _LABELS_MAGIC: "labels"}
# The third byte of the magic number; numbers are big-endian.
_DTYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_MAX_RATIO = 1032  # deflate cannot do better, so a header that promises more is wrong
_CHUNK = 1 << 18  # values read at once
_COMPRESSION = 4  # of 9: the files of 60,000 images are written in two seconds, hardly larger


Stream = IO[bytes] | io.RawIOBase  # what bytes are read from


class DatasetError(ValueError):
    """A dataset file is wrong, or could not be had; the message names it and what was expected."""


class Borrowed(io.RawIOBase):
    """A stream that belongs to somebody else, who closes it; what is read is told in bytes."""

    def __init__(self, stream: Stream, tell_read: Callable[[int], None] | None = None):
        self._stream = stream
        self._tell_read = tell_read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        # Every binary stream has it, only the type IO[bytes] does not say so.
        count: int | None = self._stream.readinto(buffer)  # type: ignore[union-attr]
        if self._tell_read and count is not None:
            self._tell_read(count)
        return count


def unpack(raw: Stream) -> tuple[io.BufferedReader, int]:
    """A buffered stream of what is inside the layers of gzip, and how many layers there are.

    `raw` stays open. Raises the errors of gzip where the data is damaged: EOFError, OSError,
    zlib.error.
    """
    stream: io.BufferedReader = io.BufferedReader(Borrowed(raw), _CHUNK)
    layers = 0
    while layers < MAX_LAYERS and stream.peek(2)[:2] == _GZIP_MAGIC:
        stream, layers = (
            io.BufferedReader(gzip.GzipFile("", "rb", fileobj=stream), _CHUNK),
            layers + 1,
        )
    return stream, layers


def read_idx(raw: Stream, name: object, size: int, *, is_images: bool) -> np.ndarray:
    """One IDX file, compressed or not: uint8 (N, 28, 28) for images, uint8 (N,) for labels.

    Values of another type (labels of four bytes each) are taken where they are whole and fit.
    name: what to call it in a message. size: bytes of `raw`, as they are (compressed or not).

    Raises DatasetError when it is not such a file, and OSError.
    """
    try:
        stream, layers = unpack(raw)
        array = _read_stream(stream, name, size, size * _GZIP_MAX_RATIO**layers, is_images)
    except EOFError:
        raise DatasetError(
            f"{name} is truncated: it has {size:,} bytes, but its gzip data goes on. "
            "Download the file again."
        ) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DatasetError(
            f"{name} is corrupt: expected gzip data, found an error ({error}). Download it again."
        ) from error
    if not is_images and len(array) and array.max() > 9:
        first = int(np.argmax(array > 9))
        raise DatasetError(
            f"{name} has the label {array[first]}; expected labels 0 to 9 (it is number "
            f"{first + 1:,} of {len(array):,})."
        )
    return array


def _read_stream(
    stream: io.BufferedReader, name: object, size: int, most: int, is_images: bool
) -> np.ndarray:
    header_bytes = 16 if is_images else 8
    header = stream.read(header_bytes)
    dtype = _read_magic(header, name, is_images)
    if len(header) < header_bytes:
        raise DatasetError(
            f"{name} ends inside its header: expected {header_bytes} bytes, found {len(header)}."
        )
    count, *sides = (int.from_bytes(header[i : i + 4], "big") for i in range(4, header_bytes, 4))
    what = "images" if is_images else "labels"
    if is_images and sides != [SIDE, SIDE]:
        raise DatasetError(
            f"{name} has images of {sides[0]}×{sides[1]} pixels; expected {SIDE}×{SIDE}."
        )
    expected = count * math.prod(sides)  # values
    bytes_expected = expected * dtype.itemsize
    if bytes_expected > most:
        raise DatasetError(
            f"{name} says that it has {count:,} {what}, more than its {size:,} bytes can hold."
        )
    if count > MAX_IMAGES:
        raise DatasetError(f"{name} has {count:,} {what}; at most {MAX_IMAGES:,} can be used.")
    array, filled = np.empty(expected, np.uint8), 0
    while filled < expected:
        block = stream.read(min(_CHUNK, expected - filled) * dtype.itemsize)
        values = np.frombuffer(block, dtype, len(block) // dtype.itemsize)
        if not len(values):
            raise DatasetError(
                f"{name} is too short: its header says {count:,} {what} ({bytes_expected:,} "
                f"bytes), found {filled * dtype.itemsize + len(block):,} bytes."
            )
        array[filled : filled + len(values)] = _to_bytes(values, name, what)
        filled += len(values)
    if stream.read(1):
        raise DatasetError(
            f"{name} is too long: its header says {count:,} {what} ({bytes_expected:,} bytes), "
            "and more bytes follow."
        )
    return array.reshape(count, *sides)


def _read_magic(header: bytes, name: object, is_images: bool) -> np.dtype:
    """The type of the values; a DatasetError for a file of another kind."""
    expected = _IMAGES_MAGIC if is_images else _LABELS_MAGIC
    if len(header) >= 4 and header[:2] == b"\0\0" and header[3] == expected & 0xFF:
        if header[2] in _DTYPES:
            return np.dtype(_DTYPES[header[2]])
    elif str(name).endswith(".gz") and header[:2] not in (b"", b"\0\0"):
        raise DatasetError(
            f"{name} is corrupt: expected gzip data, found {header[:16]!r}. Download it again."
        )
    found = int.from_bytes(header[:4], "big") if len(header) >= 4 else "nothing"
    meaning = _MAGIC_MEANING.get(found)
    raise DatasetError(
        f"{name} is not a file of {_MAGIC_MEANING[expected]}: expected the magic number "
        f"{expected}, found {found}{f' (a file of {meaning})' if meaning else ''}."
    )


def _to_bytes(values: np.ndarray, name: object, what: str) -> np.ndarray:
    if values.dtype == np.uint8:
        return values
    is_byte = (values >= 0) & (values <= 255)
    is_byte &= values == np.rint(values)
    if not is_byte.all():
        raise DatasetError(
            f"{name} has the value {values[~is_byte][0]:g} among its {what}; expected whole "
            f"numbers from 0 to {255 if what == 'images' else 9}."
        )
    return values.astype(np.uint8)


def write_idx(raw: BinaryIO, array: np.ndarray) -> None:
    """Write uint8 images (N, 28, 28) or labels (N,) as a gzipped IDX file without time and name."""
    magic = _IMAGES_MAGIC if array.ndim == 3 else _LABELS_MAGIC
    header = b"".join(number.to_bytes(4, "big") for number in (magic, *array.shape))
    with gzip.GzipFile("", "wb", _COMPRESSION, raw, mtime=0) as file:
        file.write(header)
        file.write(np.ascontiguousarray(array).data)
