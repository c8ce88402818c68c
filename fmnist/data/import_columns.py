"""What the columns of a table are: by the names in its header, else by what its first rows hold.

The one place where a table of pixels is recognised. A name always says more than a position.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from fmnist.data.idx import SIDE, DatasetError

PIXELS = SIDE * SIDE
EXPECTED = f"expected a label and {PIXELS} pixels"
_FEW = 4  # columns: a table of labels, perhaps with a number or a name for each
_FIRST_NUMBERS = (0, 1)  # people count from either
_GREYS = 256

_LABEL_NAMES = (
    "label labels class classes target targets y category categories digit ytrue truelabel "
    "groundtruth classid classlabel classnumber labelid targetid categoryid labelindex"
)
_OTHER_NAMES = (
    "index idx id no nr number row rowid rowname key level0 sample sampleid image imageid "
    "imagename img file filename path name"
)
_SPLIT_NAMES = "split usage set subset partition datasplit splitname traintest"
_LABELS = frozenset(_LABEL_NAMES.split())
_LABELS_IN_WORDS = frozenset(("classname", "labelname", "categoryname", "targetname"))
_SPLITS = frozenset(_SPLIT_NAMES.split())
_NO_PIXELS = frozenset(_OTHER_NAMES.split()) | _SPLITS
_LONGEST_NAME = 60  # characters, of a pixel
_COLUMN_FIRST = (re.compile(r"(^|[^a-z])(c|col|column|x)$"), re.compile(r"(^|[^a-z])(r|row|y)$"))


@dataclass(frozen=True)
class Layout:
    """Which column is what.

    names: of all columns, in the file's order. pixels: the column of each pixel, row by row from
    the top left; none in a table of labels. labels: where the label is; two columns, the first and
    the last one, where only the values can tell (one of them is a pixel then, the first or the last
    of all); none in a table of pixels. has_header: whether the first row holds names; first_row:
    the first image, where pandas made a header of it. splits: the column that says whether a row is
    for training or testing, if there is one. ids: of a table of pixels or labels alone, the column
    that says which image a row is, if there is one.
    """

    names: tuple[str, ...]
    pixels: tuple[int, ...] = ()
    labels: tuple[int, ...] = ()
    has_header: bool = False
    first_row: tuple[str, ...] | None = None
    splits: tuple[int, ...] = ()
    ids: tuple[int, ...] = ()

    @property
    def texts(self) -> tuple[int, ...]:
        """The columns whose cells are no pixels, or may be none."""
        return (*self.labels, *self.splits, *self.ids)

    @property
    def kind(self) -> str:
        """ "table", or "pixels" or "labels" where that is all that it has."""
        return "table" if self.pixels and self.labels else "pixels" if self.pixels else "labels"


def recognise(rows: Sequence[Sequence[str]], name: str) -> Layout:
    """The layout of a table by its first rows, one at least.

    Raises DatasetError, naming the file and what was found, when it is no table of images.
    """
    first = tuple(cell.strip() for cell in rows[0])
    restored = _undo_pandas(first)
    if restored:
        layout = _by_position([restored, *rows[1:]], name)
        return Layout(layout.names, layout.pixels, layout.labels, True, restored)
    if _is_header(first):
        return _with_others(_by_names(first, name))
    return _by_position(rows, name)


def is_number(cell: str) -> bool:
    """Whether a cell holds a number, "nan" and "inf" included."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


FAULTS = {
    "empty": "is empty",
    "text": "has the text “{}”",
    "nan": "is “{}”, which is not a number",
    "range": "is {}",
    "fraction": "is {}, a fraction",
}


def find_fault(cell: str, most: int) -> str:
    """The key in `FAULTS` of what is wrong with a number from 0 to `most`, or "".

    Fractions are right where `most` is 1.
    """
    cell = cell.strip()
    if not cell:
        return "empty"
    if not is_number(cell):
        return "text"
    number = float(cell)
    if math.isnan(number):
        return "nan"
    if not 0 <= number <= most:
        return "range"
    return "" if most == 1 or number.is_integer() else "fraction"


def describe_label_fault(cell: str, first: str) -> str:
    """What is wrong with the cell of a label, as the end of a sentence, or "".

    first: the label of the first row; all are numbers, or all are words.
    """
    fault, expected = find_fault(cell, 9), "a label, a whole number from 0 to 9"
    if first and not is_number(first):
        fault = "" if fault == "text" else fault or "range"
        expected = f"a word as in the first row (“{first[:40]}”)"
    return f"{FAULTS[fault].format(cell.strip()[:40])}; expected {expected}." if fault else ""


def _is_header(cells: Sequence[str]) -> bool:
    words = [cell for cell in cells if cell and not is_number(cell)]
    numbers = [cell for cell in cells if cell and is_number(cell)]
    if numbers and _counts_up(numbers):
        return len(cells) > _FEW or "" in cells or bool(words)
    if len(cells) <= _FEW:
        return any(_squash(word) in _LABELS | _LABELS_IN_WORDS | _NO_PIXELS for word in words)
    if (
        len(numbers) > _GREYS
        and _are_whole(numbers)
        and len({*map(float, numbers)}) == len(numbers)
    ):
        return True  # numbers for names, in any order: there are no so many levels of grey
    return len(words) > len(cells) / 2


def _are_whole(cells: Sequence[str]) -> bool:
    return all(float(cell).is_integer() for cell in cells)


def _counts_up(cells: Sequence[str]) -> bool:
    """Whether cells are 0, 1, 2 … or 1, 2, 3 …: columns without names of their own."""
    return any(
        all(cell == str(number) for number, cell in enumerate(cells, first))
        for first in _FIRST_NUMBERS
    )


def _undo_pandas(cells: Sequence[str]) -> tuple[str, ...] | None:
    """The first image, of which pandas made names that differ: 5, 0, 0.1, 0.2 … for 5, 0, 0, 0 …

    None where the cells are not such names.
    """
    counts: Counter[str] = Counter()
    restored = []
    for cell in cells:
        base, _, number = cell.rpartition(".")
        if base and counts[base] and number == str(counts[base]):
            cell = base
        elif cell and counts[cell]:
            return None
        counts[cell] += 1
        restored.append("" if cell.lower().startswith("unnamed:") else cell)
    is_changed = list(cells) != restored and sum(map(is_number, restored)) > len(cells) / 2
    return tuple(restored) if is_changed else None


# -- by the names of a header ---------------------------------------------------------------------


def _by_names(names: tuple[str, ...], name: str) -> Layout:
    squashed = [_squash(cell) for cell in names]
    labels = [i for i, cell in enumerate(squashed) if cell in _LABELS]
    labels = labels or [i for i, cell in enumerate(squashed) if cell in _LABELS_IN_WORDS]
    if len(labels) > 1:
        raise DatasetError(
            f"{name} has {len(labels)} columns of labels, {_quote(names[i] for i in labels)}: keep "
            "one."
        )
    others = [i for i, cell in enumerate(squashed) if i not in labels and not _says_nothing(cell)]
    others = [i for i in others if squashed[i] not in _LABELS_IN_WORDS]
    pixels = _order_pixels(names, others, name)
    if pixels and not labels:
        labels = [i for i in others if i not in pixels]
    if not pixels and len(others) == PIXELS + 1 and not labels:
        order = others
        if len({_take_apart(names[i])[0] for i in others}) == 1:  # V1 … V785
            order = _sort_by_number(names, others)  # … which says no more than a position
        return Layout(names, tuple(order[1:-1]), (order[0], order[-1]), True)
    if not pixels and len(names) <= _FEW and len(labels or others) == 1:
        return Layout(names, (), tuple(labels or others), True)
    if not pixels and len(others) != PIXELS:
        raise DatasetError(_describe_count(name, len(names), len(others), names))
    if len(labels) > 1:
        raise DatasetError(
            f"{name} has {PIXELS} pixels and the columns {_quote(names[i] for i in labels)}: call "
            "the one of the labels “label”."
        )
    return Layout(names, tuple(pixels or others), tuple(labels), True)


def _with_others(layout: Layout) -> Layout:
    """The layout with the columns, by their names, that say what a row is for and which it is."""
    squashed = [_squash(cell) for cell in layout.names]
    free = [i for i in range(len(squashed)) if i not in (*layout.pixels, *layout.labels)]
    splits = [i for i in free if squashed[i] in _SPLITS][:1]
    ids = [i for i in free if _says_nothing(squashed[i]) and squashed[i] not in _SPLITS][:1]
    is_part = layout.kind != "table"
    return replace(layout, splits=tuple(splits), ids=tuple(ids) if is_part else ())


def _says_nothing(name: str) -> bool:
    return name in _NO_PIXELS or name == "" or name.startswith("unnamed")


def _order_pixels(names: Sequence[str], others: Sequence[int], name: str) -> list[int]:
    """The columns that are numbered as pixels, in the order of their numbers; [] if they are not.

    Raises DatasetError where two have the same number.
    """
    families: dict[tuple[str, ...], list[int]] = {}
    for i in others:
        signs, numbers = _take_apart(names[i])
        if numbers:
            families.setdefault(signs, []).append(i)
    for signs, members in families.items():
        if len(members) < PIXELS or (len(members) > PIXELS and len(signs) < 3):
            continue
        twice = [spelt for spelt, n in Counter(names[i] for i in members).items() if n > 1]
        if twice:
            raise DatasetError(f"{name} names two columns {twice[0]!r}: give each its own name.")
        if len(members) == PIXELS:
            return _sort_by_number(names, members)
    if len(others) == PIXELS and any(
        _sort_by_number(names, each) != each for each in families.values()
    ):
        raise DatasetError(
            f"{name} has pixels in another order than the numbers in their names, which are not "
            "all of one kind: number them alike, pixel1 to pixel784."
        )
    return []


def _take_apart(name: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The signs of a name before, between and after its numbers, and these."""
    if len(name) > _LONGEST_NAME:
        return (), ()
    return tuple(re.split(r"\d+", name.lower())), tuple(map(int, re.findall(r"\d+", name)))


def _sort_by_number(names: Sequence[str], members: Sequence[int]) -> list[int]:
    """Columns by the numbers in their names: row before column, where there are two."""

    def key(i: int) -> tuple[int, ...]:
        signs, numbers = _take_apart(names[i])
        stems = [sign.strip("-_. ") for sign in signs[:2]]
        is_turned = len(numbers) == 2 and all(map(re.Pattern.search, _COLUMN_FIRST, stems))
        return numbers[::-1] if is_turned else numbers

    return sorted(members, key=key)


# -- by position, where there are no names --------------------------------------------------------


def _by_position(rows: Sequence[Sequence[str]], name: str) -> Layout:
    rows = [[cell.strip() for cell in row] for row in rows if len(row) == len(rows[0])]
    columns = list(range(len(rows[0])))
    while columns and not any(row[columns[-1]] for row in rows):  # a separator too many
        columns.pop()
    is_numbered = len(columns) in (2, PIXELS + 2) and len(rows) > 1
    if (is_numbered and _counts_up([row[0] for row in rows])) or (columns and not rows[0][0]):
        columns = columns[1:]
    if len(columns) == 1:
        names = tuple("label" if i == columns[0] else "" for i in range(len(rows[0])))
        return Layout(names, (), (columns[0],))
    if len(columns) not in (PIXELS, PIXELS + 1):
        raise DatasetError(_describe_count(name, len(rows[0]), 0, ()))
    if len(columns) == PIXELS:
        numbered = {i: f"pixel{n}" for n, i in enumerate(columns, 1)}
        names = tuple(numbered.get(i, "") for i in range(len(rows[0])))
        return Layout(names, tuple(columns))
    words = [i for i in columns if rows[0][i] and not is_number(rows[0][i])]
    edges = (columns[0], columns[-1])
    labels = tuple(words) if len(words) == 1 and words[0] in edges else edges
    pixels = [i for i in columns if i not in labels]
    first = columns[1:] if labels != (columns[-1],) else columns[:-1]
    numbered = {i: f"pixel{n}" for n, i in enumerate(first, 1)} | dict.fromkeys(labels[:1], "label")
    names = tuple(numbered.get(i, "") for i in range(len(rows[0])))
    return Layout(names, tuple(pixels), labels)


def _describe_count(name: str, columns: int, others: int, names: Sequence[str]) -> str:
    found = f"{columns:,} column{'s' * (columns != 1)}"
    if others and others != columns:
        found += f", {others:,} of them for pixels"
    shown = _quote(names[:3]) if names else ""
    return f"{name} has {found}{f' ({shown} …)' if shown else ''}; {EXPECTED} ({SIDE}×{SIDE})."


def _quote(names: Iterable[str]) -> str:
    """The first three of some names, for a message."""
    quoted = [f"“{name[:40]}”" for name in names]
    return " and ".join(quoted[:3]) + " …" * (len(quoted) > 3)


def _squash(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower())
