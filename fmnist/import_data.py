"""A person's files become a dataset: IDX files, two CSV files, a zip of them, or PNG folders.

Names of files say what they hold and are never used as paths: a zip is read without unpacking it.
"""

from __future__ import annotations

import contextlib
import csv
import functools
import io
import json
import math
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, BinaryIO

import numpy as np

from fmnist import catalogue
from fmnist.dataset import MAX_NAME, DatasetError, Progress, check_class_names, require_same_count
from fmnist.dataset_table import PIXEL_NAMES
from fmnist.idx import MAX_IMAGES, SIDE, read_idx

CLASSES_FILE = "class_names.json"  # a list of ten, or an object with "class_names"
MAX_BYTES = 1 << 30  # of all files together, unpacked
MAX_FILES = MAX_IMAGES
TEST_SHARE = 7  # one image in seven, where nothing says which are for testing

_SPLITS = {"train": "train", "test": "test", "t10k": "test"}
_IDX = re.compile(r"(train|t10k|test)-(images|labels)[-.]idx[13][-.]ubyte(\.gz)?$")
_IDX_ROLES = ("train images", "train labels", "test images", "test labels")
_CSV_ROLES = ("train", "test")
_COLUMNS = ("label", *PIXEL_NAMES)
_SHORTEST_ROW = 2 * len(_COLUMNS)  # bytes: a digit and a separator each
_LONGEST_ROW = 1 << 16
_BLOCK = 4 << 20  # bytes of a CSV file parsed at once
_MAX_JSON = 100_000  # bytes
_PLAIN_ZIP = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_EXPECTED = (
    "Expected the four IDX files (train-images-idx3-ubyte.gz and so on, compressed or not), two "
    "CSV files with train and test in their names, a zip of either, or PNG images in one folder "
    "for each class."
)


@dataclass(frozen=True)
class Member:
    """One of the files to import: where it lies below what was given, and its size, unpacked."""

    parts: tuple[str, ...]
    size: int  # bytes
    open: Callable[[], AbstractContextManager[BinaryIO]]

    @property
    def name(self) -> str:
        """The name without folders, as a message shows it."""
        return self.parts[-1]


@dataclass(frozen=True)
class Source:
    """What was found in the files given.

    form: "idx", "csv" or "png". members: in the order of the roles; of "png", all images.
    class_names: those that came along, or None. name: a name to propose.
    """

    form: str
    members: tuple[Member, ...]
    class_names: tuple[str, ...] | None
    name: str


def import_dataset(
    files: Sequence[Path | BinaryIO],
    name: str | None = None,
    class_names: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> catalogue.Entry:
    """Read, check and keep a dataset; see `open_source` for the files.

    name, class_names: those of the files where None. `progress(file, done, total)` is called as
    the files are read (bytes; images of PNG folders).

    Raises DatasetError with one sentence that names what is wrong: file, and row and column.
    """
    with open_source(files) as source:
        name = catalogue.check_name(source.name if name is None else name)
        chosen = source.class_names if class_names is None else check_class_names(class_names)
        if chosen is None:
            raise DatasetError(
                "The files come without class names: give ten with --classes a,b,… in the order "
                f"of the labels, or put a JSON list of them beside the files as {CLASSES_FILE}."
            )
        report = _Report(progress, source)
        arrays, note = _READERS[source.form](source, report)
        report.show("Writing")
        note = {"form": source.form, **note}
        return catalogue.add_dataset(name, chosen, arrays, note)


@contextlib.contextmanager
def open_source(files: Sequence[Path | BinaryIO]) -> Iterator[Source]:
    """Look what the files are, without reading the data; they can be read inside the `with`.

    files: a folder, a zip, or the files themselves, as paths or as open files with a `name`.

    Raises DatasetError when there is nothing that can be imported, something is missing or found
    twice, or it is too much.
    """
    with contextlib.ExitStack() as stack:
        try:
            members = [member for file in files for member in _list_members(file, stack)]
            _require_bounded(members)
            form, chosen = _recognise(members)
            class_names = _find_class_names(members) or (_folder_names(chosen, form))
            first = getattr(files[0], "name", "") if files else ""
            yield Source(form, tuple(chosen), class_names, _propose_name(first))
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise DatasetError(f"The zip file is damaged ({error}): make it again.") from error
        except OSError as error:
            raise DatasetError(
                f"{error.filename or 'A file'} cannot be read: {error.strerror or error}."
            ) from error


# -- which files there are ------------------------------------------------------------------------


def _list_members(file: Path | BinaryIO, stack: contextlib.ExitStack) -> Iterator[Member]:
    if isinstance(file, Path) and file.is_dir():
        yield from _walk(file)
        return
    if isinstance(file, Path) and not file.is_file():
        raise DatasetError(f"There is no file or folder {file}.")
    name = PurePath(file.name).name
    if name.lower().endswith(".zip"):
        yield from _look_into_zip(stack.enter_context(zipfile.ZipFile(file)), name)
    elif isinstance(file, Path):
        yield Member((name,), file.stat().st_size, functools.partial(file.open, "rb"))
    else:
        yield Member((name,), file.seek(0, io.SEEK_END), functools.partial(_rewind, file))
    beside = file.parent / CLASSES_FILE if isinstance(file, Path) else None
    if beside and beside.is_file():
        yield Member((beside.name,), beside.stat().st_size, functools.partial(beside.open, "rb"))


def _rewind(file: BinaryIO) -> AbstractContextManager[BinaryIO]:
    file.seek(0)
    return contextlib.nullcontext(file)  # it belongs to whoever opened it


def _walk(folder: Path) -> Iterator[Member]:
    seen = 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _is_hidden(name))
        for name in sorted(name for name in names if not _is_hidden(name)):
            seen += 1
            if seen > MAX_FILES:
                raise DatasetError(
                    f"{folder} has more than {MAX_FILES:,} files: name a smaller one."
                )
            path = Path(place, name)
            if _is_wanted(name) and path.is_file():
                open_it = functools.partial(path.open, "rb")
                yield Member(path.relative_to(folder).parts, path.stat().st_size, open_it)


def _look_into_zip(archive: zipfile.ZipFile, name: str) -> Iterator[Member]:
    infos = archive.infolist()
    if len(infos) > MAX_FILES:
        raise DatasetError(f"{name} has more than {MAX_FILES:,} files: pack fewer into it.")
    for info in infos:
        parts = tuple(part for part in info.filename.split("/") if part)
        if info.is_dir() or any(map(_is_hidden, parts)) or not parts or not _is_wanted(parts[-1]):
            continue
        if info.flag_bits & 1 or info.compress_type not in _PLAIN_ZIP:
            raise DatasetError(
                f"{name} has a password or an unusual compression: pack it again without."
            )
        yield Member(parts, info.file_size, functools.partial(archive.open, info))


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "__MACOSX")) and name != ".."


def _is_wanted(name: str) -> bool:
    name = name.lower()
    return name.endswith((".csv", ".png")) or name == CLASSES_FILE or bool(_IDX.search(name))


def _require_bounded(members: Sequence[Member]) -> None:
    total = sum(member.size for member in members)
    if total > MAX_BYTES:
        raise DatasetError(
            f"The files have {total / 1e6:,.0f} MB unpacked; at most {MAX_BYTES / 1e6:,.0f} MB can "
            "be imported."
        )


# -- what they are --------------------------------------------------------------------------------


def _recognise(members: Sequence[Member]) -> tuple[str, list[Member]]:
    """The form, and its files: the first form that is complete."""
    problems = []
    for form, roles, role_of in (("idx", _IDX_ROLES, _idx_role), ("csv", _CSV_ROLES, _csv_role)):
        found = {role: [m for m in members if role_of(m.name) == role] for role in roles}
        if all(len(several) == 1 for several in found.values()):
            return form, [one for (one,) in found.values()]
        if any(found.values()):
            problems += [_describe_gap(form, role, several) for role, several in found.items()]
    images = [member for member in members if member.name.lower().endswith(".png")]
    if images:
        return "png", images
    problem = next((problem for problem in problems if problem), "Nothing to import was found.")
    raise DatasetError(f"{problem} {_EXPECTED}")


def _idx_role(name: str) -> str:
    match = _IDX.search(name.lower())
    return f"{_SPLITS[match[1]]} {match[2]}" if match else ""


def _csv_role(name: str) -> str:
    name = name.lower()
    if not name.endswith(".csv"):
        return ""
    return next((_SPLITS[word] for word in ("t10k", "test", "train") if word in name), "")


def _describe_gap(form: str, role: str, found: Sequence[Member]) -> str:
    kind = {"idx": "IDX", "csv": "CSV"}[form]
    if not found:
        return f"The {kind} file of the {role} is missing."
    if len(found) > 1:
        names = " and ".join("/".join(member.parts) for member in found[:2])
        return f"There are two {kind} files of the {role}, {names}: keep one."
    return ""


def _find_class_names(members: Sequence[Member]) -> tuple[str, ...] | None:
    member = next((member for member in members if member.name.lower() == CLASSES_FILE), None)
    if member is None:
        return None
    with member.open() as stream:
        content = stream.read(_MAX_JSON)
    try:
        values = json.loads(content)
    except ValueError as error:
        raise DatasetError(f"{member.name} is no JSON ({error}).") from error
    try:
        return check_class_names(values["class_names"] if isinstance(values, dict) else values)
    except KeyError:
        raise DatasetError(f'{member.name} has no "class_names".') from None
    except DatasetError as error:
        raise DatasetError(f"{member.name}: {error}") from None


def _folder_names(members: Sequence[Member], form: str) -> tuple[str, ...] | None:
    """The class folders' names, unless they are the digits."""
    if form != "png":
        return None
    names = _class_folders(members)
    return None if names == [str(digit) for digit in range(10)] else check_class_names(names)


def _propose_name(path: str) -> str:
    """A name from that of a file or folder, without what says which part of a dataset it is."""
    stem = re.sub(r"(\.(zip|csv|gz))+$", "", PurePath(path).name, flags=re.IGNORECASE)
    stem = re.sub(r"(^|[-_ ])(train|test|t10k)([-_. ].*|$)", "", stem, flags=re.IGNORECASE)
    words = re.sub(r"[^\w.()+-]|_", " ", stem).strip(" .()+-")
    return words[:MAX_NAME].strip() or "My data"


# -- reading --------------------------------------------------------------------------------------


class _Report:
    """Adds up what has been read of all files."""

    def __init__(self, progress: Progress | None, source: Source):
        counts_images = source.form == "png"
        self._progress = progress
        self._total = len(source.members) if counts_images else sum(m.size for m in source.members)
        self._done = 0

    def add(self, name: str, amount: int) -> None:
        self._done = min(self._done + amount, self._total)
        self.show(name)

    def show(self, name: str) -> None:
        if self._progress:
            self._progress(name, self._done, self._total)


_Read = tuple[list[np.ndarray], dict[str, Any]]  # the four arrays, and a note where they came from


def _read_idx_files(source: Source, report: _Report) -> _Read:
    arrays = []
    for member, role in zip(source.members, _IDX_ROLES, strict=True):
        with member.open() as stream:
            is_gzip = stream.read(2) == b"\x1f\x8b"
        with member.open() as stream:
            is_images = role.endswith("images")
            array = read_idx(stream, member.name, member.size, is_images=is_images, is_gzip=is_gzip)
        arrays.append(array)
        report.add(member.name, member.size)
    names = [member.name for member in source.members]
    require_same_count(names[0], len(arrays[0]), names[1], len(arrays[1]))
    require_same_count(names[2], len(arrays[2]), names[3], len(arrays[3]))
    return arrays, {"files": names}


def _read_csv_files(source: Source, report: _Report) -> _Read:
    arrays = []
    for member in source.members:
        values = _read_csv(member, report)
        arrays += [np.ascontiguousarray(values[:, 1:]).reshape(-1, SIDE, SIDE), values[:, 0].copy()]
    return arrays, {"files": [member.name for member in source.members]}


def _read_csv(member: Member, report: _Report) -> np.ndarray:
    """One CSV file: uint8 (N, 785), the label first."""
    values = np.empty((min(member.size // _SHORTEST_ROW, MAX_IMAGES) + 1, len(_COLUMNS)), np.uint8)
    count = 0
    with member.open() as stream:
        first = stream.readline(_LONGEST_ROW).removeprefix(b"\xef\xbb\xbf")
        columns = _read_header(first)
        pending, row = (b"", 1) if columns else (first, 0)  # row: how many lie before the block
        while block := pending + stream.read(_BLOCK):
            block += stream.readline(_LONGEST_ROW)
            parsed = _parse_rows(block, member.name, columns or _COLUMNS, row)
            if count + len(parsed) > MAX_IMAGES:
                raise DatasetError(
                    f"{member.name} has more than {MAX_IMAGES:,} rows: import fewer."
                )
            values[count : count + len(parsed)] = parsed
            count, row, pending = count + len(parsed), row + block.count(b"\n"), b""
            report.add(member.name, len(block))
    if not count:
        what = "has a header and no rows" if columns else "is empty"
        raise DatasetError(
            f"{member.name} {what}; expected at least one row of a label and pixels."
        )
    return values[:count]


def _read_header(line: bytes) -> tuple[str, ...] | None:
    """The names of the columns, or None when the first row is an image already.

    A row that begins with a word is a header, unless pixels follow.
    """
    cells = next(csv.reader([line.decode("utf-8", "replace").strip()]), [])
    if len(cells) != len(_COLUMNS) or _find_fault(cells[0], 255) != "text":
        return None
    return tuple(cells) if any(_find_fault(cell, 255) for cell in cells[1:]) else None


def _parse_rows(block: bytes, name: str, columns: Sequence[str], row: int) -> np.ndarray:
    """Whole rows of a CSV file as uint8 (N, 785)."""
    import pandas as pd

    if not block.strip():
        return np.empty((0, len(_COLUMNS)), np.uint8)
    try:
        values = pd.read_csv(io.BytesIO(block), header=None, low_memory=False).to_numpy()
    except ValueError:  # rows of different lengths, or bytes that are no text
        values = np.empty((0, 0))
    if values.shape[1] == len(_COLUMNS) and values.dtype.kind in "iuf":
        labels, pixels = values[:, 0], values[:, 1:]
        is_whole = values.dtype.kind != "f" or (values == np.rint(values)).all()  # no NaN either
        if is_whole and values.min() >= 0 and pixels.max() <= 255 and labels.max() <= 9:
            return values.astype(np.uint8)
    raise DatasetError(_describe_first_fault(block, name, columns, row))


def _describe_first_fault(block: bytes, name: str, columns: Sequence[str], row: int) -> str:
    text = io.StringIO(block.decode("utf-8", "replace"), newline="")
    try:
        for number, cells in enumerate(csv.reader(text), row + 1):
            if cells and len(cells) != len(_COLUMNS):
                return (
                    f"{name}, row {number:,} has {len(cells):,} columns; expected "
                    f"{len(_COLUMNS)}, separated by commas: the label, then 784 pixels."
                )
            for place, cell in enumerate(cells):
                most = 255 if place else 9
                fault = _find_fault(cell, most)
                if fault:
                    return (
                        f"{name}, row {number:,}, column {columns[place][:40]} "
                        f"{_FAULTS[fault].format(cell.strip()[:40])}; expected a "
                        f"{'pixel' if place else 'label'}, a whole number from 0 to {most}."
                    )
    except csv.Error as error:
        return f"{name} is no CSV file after row {row:,} ({error})."
    return f"{name} cannot be read as CSV after row {row:,}: save it again, plainly."


_FAULTS = {
    "empty": "is empty",
    "text": "has the text “{}”",
    "nan": "is “{}”, which is no number",
    "range": "is {}",
    "fraction": "is {}, a fraction",
}


def _find_fault(cell: str, most: int) -> str:
    """The key in `_FAULTS` of what is wrong with a number from 0 to `most`, or ""."""
    cell = cell.strip()
    if not cell:
        return "empty"
    try:
        number = float(cell)
    except ValueError:
        return "text"
    if math.isnan(number):
        return "nan"
    if not 0 <= number <= most:
        return "range"
    return "" if number.is_integer() else "fraction"


def _read_png_folders(source: Source, report: _Report) -> _Read:
    classes = _class_folders(source.members)
    splits = {"train": ([], []), "test": ([], [])}
    is_split = any(_split_of(member) for member in source.members)
    for member in sorted(source.members, key=lambda member: member.parts[-2:]):
        split = _split_of(member) if is_split else "train"
        if not split:
            raise DatasetError(
                f"{_place(member)} lies outside train and test, where other images are: move it."
            )
        images, labels = splits[split]
        images.append(_read_png(member))
        labels.append(classes.index(member.parts[-2]))
        report.add(member.parts[-2], 1)
    arrays = [
        np.array(values, np.uint8).reshape(-1, *shape)
        for split in splits.values()
        for values, shape in zip(split, ((SIDE, SIDE), ()), strict=True)
    ]
    if not is_split:
        return _split_by_class(*arrays[:2]), {
            "files": f"{len(arrays[0])} PNG files",
            "split": f"one image in {TEST_SHARE} of each class for testing, drawn with seed 0",
        }
    for split, labels in zip(splits, arrays[1::2], strict=True):
        if not len(labels):
            raise DatasetError(f"The folder {split} has no images: expected some in each.")
    return arrays, {"files": f"{len(source.members)} PNG files"}


def _class_folders(members: Sequence[Member]) -> list[str]:
    """The names of the ten class folders, sorted: the order of the labels."""
    for member in members:
        if len(member.parts) < 2 or member.parts[-2].lower() in _SPLITS:
            raise DatasetError(
                f"{_place(member)} lies in no class folder: expected one folder for each class."
            )
    names = sorted({member.parts[-2] for member in members})
    if len(names) != 10:
        raise DatasetError(
            f"The images lie in {len(names)} class folders ({', '.join(names[:12])}); expected ten."
        )
    return names


def _split_of(member: Member) -> str:
    return _SPLITS.get(member.parts[-3].lower(), "") if len(member.parts) > 2 else ""


def _place(member: Member) -> str:
    return "/".join(member.parts[-3:])


def _read_png(member: Member) -> np.ndarray:
    """One image, uint8 (28, 28)."""
    from fmnist.images import MAX_FILE_BYTES, ImageError, read_image

    with member.open() as stream:
        content = stream.read(MAX_FILE_BYTES + 1)
    try:
        image = read_image(content)
    except ImageError as error:
        raise DatasetError(f"{_place(member)}: {error}") from error
    if image.shape[:2] != (SIDE, SIDE):
        height, width = image.shape[:2]
        raise DatasetError(f"{_place(member)} has {width}×{height} pixels; expected {SIDE}×{SIDE}.")
    if image.ndim == 2:
        return image
    colours, opacity = image[..., :3], image[..., 3]
    if (colours != colours[..., :1]).any() or (opacity != 255).any():
        raise DatasetError(
            f"{_place(member)} has colours or transparent pixels; expected opaque grey."
        )
    return colours[..., 0]


def _split_by_class(images: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
    """One image in seven of each class for testing, by a seeded draw; the order is kept."""
    rng = np.random.default_rng(0)
    is_test = np.zeros(len(labels), bool)
    for label in range(10):
        places = np.flatnonzero(labels == label)
        if len(places) < 2:
            raise DatasetError(
                f"Class folder number {label + 1} has one image; expected at least two, one of "
                "them for testing."
            )
        is_test[rng.permutation(places)[: max(1, round(len(places) / TEST_SHARE))]] = True
    return [images[~is_test], labels[~is_test], images[is_test], labels[is_test]]


_READERS: dict[str, Callable[[Source, _Report], _Read]] = {
    "idx": _read_idx_files,
    "csv": _read_csv_files,
    "png": _read_png_folders,
}
