"""Frames between the engine's client and its processes: whole ones, and every broken one."""

import io
import json

import numpy as np
import pytest

from fmnist.engine.frames import FrameError, read_frame, write_frame


def test_frames_carry_a_header_and_arrays():
    stream = io.BytesIO()
    arrays = {
        "a": np.arange(6, dtype=np.int64).reshape(2, 3)[:, ::-1],
        "b": np.array([[0.5]], np.float32),
    }
    write_frame(stream, {"k": 3}, arrays)
    stream.seek(0)
    header, got = read_frame(stream)
    assert header == {"k": 3}
    np.testing.assert_array_equal(got["a"], [[2, 1, 0], [5, 4, 3]])
    assert got["a"].dtype == np.int64
    np.testing.assert_array_equal(got["b"], [[0.5]])


def frame(header: bytes, body: bytes = b"", magic: bytes = b"FML1") -> bytes:
    return magic + len(header).to_bytes(4, "big") + len(body).to_bytes(8, "big") + header + body


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"FML1\x00",
        frame(b"{}", magic=b"oops"),
        frame(b'{"arrays": []}')[:-3],
        b"FML1" + (1 << 30).to_bytes(4, "big") + bytes(8),
        b"FML1" + bytes(4) + (1 << 60).to_bytes(8, "big"),
        frame(json.dumps({"arrays": [["a", "uint8", [9]]]}).encode(), b"12345678"),
        frame(json.dumps({"arrays": [["a", "uint8", [-1]]]}).encode(), b"12345678"),
        frame(json.dumps({"arrays": [["a", "object", [1]]]}).encode(), b"12345678"),
    ],
    ids=[
        "nothing",
        "cut prefix",
        "other magic",
        "cut header",
        "huge header",
        "huge body",
        "array past the end",
        "negative side",
        "object array",
    ],
)
def test_broken_frames_are_refused(data):
    with pytest.raises(FrameError):
        read_frame(io.BytesIO(data))
