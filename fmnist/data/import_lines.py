"""A text file as blocks of whole lines, whatever its encoding and line ends, in bounded memory."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from fmnist.data.idx import DatasetError

LONGEST_ROW = 1 << 16  # bytes; 785 numbers of 18 digits, as NumPy writes them, have 20,000
BLOCK = 2 << 20  # bytes read, and made a table, at once
_BOMS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_NEWLINE = ord("\n")


def find_encoding(head: bytes) -> str:
    """The encoding of a file by its first bytes: UTF-8, or UTF-16 with or without a mark."""
    marked = next((name for bom, name in _BOMS.items() if head.startswith(bom)), None)
    if marked or not head:
        return marked or "utf-8"
    if head[1::2].count(0) > len(head) / 4:
        return "utf-16-le"
    return "utf-16-be" if head[::2].count(0) > len(head) / 4 else "utf-8"


def iterate_blocks(stream: BinaryIO, encoding: str, name: str) -> Iterator[bytes]:
    """The file's text as blocks of whole lines, in UTF-8, each line ending in one newline.

    Raises DatasetError where a line is too long to be a row.
    """
    decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding != "utf-8" else None
    pending, row, is_first, is_over = b"", 1, True, False
    while not is_over:
        block = stream.read(BLOCK)
        is_over = not block
        if decoder:
            block = decoder.decode(block, is_over).encode("utf-8")
        if is_first:
            block, is_first = block.removeprefix(codecs.BOM_UTF8), False
        block = pending + block
        # A carriage return at the very end may belong to a newline still to come.
        held = b"\r" if block.endswith(b"\r") and not is_over else b""
        block = block[: len(block) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if is_over and block and not block.endswith(b"\n"):
            block += b"\n"
        cut = block.rfind(b"\n") + 1
        block, pending = block[:cut], block[cut:] + held
        for line, place in ((block, row), (pending, row + block.count(b"\n"))):
            _require_short_lines(line, place, name)
        row += block.count(b"\n")
        if block:
            yield _to_utf8(block)


def _require_short_lines(block: bytes, row: int, name: str) -> None:
    if len(block) <= LONGEST_ROW:
        return
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == _NEWLINE)
    too_long = np.diff(ends, prepend=-1, append=len(block)) > LONGEST_ROW
    if too_long.any():
        at = int(np.argmax(too_long))
        raise DatasetError(
            f"{name}, row {row + at:,} has more than {LONGEST_ROW:,} characters: too many for a "
            "label and 784 pixels."
        )


def _to_utf8(block: bytes) -> bytes:
    if block.isascii():
        return block
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:  # an old spreadsheet's
        return block.decode("cp1252", "replace").encode("utf-8")
    return block
