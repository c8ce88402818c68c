"""A person's files become the arrays of a dataset, whatever form they have.

IDX files, CSV files, NumPy arrays or pictures in class folders; loose, in a folder, a zip or a tar.
This reads what strangers made: it runs in a process of its own, see `import_process`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fmnist.data.dataset import Progress
from fmnist.data.idx import DatasetError, read_idx
from fmnist.data.import_arrays import find_arrays, read_arrays
from fmnist.data.import_csv_files import TellRead, find_tables, read_tables
from fmnist.data.import_names import (
    CLASSES_FILE,
    DIGITS,
    find_idx_role,
    propose_classes,
    propose_name,
    says_emnist,
    spell_plainly,
)
from fmnist.data.import_parts import RAW, Assembled, Part, assemble, stand_upright
from fmnist.data.import_pictures import Folders, find_folders, order_by, read_folders
from fmnist.data.import_roles import Item, Pair, SourceIncomplete, pair_items
from fmnist.data.import_source import Member, Members, open_members
from fmnist.data.names import check_class_names
from fmnist.json_files import parse_json

_MAX_JSON = 100_000  # bytes
_EXPECTED = (
    "Expected the four IDX files (train-images-idx3-ubyte.gz and so on), CSV files or NumPy arrays "
    "with train and test in their names, or PNG or JPEG images in one folder for each class; "
    "compressed, in a zip or a tar, or not."
)
_PACKED = "unpack it, or pack it again as a zip"
_EXPORT = "save it as CSV, or its arrays as .npz"
_ADVICE = {
    **dict.fromkeys((".xz", ".txz", ".bz2", ".tbz", ".tbz2", ".zst", ".7z", ".rar"), _PACKED),
    **dict.fromkeys((".parquet", ".xlsx", ".xls", ".mat", ".arff", ".feather"), _EXPORT),
    **dict.fromkeys((".h5", ".hdf5", ".pkl", ".pickle", ".pt", ".tfrecord"), _EXPORT),
}


@dataclass(frozen=True)
class Source:
    """What was found in the files given.

    form: "idx", "csv", "npy" or "png". found: the pairs of files, or the class folders.
    class_names: those that came along, or None. proposed: ten to begin with where none did. name:
    one to propose. notes: what a person should know, a sentence each.
    """

    form: str
    found: list[Pair] | Folders
    class_names: tuple[str, ...] | None
    proposed: tuple[str, ...]
    name: str
    notes: tuple[str, ...]
    is_emnist: bool = False

    @property
    def members(self) -> list[Member]:
        """The files that are read."""
        if isinstance(self.found, Folders):
            return self.found.members
        return [member for pair in self.found for member in pair.members]


@dataclass(frozen=True)
class Imported:
    """The four arrays in `Dataset`'s order, ten class names, notes for a person, and where it all
    came from, as plain JSON values.
    """

    arrays: list[np.ndarray]
    class_names: tuple[str, ...]
    notes: tuple[str, ...]
    source: dict[str, Any]


def read_dataset(
    paths: Sequence[Path],
    class_names: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Imported:
    """Read and check the files; see `open_source` for what they may be.

    class_names: those of the files where None, or else what is proposed. `progress(file, done,
    total)` is called as the files are read (bytes; images of class folders).

    Raises DatasetError with one sentence that names what is wrong: file, and row and column.
    """
    with open_source(paths) as source:
        chosen = source.class_names if class_names is None else check_class_names(class_names)
        made, names = _read(source, chosen, _Report(progress, source))
        names = names or made.class_names or source.proposed
        notes = (*source.notes, *made.notes)
        if chosen is None and names == source.proposed:
            notes += (f"The files name no classes; they are called {', '.join(names)}.",)
        files = [member.name for member in source.members]
        info = {
            "form": source.form,
            "files": files if len(files) <= 12 else f"{len(files)} files",
            "notes": list(notes),
        }
        return Imported(made.arrays, check_class_names(list(names)), notes, info)


def _read(
    source: Source, chosen: tuple[str, ...] | None, report: _Report
) -> tuple[Assembled, tuple[str, ...] | None]:
    """The arrays, and the class names where they are those given or the folders'."""
    if isinstance(source.found, Folders):
        names = order_by(source.found, chosen)
        made = assemble(read_folders(source.found, names, report.tell), None)
        return made, chosen
    parts = _READERS[source.form](source.found, report.tell)
    if source.is_emnist:
        for part in parts:
            part.images = stand_upright(part.images)
    return assemble(parts, chosen), chosen


@contextlib.contextmanager
def open_source(paths: Sequence[Path]) -> Iterator[Source]:
    """Look what the files are, reading no more than their beginnings; they can be read inside the
    `with`.

    paths: folders, archives, or the files themselves.

    Raises SourceIncomplete where something is missing, DatasetError when there is nothing that can
    be imported, something is found twice, or it is too much.
    """
    with open_members(paths) as members:
        form, found, passed = _recognise(members)
        class_names = _find_class_names(members.wanted)
        said = [part for path in paths for part in path.parts[-2:]]
        said += [part for pair in _members_of(found)[:8] for part in pair.parts]
        is_emnist = form != "png" and says_emnist(said)
        proposed = propose_classes(said)
        if isinstance(found, Folders):
            is_numbered = all(name.isdecimal() for name in found.names)
            if is_numbered:
                proposed = found.names if proposed[0] == "0" else proposed
            else:
                class_names = class_names or check_class_names(list(found.names))
        notes = [f"{name} was skipped." for name in passed[:3]]
        if is_emnist:
            notes.append("EMNIST's images are on their side: they were turned upright.")
        name = propose_name([*paths[:1], *(Path(m.name) for m in _members_of(found)[:1])])
        yield Source(form, found, class_names, proposed, name, tuple(notes), is_emnist)


def _members_of(found: list[Pair] | Folders) -> list[Member]:
    if isinstance(found, Folders):
        return found.members
    return [member for pair in found for member in pair.members]


def _recognise(members: Members) -> tuple[str, list[Pair] | Folders, list[str]]:
    """The form, what was found of it and the names of files passed over: the first form that is
    complete.
    """
    problems: list[DatasetError] = []
    for form, find in (("idx", _find_idx), ("csv", find_tables), ("npy", find_arrays)):
        try:
            items = find(members.wanted)
            if items:
                return form, *pair_items(items)
        except DatasetError as error:
            problems.append(error)
    try:
        folders = find_folders(members.wanted)
    except DatasetError as error:
        folders = None
        problems.append(error)
    if folders:
        return "png", folders, []
    if problems:
        raise problems[0]
    for name in members.others:
        for ending, advice in _ADVICE.items():
            if name.lower().endswith(ending):
                raise SourceIncomplete(f"{name} cannot be read: {advice}.")
    names = ", ".join(members.others[:3])
    found = f"only {names}{' …' * (len(members.others) > 3)}" if names else "no files"
    raise SourceIncomplete(f"Nothing to import was found, {found}. {_EXPECTED}")


def _find_idx(members: Sequence[Member]) -> list[Item]:
    roles = [(member, find_idx_role(member.name)) for member in members]
    return [Item(member, role[1], None) for member, role in roles if role]


def _read_idx_files(pairs: Sequence[Pair], tell: TellRead) -> list[Part]:
    parts = []
    for pair in pairs:
        arrays = []
        for member, is_images in zip(pair.members, (True, False), strict=True):
            with member.reading(tell(member.name)) as stream:
                arrays.append(read_idx(stream, member.name, member.size, is_images=is_images))
        images, labels = arrays
        scale = RAW if images.size and images.max() > 1 else ""
        parts.append(Part(pair.names, pair.split, images, labels, scale))
    return parts


_READERS: dict[str, Callable[[Sequence[Pair], TellRead], list[Part]]] = {
    "idx": _read_idx_files,
    "csv": read_tables,
    "npy": read_arrays,
}


def _find_class_names(members: Sequence[Member]) -> tuple[str, ...] | None:
    member = next((m for m in members if spell_plainly(m.name) == CLASSES_FILE), None)
    if member is None:
        return None
    with member.unpacked() as stream:
        content = stream.read(_MAX_JSON)
    try:
        values = parse_json(content)
    except ValueError as error:
        raise DatasetError(
            f"{member.name} is not JSON ({error}); expected a list of ten class names."
        ) from error
    try:
        return check_class_names(_list_names(values))
    except DatasetError as error:
        raise DatasetError(f"{member.name}: {error}") from None


def _list_names(values: Any) -> Any:
    """The list in a JSON value: itself, under "class_names", or as numbers and names, either first.

    Raises DatasetError for an object of another kind.
    """
    if not isinstance(values, dict):
        return values
    if "class_names" in values:
        return values["class_names"]
    for pairs in (values.items(), [(number, name) for name, number in values.items()]):
        by_number = {str(number): name for number, name in pairs}
        if by_number.keys() == {*DIGITS}:
            return [by_number[digit] for digit in DIGITS]
    raise DatasetError(
        'it has neither "class_names" nor the numbers 0 to 9 and their names; expected a list of '
        "ten class names."
    )


class _Report:
    """Adds up what has been read of all files."""

    def __init__(self, progress: Progress | None, source: Source):
        is_images = isinstance(source.found, Folders)
        self._progress = progress
        self._total = sum(1 if is_images else member.size for member in source.members)
        self._done = 0

    def tell(self, name: str) -> Callable[[int], None]:
        """A function that is told how many bytes, or images, more were read under this name."""

        def add(count: int) -> None:
            self._done = min(self._done + count, self._total)
            if self._progress:
                self._progress(name, self._done, self._total)

        return add
