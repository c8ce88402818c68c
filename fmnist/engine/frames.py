"""What the engine's client and its processes send each other.

A frame is a length prefix, a JSON header and the raw bytes of arrays. No pickle: nothing in a frame
is code.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from typing import IO, Any

import numpy as np

MAX_HEADER_BYTES = 1 << 20
MAX_BODY_BYTES = 128 << 20  # 60,000 images have 47 MB

_PREFIX = struct.Struct("!4sIQ")  # magic, bytes of the header, bytes of the body
_MAGIC = b"FML1"
_DTYPES = ("uint8", "float32", "int64")

Arrays = Mapping[str, np.ndarray]
Answer = tuple[dict[str, Any], Arrays]


class FrameError(ValueError):
    """The bytes are not a whole frame: cut short, too large, or not a frame at all."""


def write_frame(stream: IO[bytes], header: dict[str, Any], arrays: Arrays) -> None:
    """Send a JSON object and arrays (uint8, float32 or int64)."""
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    shapes = [[name, array.dtype.name, array.shape] for name, array in arrays.items()]
    text = json.dumps({**header, "arrays": shapes}).encode()
    body = sum(array.nbytes for array in arrays.values())
    if len(text) > MAX_HEADER_BYTES or body > MAX_BODY_BYTES:
        raise FrameError(f"A frame of {body / 1e6:.0f} MB; at most {MAX_BODY_BYTES / 1e6:.0f} MB.")
    stream.write(_PREFIX.pack(_MAGIC, len(text), body) + text)
    for array in arrays.values():
        stream.write(array.data)
    stream.flush()


def read_frame(stream: IO[bytes]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The next frame's header and arrays.

    Raises FrameError at the end of the stream, too.
    """
    magic, header_bytes, body_bytes = _PREFIX.unpack(_read_exactly(stream, _PREFIX.size))
    if magic != _MAGIC or header_bytes > MAX_HEADER_BYTES or body_bytes > MAX_BODY_BYTES:
        raise FrameError(f"not a frame: {magic!r}, {header_bytes:,} and {body_bytes:,} bytes")
    header = json.loads(_read_exactly(stream, header_bytes))
    body = _read_exactly(stream, body_bytes)
    arrays, offset = {}, 0
    for name, dtype, shape in header.pop("arrays"):
        if dtype not in _DTYPES or any(side < 0 for side in shape):
            raise FrameError(f"an array of {dtype} {shape}")
        count = math.prod(shape)
        if offset + count * np.dtype(dtype).itemsize > body_bytes:
            raise FrameError(f"the array {name} {shape} is larger than the frame")
        arrays[name] = np.frombuffer(body, dtype, count, offset).reshape(shape)
        offset += arrays[name].nbytes
    return header, arrays


def _read_exactly(stream: IO[bytes], count: int) -> bytearray:
    data = bytearray(count)
    # Every binary stream has it, only the type IO[bytes] does not say so.
    if stream.readinto(data) != count:  # type: ignore[attr-defined]
        raise FrameError("the stream ended")
    return data
