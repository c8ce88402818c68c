"""One file of a dataset in the format of MNIST, IDX: read with every check, written.

The format: https://yann.lecun.com/exdb/mnist/, as in Fashion-MNIST's own files.
"""

from __future__ import annotations

import gzip
import zlib
from typing import BinaryIO

import numpy as np

SIDE = 28
MAX_IMAGES = 300_000  # of one split: 235 MB
_IMAGES_MAGIC, _LABELS_MAGIC = 2051, 2049
_MAGIC_MEANING = {_IMAGES_MAGIC: "images", _LABELS_MAGIC: "labels"}
_GZIP_MAX_RATIO = 1032  # deflate cannot do better, so a header that promises more is wrong
_CHUNK_BYTES = 1 << 18
_COMPRESSION = 4  # of 9: the files of 60,000 images are written in two seconds, hardly larger


class DatasetError(ValueError):
    """A dataset file is wrong, or could not be had; the message names it and what was expected."""


def read_idx(
    raw: BinaryIO, name: object, size: int, *, is_images: bool, is_gzip: bool = True
) -> np.ndarray:
    """One IDX file: uint8 (N, 28, 28) for images, uint8 (N,) for labels.

    name: what to call it in a message. size: bytes of `raw`, as they are (compressed or not).

    Raises DatasetError when it is not such a file, and OSError.
    """
    stream = gzip.GzipFile(fileobj=raw) if is_gzip else raw
    most = size * (_GZIP_MAX_RATIO if is_gzip else 1)
    try:
        array = _read_stream(stream, name, size, most, is_images)
    except EOFError:
        raise DatasetError(
            f"{name} is truncated: it has {size:,} bytes and its gzip data goes on. "
            "Fetch the file again."
        ) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DatasetError(
            f"{name} is corrupt: expected gzip data, found an error ({error}). Fetch it again."
        ) from error
    if not is_images and len(array) and array.max() > 9:
        first = int(np.argmax(array > 9))
        raise DatasetError(
            f"{name} has the label {array[first]}; expected labels 0 to 9 (it is number "
            f"{first + 1:,} of {len(array):,})."
        )
    return array


def _read_stream(
    stream: BinaryIO | gzip.GzipFile, name: object, size: int, most: int, is_images: bool
) -> np.ndarray:
    expected_magic = _IMAGES_MAGIC if is_images else _LABELS_MAGIC
    header_bytes = 16 if is_images else 8
    header = stream.read(header_bytes)
    numbers = [int.from_bytes(header[i : i + 4], "big") for i in range(0, len(header) // 4 * 4, 4)]
    if not numbers or numbers[0] != expected_magic:
        found = numbers[0] if numbers else "nothing"
        meaning = _MAGIC_MEANING.get(found)
        raise DatasetError(
            f"{name} is not a file of {_MAGIC_MEANING[expected_magic]}: expected the magic number "
            f"{expected_magic}, found {found}{f' (a file of {meaning})' if meaning else ''}."
        )
    if len(header) < header_bytes:
        raise DatasetError(
            f"{name} ends inside its header: expected {header_bytes} bytes, found {len(header)}."
        )
    if is_images and numbers[2:] != [SIDE, SIDE]:
        raise DatasetError(
            f"{name} has images of {numbers[2]}×{numbers[3]} pixels; expected {SIDE}×{SIDE}."
        )
    shape = (numbers[1], SIDE, SIDE) if is_images else (numbers[1],)
    expected = numbers[1] * (SIDE * SIDE if is_images else 1)
    if expected > most:
        raise DatasetError(
            f"{name} says that it has {numbers[1]:,} {_MAGIC_MEANING[expected_magic]}, more than "
            f"its {size:,} bytes can hold."
        )
    if numbers[1] > MAX_IMAGES:
        raise DatasetError(
            f"{name} has {numbers[1]:,} {_MAGIC_MEANING[expected_magic]}; at most {MAX_IMAGES:,} "
            "can be used."
        )
    array = np.empty(expected, np.uint8)
    view, filled = memoryview(array), 0
    while filled < expected and (got := stream.readinto(view[filled : filled + _CHUNK_BYTES])):
        filled += got
    if filled < expected:
        raise DatasetError(
            f"{name} is too short: its header says {numbers[1]:,} {_MAGIC_MEANING[expected_magic]} "
            f"({expected:,} bytes), found {filled:,} bytes."
        )
    if stream.read(1):
        raise DatasetError(
            f"{name} is too long: its header says {numbers[1]:,} {_MAGIC_MEANING[expected_magic]} "
            f"({expected:,} bytes), and more bytes follow."
        )
    return array.reshape(shape)


def write_idx(raw: BinaryIO, array: np.ndarray) -> None:
    """Write uint8 images (N, 28, 28) or labels (N,) as a gzipped IDX file without time and name."""
    magic = _IMAGES_MAGIC if array.ndim == 3 else _LABELS_MAGIC
    header = b"".join(number.to_bytes(4, "big") for number in (magic, *array.shape))
    with gzip.GzipFile("", "wb", _COMPRESSION, raw, mtime=0) as file:
        file.write(header)
        file.write(np.ascontiguousarray(array))
