"""CSV files become images and labels: which file is what, and which column the labels are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from fmnist.data.idx import SIDE, DatasetError
from fmnist.data.import_columns import FAULTS, Layout, describe_label_fault, find_fault, is_number
from fmnist.data.import_csv import Table, look_into_table, read_table
from fmnist.data.import_names import TABLE_SUFFIXES, find_split, spell_plainly
from fmnist.data.import_parts import RAW, UNIT, Part
from fmnist.data.import_roles import BOTH, IMAGES, LABELS, Item, Pair
from fmnist.data.import_source import Member

_MOST_OF_ONE = 0.9  # of all labels; a border pixel has the same value nearly everywhere
_HOLDS = {"table": BOTH, "pixels": IMAGES, "labels": LABELS}

TellRead = Callable[[str], Callable[[int], None]]  # who is told how much of a file was read


def find_tables(members: Sequence[Member]) -> list[Item]:
    """The CSV files among the members that hold images or labels.

    Raises DatasetError for one that is neither, if its name says what it is for or there is no
    other.
    """
    items, problems = [], []
    for member in members:
        if not spell_plainly(member.name).endswith(TABLE_SUFFIXES):
            continue
        try:
            sheet = look_into_table(member)
        except DatasetError as error:
            if find_split(member.name):
                raise
            problems.append(error)
            continue
        items.append(
            Item(member, _HOLDS[sheet.layout.kind], sheet, _describe_columns(sheet.layout))
        )
    if problems and not items:
        raise problems[0]
    return items


def _describe_columns(layout: Layout) -> str:
    if layout.has_header and len(layout.names) > len(layout.pixels):
        return f"its first column is {layout.names[0] or 'without a name'}"
    return f"it has {len(layout.names)} columns"


def read_tables(pairs: Sequence[Pair], tell: TellRead) -> list[Part]:
    """The images and labels of CSV files; labels in words stay words.

    Raises DatasetError with the file, row and column of what is wrong.
    """
    read = [
        [
            read_table(item.detail, tell(item.member.name))
            for item in (pair.images, pair.labels)
            if item
        ]
        for pair in pairs
    ]
    is_last = _find_label_side([tables[-1] for tables in read])
    parts = []
    for pair, tables in zip(pairs, read, strict=True):
        parts += _divide(_make_part(pair, tables, is_last), tables)
    return parts


def _divide(part: Part, tables: Sequence[Table]) -> list[Part]:
    """A part by what a column says that its rows are for; itself where no column does."""
    said = [(table, column) for table in tables for column in table.sheet.layout.splits]
    if not said or len(part.images) != len(part.labels):
        return [part]
    table, column = said[0]
    splits = [find_split(cell) for cell in table.cells[column]]
    if "" in splits:
        row = splits.index("")
        raise DatasetError(
            f"{table.where(row, column)} is “{table.cells[column][row][:40]}”; expected train, val "
            "or test."
        )
    divided = []
    for split in sorted(set(splits)):
        rows = [row for row, each in enumerate(splits) if each == split]
        labels = part.labels
        labels = labels[rows] if isinstance(labels, np.ndarray) else [labels[row] for row in rows]
        divided.append(Part(part.names, split, part.images[rows], labels, part.scale))
    return divided


def _make_part(pair: Pair, tables: Sequence[Table], is_last: bool) -> Part:
    images, table = tables[0], tables[-1]  # one and the same where a file has both
    columns = table.sheet.layout.labels
    words = _read_labels(table, columns[-1 if is_last and len(columns) > 1 else 0])
    if len(tables) > 1:
        words = _without_name(words, len(images.pixels))
        words = _align(words, table, images)
    elif len(columns) > 1:
        _add_edge(images, columns[0 if is_last else -1], at_end=not is_last)
    pixels = images.pixels.reshape(-1, SIDE, SIDE)
    return Part(pair.names, pair.split, pixels, words, images.scale.found)


def _without_name(labels: np.ndarray | list[str], count: int) -> np.ndarray | list[str]:
    """Without the "0" that pandas calls a column without a name."""
    is_named = isinstance(labels, np.ndarray) and len(labels) == count + 1 and labels[0] == 0
    return labels[1:] if is_named else labels


def _align(labels: np.ndarray | list[str], table: Table, images: Table) -> np.ndarray | list[str]:
    """The labels in the order of the images, where a column of the same name says which is which.

    Raises DatasetError where the columns have different values.
    """
    (name, wanted), (other_name, found) = _ids(images), _ids(table)
    if name is None or name != other_name or len(wanted) != len(found) or wanted == found:
        return labels
    places = {key: place for place, key in enumerate(found)}
    if len(places) < len(found) or places.keys() != set(wanted):
        column = f"“{name}”" if name else "the one without a name"
        raise DatasetError(
            f"{images.sheet.member.name} and {table.sheet.member.name} have different values in "
            f"the column {column}: expected the same images in both."
        )
    order = [places[key] for key in wanted]
    return labels[order] if isinstance(labels, np.ndarray) else [labels[at] for at in order]


def _ids(table: Table) -> tuple[str | None, list[str]]:
    """The name in small letters and the cells of the column that says which image a row is."""
    layout = table.sheet.layout
    return next(((layout.names[i].lower(), table.cells[i]) for i in layout.ids), (None, []))


def _read_labels(table: Table, column: int) -> np.ndarray | list[str]:
    """A column of labels: uint8 (N,), or a list of words.

    Raises DatasetError with the first that is neither, or is of the other kind.
    """
    cells = table.cells[column]
    for index, cell in enumerate(cells):
        if fault := describe_label_fault(cell, cells[0]):
            raise DatasetError(f"{table.where(index, column)} {fault}")
    if not is_number(cells[0]):
        return cells
    return np.array([float(cell) for cell in cells], np.uint8)


def _find_label_side(tables: Sequence[Table]) -> bool:
    """Whether the labels are the last column, in tables that do not say so.

    They are the one column, of the first and the last, whose values can be labels: ten classes at
    most, none of them nearly all. Raises DatasetError where both can, or none.
    """
    unsaid = [table for table in tables if len(table.sheet.layout.labels) > 1]
    if not unsaid:
        return False
    can_be = [
        _can_be_labels([table.cells[table.sheet.layout.labels[side]] for table in unsaid])
        for side in (0, -1)
    ]
    if all(can_be):
        raise DatasetError(
            f"{unsaid[0].sheet.member.name} has no header, and its first and its last column can "
            "both be labels: add a first row that calls the right one “label”."
        )
    if any(can_be):
        return can_be[1]
    for table in unsaid:  # what is wrong with the usual place
        _read_labels(table, table.sheet.layout.labels[0])
        last = set(table.cells[table.sheet.layout.labels[1]])
        if len(last) < 2 and last != {"0"}:
            raise DatasetError(
                f"{table.sheet.member.name} has no header, and neither its first nor its last "
                "column looks like labels: add a first row that calls one “label”."
            )
    return False


def _can_be_labels(columns: Sequence[list[str]]) -> bool:
    counts = Counter(cell for cells in columns for cell in cells)
    is_right = not any(find_fault(cell, 9) for cell in counts)
    is_worded = len(counts) <= 10 and all(cell and not is_number(cell) for cell in counts)
    most = max(counts.values()) / counts.total()
    return (is_right or is_worded) and len(counts) > 1 and most <= _MOST_OF_ONE


def _add_edge(table: Table, column: int, *, at_end: bool) -> None:
    """Put the column that turned out to be a pixel before or after the others."""
    cells = table.cells[column]
    most = 1 if table.scale.found == UNIT else 255
    for cell in set(cells):
        if fault := find_fault(cell, most):
            raise DatasetError(
                f"{table.where(cells.index(cell), column)} {FAULTS[fault].format(cell[:40])}; "
                f"expected a pixel, a number from 0 to {most}."
            )
    values = np.array([float(cell) for cell in cells])
    if not table.scale.found and values.max() > 1:
        table.scale.found = RAW
    edge = np.rint(values * 255 if most == 1 else values).astype(np.uint8)[:, None]
    table.pixels = np.hstack([table.pixels, edge] if at_end else [edge, table.pixels])
