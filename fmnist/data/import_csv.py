"""A table of images as text: how its cells are separated, then its rows, in bounded memory.

Any separator, line end, quotation and encoding that spreadsheets, pandas, R and NumPy write.
Separators and lengths are counted before a row is split, so that what a row or a file declares
never decides how much memory is taken: at most a block of it is a table at a time.
"""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from fmnist.data.idx import MAX_IMAGES, DatasetError
from fmnist.data.import_columns import (
    EXPECTED,
    FAULTS,
    Layout,
    describe_label_fault,
    find_fault,
    is_number,
    recognise,
)
from fmnist.data.import_lines import LONGEST_ROW, find_encoding, iterate_blocks
from fmnist.data.import_parts import UNIT, Scale
from fmnist.data.import_source import Member

if TYPE_CHECKING:
    import pandas as pd

_FIRST_ROWS = 4  # by which a table is recognised
_SEPARATORS = {"\t": "tabs", ";": "semicolons", "|": "bars", ",": "commas", " ": "spaces"}
_MANY = 700  # separators; fewer spaces than that lie inside words
_LONGEST_TEXT = 200  # characters of a label, or of what says which image a row is
_NOT_TEXT = {b"PK": "a zip or an Excel workbook", b"PAR1": "a Parquet file", b"\x89HDF": "HDF5"}
_QUOTE, _NEWLINE = ord('"'), ord("\n")


@dataclass(frozen=True)
class Sheet:
    """How a file of rows is to be read: where it lies, its encoding, separator and columns."""

    member: Member
    encoding: str
    separator: str
    skipped: int  # lines before the first image
    layout: Layout


@dataclass
class Table:
    """What was read: a sheet's pixels, and the text of the cells that are none, or may be none.

    pixels: uint8 (N, as many as the layout has). cells: by column. rows: int (N,), counted from 1
    as a spreadsheet does.
    """

    sheet: Sheet
    scale: Scale = field(default_factory=Scale)
    pixels: np.ndarray = field(default_factory=lambda: np.empty((0, 0), np.uint8))
    cells: dict[int, list[str]] = field(default_factory=dict)
    rows: np.ndarray = field(default_factory=lambda: np.empty(0, int))

    def where(self, index: int, column: int) -> str:
        """The file, row and column of a cell, for a message."""
        return _where(self.sheet, self.rows[index], column)


def _where(sheet: Sheet, row: int, column: int) -> str:
    name = sheet.layout.names[column][:40] or f"number {column + 1}"
    return f"{sheet.member.name}, row {row:,}, column {name}"


# -- how the file is written ----------------------------------------------------------------------


def look_into_table(member: Member) -> Sheet:
    """How a file is written and what its columns are, by its first rows.

    Raises DatasetError when it is empty, is no text, or no table of images.
    """
    with member.unpacked() as stream:
        head = stream.read(_FIRST_ROWS * LONGEST_ROW)
        for magic, what in _NOT_TEXT.items():
            if head.startswith(magic):
                raise DatasetError(f"{member.name} is {what}, not CSV: export it as CSV.")
        encoding = find_encoding(head)
        lines = b"".join(iterate_blocks(io.BytesIO(head), encoding, member.name)).split(b"\n")
    if len(head) == _FIRST_ROWS * LONGEST_ROW and len(lines) > 2:
        lines = lines[:-2]  # the last one may go on
    texts = [(number, line.decode("utf-8")) for number, line in enumerate(lines) if line.strip()]
    hint = re.fullmatch(r'"?sep=(.)"?', texts[0][1]) if texts else None  # Excel's own
    texts = [(number, text) for number, text in texts[bool(hint) :] if not text.startswith("#")]
    if not texts:
        raise DatasetError(f"{member.name} is empty; {EXPECTED} in each row.")
    separator = hint[1] if hint else _find_separator(texts[0][1])
    is_decimal = separator != ","
    rows = [
        [_spell(cell, is_decimal) for cell in _split_row(text, separator)]
        for _, text in texts[:_FIRST_ROWS]
    ]
    layout = recognise(rows, member.name)
    first = texts[0][0] + layout.has_header
    return Sheet(member, encoding, separator, first, layout)


def _find_separator(line: str) -> str:
    line = re.sub(r'"[^"]*"', "", line)
    counts = {separator: line.strip(" ").count(separator) for separator in _SEPARATORS}
    many = next((separator for separator, count in counts.items() if count >= _MANY), None)
    if many:  # the first, as there may be a decimal comma in every cell
        return many
    counts[" "] = 0
    return max(counts, key=counts.__getitem__) if any(counts.values()) else ","


def _split_row(line: str, separator: str) -> list[str]:
    if separator == " ":
        line = re.sub(" +", " ", line.strip())
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return line.split(separator)


# -- its rows -------------------------------------------------------------------------------------


def read_table(sheet: Sheet, tell_read: Callable[[int], None] | None = None) -> Table:
    """All rows of a sheet.

    Raises DatasetError with the first cell or row that is not as it should be.
    """
    table, name, layout = Table(sheet), sheet.member.name, sheet.layout
    pixels, rows = [], []
    row, count = 1, 0
    table.cells = {column: [] for column in layout.texts}
    if layout.first_row:
        values = np.array([layout.first_row[i] for i in layout.pixels], float)[None]
        pixels.append(table.scale.take(values, lambda: f"{name}, row 1 is not an image."))
        rows.append(np.ones(1, int))
        for column in layout.labels:
            table.cells[column].append(layout.first_row[column])
    with sheet.member.unpacked(tell_read) as stream:
        for block in iterate_blocks(stream, sheet.encoding, name):
            lines = block.count(b"\n")
            if row + lines > sheet.skipped + 1:
                skipped = max(sheet.skipped + 1 - row, 0)
                block = block.split(b"\n", skipped)[-1]
                numbers, frame = _parse(block, sheet, row + skipped)
                if len(numbers):
                    count += len(numbers)
                    if count > MAX_IMAGES:
                        raise DatasetError(
                            f"{name} has more than {MAX_IMAGES:,} rows: import fewer."
                        )
                    rows.append(numbers)
                    for column in layout.texts:
                        table.cells[column].extend(frame[column])
                    if fault := _find_label_fault(table, numbers):
                        raise DatasetError(fault)
                    values = frame[list(layout.pixels)].to_numpy()
                    pixels.append(
                        table.scale.take(
                            values,
                            partial(_describe_fault, block, sheet, numbers, table.scale),
                        )
                    )
            row += lines
    if not pixels:
        raise DatasetError(f"{name} has a header and no rows; {EXPECTED} in each row.")
    table.rows = np.concatenate(rows)
    table.pixels = table.scale.join(pixels)
    return table


def _find_label_fault(table: Table, numbers: np.ndarray) -> str:
    """The first label of the rows read last, which have these numbers, that is none, in a sentence;
    "" where all are, or where it is not known yet which column they are.
    """
    if len(table.sheet.layout.labels) == 1:
        [column] = table.sheet.layout.labels
        cells = table.cells[column]
        for number, cell in zip(numbers, cells[-len(numbers) :], strict=True):
            if fault := describe_label_fault(cell, cells[0]):
                return f"{_where(table.sheet, number, column)} {fault}"
    return ""


def _parse(block: bytes, sheet: Sheet, row: int) -> tuple[np.ndarray, pd.DataFrame]:
    """The rows of a block of whole lines: their numbers, and pandas' frame of their cells.

    Raises DatasetError where a row has another number of cells, or a pixel is no number.
    """
    import pandas as pd

    if sheet.separator == " ":
        block = re.sub(rb"(?m)^ +| +$", b"", re.sub(rb" {2,}", b" ", block))
    block, numbers = _require_cells(block, sheet, row)
    if not len(numbers):
        return numbers, pd.DataFrame()
    layout = sheet.layout
    is_decimal = sheet.separator != "," and b"," in block
    try:
        frame = pd.read_csv(
            io.BytesIO(block),
            sep=sheet.separator,
            header=None,
            index_col=False,
            usecols=sorted({*layout.pixels, *layout.texts}),
            dtype=dict.fromkeys(layout.pixels, np.float64) | dict.fromkeys(layout.texts, object),
            na_filter=False,
            decimal="," if is_decimal else ".",
        )
    except (ValueError, pd.errors.ParserError) as error:
        raise DatasetError(_describe_fault(block, sheet, numbers)) from error
    if len(frame) != len(numbers):
        raise DatasetError(
            f"{sheet.member.name} has quotation marks after row {row - 1:,} that hold more than "
            "one row: save it again, without them."
        )
    for column in layout.texts:
        cells = [_spell(cell, is_decimal) for cell in frame[column]]
        longest = max(range(len(cells)), key=lambda at: len(cells[at]))
        if len(cells[longest]) > _LONGEST_TEXT:
            raise DatasetError(
                f"{_where(sheet, numbers[longest], column)} has {len(cells[longest]):,} "
                f"characters; expected at most {_LONGEST_TEXT}."
            )
        frame[column] = cells
    return numbers, frame


def _spell(cell: str, is_decimal: bool) -> str:
    """A cell without spaces around it; `9,0` as `9.0` where commas are decimal points."""
    cell = cell.strip()
    pointed = cell.replace(",", ".") if is_decimal and cell.count(",") == 1 else cell
    return pointed if is_number(pointed) else cell


def _require_cells(block: bytes, sheet: Sheet, row: int) -> tuple[bytes, np.ndarray]:
    """The block without empty rows, and the numbers of its rows; each has as many cells as the
    first one of the file.
    """
    separator, columns = sheet.separator.encode(), len(sheet.layout.names)
    counts, lengths = _count_separators(block, separator, sheet, row)
    is_full = lengths > counts * len(separator)  # not only separators, nor nothing
    if len(separator) == 1 and (counts[is_full] != columns - 1).any():
        # A separator after the last cell in the header alone, or in the rows alone.
        if (counts[is_full] == columns).all():
            block = re.sub(rb"%b\n" % re.escape(separator), b"\n", block)
        elif (counts[is_full] == columns - 2).all() and not sheet.layout.names[-1]:
            block = block.replace(b"\n", separator + b"\n")
        counts, lengths = _count_separators(block, separator, sheet, row)
    is_wrong = is_full & (counts != columns - 1)
    if is_wrong.any():
        at = int(np.argmax(is_wrong))
        raise DatasetError(
            f"{sheet.member.name}, row {row + at:,} has {counts[at] + 1:,} "
            f"column{'' if counts[at] == 0 else 's'}; expected {columns}, separated by "
            f"{_SEPARATORS.get(sheet.separator, repr(sheet.separator))}, as in the first row."
        )
    if not is_full.all():
        lines = block.split(b"\n")  # no more than a block's, and few of them empty as a rule
        block = b"".join(lines[i] + b"\n" for i in np.flatnonzero(is_full))
    return block, np.flatnonzero(is_full) + row


def _count_separators(
    block: bytes, separator: bytes, sheet: Sheet, row: int
) -> tuple[np.ndarray, np.ndarray]:
    """How many separators outside quotation marks, and how many bytes, each line has."""
    data = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(data == _NEWLINE)
    is_separator = data == separator[0]
    if b'"' in block:
        quotes = np.cumsum(data == _QUOTE, dtype=np.int32)
        is_open = np.diff(quotes[ends], prepend=0) % 2 == 1
        if is_open.any():
            raise DatasetError(
                f"{sheet.member.name}, row {row + int(np.argmax(is_open)):,} has a quotation mark "
                "that is not closed: save it again, without them."
            )
        is_separator &= quotes % 2 == 0
    counts = np.diff(np.searchsorted(np.flatnonzero(is_separator), ends), prepend=0)
    return counts, np.diff(ends, prepend=-1) - 1


def _describe_fault(
    block: bytes, sheet: Sheet, numbers: np.ndarray, scale: Scale | None = None
) -> str:
    """The first pixel of a block that is none, in a sentence."""
    most = 1 if scale and scale.found == UNIT else 255
    expected = (
        "a number from 0 to 1, as in the rows before"
        if most == 1
        else "a whole number from 0 to 255"
    )
    rows = csv.reader(io.StringIO(block.decode("utf-8"), newline=""), delimiter=sheet.separator)
    with contextlib.suppress(csv.Error):
        for number, cells in zip(numbers, filter(None, rows), strict=False):
            for column in sorted(sheet.layout.pixels + sheet.layout.labels):
                cell = cells[column].strip() if column < len(cells) else ""
                if column in sheet.layout.labels:
                    fault = describe_label_fault(cell, cell)
                    if fault and len(sheet.layout.labels) == 1:
                        return f"{_where(sheet, number, column)} {fault}"
                    continue
                is_decimal = sheet.separator != "," and cell.count(",") == 1
                fault = find_fault(cell.replace(",", ".") if is_decimal else cell, most)
                if fault:
                    return (
                        f"{_where(sheet, number, column)} {FAULTS[fault].format(cell[:40])}; "
                        f"expected a pixel, {expected}."
                    )
    return (
        f"{sheet.member.name} cannot be read as a table from row {numbers[0]:,} on: save it again "
        "as plain CSV."
    )
