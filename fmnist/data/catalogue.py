"""Which datasets there are: the standard one, the stand-in for it, those a person has imported.

An imported dataset is a folder of `datasets_dir()` with the four canonical files and a
`dataset.json`. It is a person's data, so it lies beside the runs and not in the cache. The stand-in
is such a folder too; it can be made again, so it lies in the cache.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import filelock
import numpy as np

from fmnist import PROJECT_ROOT
from fmnist.config import DATASET_SLUG
from fmnist.data import standin
from fmnist.data.dataset import (
    CLASS_NAMES,
    FINGERPRINT,
    STAND_IN,
    STANDARD,
    Dataset,
    DatasetError,
    DatasetMissing,
    Progress,
    cache_dir,
    compute_fingerprint,
    find_folder,
    load_dataset,
    load_folder,
    missing_files,
    read_folder,
)
from fmnist.data.folder import RESERVED_SLUGS, DatasetInfo, read_info, write_dataset, write_info
from fmnist.data.names import MAX_NAME, require_plain
from fmnist.files import drafting_folder, move, remove_folder

STAND_IN_NAME = "Stand-in"
_LOCK_TIMEOUT_S = 600.0


def datasets_dir() -> Path:
    """The folder of imported datasets: `FMNIST_DATASETS_DIR`, or `datasets` beside the app."""
    return Path(os.environ.get("FMNIST_DATASETS_DIR") or PROJECT_ROOT / "datasets")


def list_datasets() -> list[DatasetInfo]:
    """The standard dataset, whether it is here or not, the stand-in where it has been made, then
    the sound imported ones by name.
    """
    imported = []
    with contextlib.suppress(OSError):
        for folder in datasets_dir().iterdir():
            with contextlib.suppress(DatasetError):
                imported.append(_read_imported(folder))
    standard = DatasetInfo(STANDARD, "Fashion-MNIST", CLASS_NAMES)
    made = find_standin()
    return [
        standard,
        *([made] if made else []),
        *sorted(imported, key=lambda entry: entry.name.casefold()),
    ]


def list_choices() -> list[DatasetInfo]:
    """The datasets that can be looked at; first the one for who has chosen nothing.

    That is the standard one. While its files are not here, an import of the published files takes
    its place, or else the stand-in; where there is neither, it is named all the same.
    """
    standard, *others = list_datasets()
    substitutes = [entry for entry in others if entry.fingerprint == FINGERPRINT]
    substitutes += [entry for entry in others if entry.slug == STAND_IN]
    if why_standard_is_missing() is None or not substitutes:
        return [standard, *others]
    return [substitutes[0], *(entry for entry in others if entry is not substitutes[0])]


def why_standard_is_missing() -> DatasetMissing | None:
    """None where the files of the standard dataset are here."""
    try:
        find_folder()
    except DatasetMissing as missing:
        return missing
    return None


def find_dataset(slug: str) -> DatasetInfo:
    """The dataset with this short name.

    Raises DatasetError when there is none, or its `dataset.json` is damaged.
    """
    for entry in list_datasets():
        if entry.slug == slug:
            return entry
    if slug == STAND_IN:
        raise DatasetError(
            "The stand-in has not been made yet: `python -m fmnist train --dataset stand-in` makes "
            "it, and so does the app where Fashion-MNIST is not available."
        )
    if not DATASET_SLUG.fullmatch(slug) or not (datasets_dir() / slug).is_dir():
        raise DatasetError(
            f"There is no dataset {slug[:60]!r} in {datasets_dir()}; there are "
            f"{', '.join(entry.slug for entry in list_datasets())}."
        )
    return _read_imported(datasets_dir() / slug)


def load(slug: str = STANDARD) -> Dataset:
    """Load a dataset by its short name.

    Raises DatasetMissing when the standard one's files are not there, and DatasetError when there
    is no such dataset, a file is wrong, or the files are not those that were imported or made.
    """
    entry = find_dataset(slug)
    if entry.folder is None:
        return load_dataset()
    arrays, fingerprint = load_folder(entry.folder)
    if fingerprint != entry.fingerprint:
        was, again = ("made", "it is made") if slug == STAND_IN else ("imported", "import")
        raise DatasetError(
            f"The files in {entry.folder} are not those that were {was}: their fingerprint is "
            f"{fingerprint}, expected {entry.fingerprint}. Delete the folder and {again} again."
        )
    return Dataset(
        entry.name, fingerprint, entry.folder, **arrays, class_names=entry.class_names, slug=slug
    )


def find_by_fingerprint(fingerprint: str, preferred: Sequence[str] = ()) -> str | None:
    """The short name of the dataset with these bytes; of several, the first of `preferred`."""
    for entry in sorted(
        list_datasets(), key=lambda entry: [entry.slug != slug for slug in preferred]
    ):
        with contextlib.suppress(DatasetError):
            if (entry.fingerprint or load(entry.slug).fingerprint) == fingerprint:
                return entry.slug
    return None


def check_name(name: str) -> str:
    """A dataset's name without spaces around it.

    Raises DatasetError when it is empty, too long, has signs of another kind, or is taken.
    """
    name = " ".join(name.split())
    require_plain("The dataset's name", name)
    if name.casefold() in _taken_names():
        raise DatasetError(f"There is already a dataset called {name!r}: choose another name.")
    return name


def free_name(name: str) -> str:
    """The name, with a number where it is taken."""
    taken, number, free = _taken_names(), 1, name
    while free.casefold() in taken:
        number += 1
        free = f"{name[: MAX_NAME - 4].rstrip()} {number}"
    return free


def _taken_names() -> set[str]:
    return {STAND_IN_NAME.casefold(), *(entry.name.casefold() for entry in list_datasets())}


def add_dataset(
    name: str,
    class_names: Sequence[str],
    arrays: Sequence[np.ndarray],
    source: dict[str, Any],
) -> DatasetInfo:
    """Keep a dataset as a folder of `datasets_dir()`, which appears in one move.

    The classes of the published Fashion-MNIST get their own names, whatever is given.

    arrays: train_images, train_labels, test_images, test_labels, as in `Dataset`. source: where
    it came from, plain JSON values.

    Raises DatasetError when a name is not as it should be, or the folder cannot be written.
    """
    with drafting_dataset(name) as draft:
        write_dataset(draft, check_name(name), class_names, arrays, source)
        return keep_draft(draft)


@contextlib.contextmanager
def drafting_dataset(name: str) -> Iterator[Path]:
    """A folder for `write_dataset`, in this process or another one; nothing is left of it in the
    end unless it was kept.

    Raises DatasetError when the name is not as it should be, or the folder cannot be written.
    """
    check_name(name)
    parent = datasets_dir()
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with drafting_folder(parent) as draft:
            yield draft
    except OSError as error:
        raise describe_unwritable(error) from error


def keep_draft(draft: Path) -> DatasetInfo:
    """Move a complete draft to its place among the datasets, under a free short name."""
    return read_info(move(draft, draft.parent / _free_slug(read_info(draft).name)))


def describe_unwritable(error: OSError) -> DatasetError:
    """The sentence about a folder of datasets that cannot be written."""
    return DatasetError(
        f"The datasets folder {datasets_dir()} cannot be written ({error.strerror or error}). Free "
        "some space, allow writing there, or name another folder in FMNIST_DATASETS_DIR."
    )


def find_standin() -> DatasetInfo | None:
    """The stand-in, where it has been made and all of it is there."""
    folder = cache_dir() / STAND_IN
    with contextlib.suppress(DatasetError):
        return None if missing_files(folder) else read_info(folder)
    return None


def make_standin(progress: Progress | None = None) -> DatasetInfo:
    """Generate the stand-in into the cache, where it is not there already.

    Two processes at once make it once; what one that was killed has left does not count.

    Raises DatasetError when the cache cannot be written.
    """
    parent = cache_dir()
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(parent / f"{STAND_IN}.lock", timeout=_LOCK_TIMEOUT_S):
            if made := find_standin():
                return made
            for leftovers in (parent / STAND_IN, *parent.glob(f".{STAND_IN}-*")):
                shutil.rmtree(leftovers, ignore_errors=True)
            with drafting_folder(parent, f".{STAND_IN}-") as draft:
                standin.write_standin(draft, progress=progress)
                arrays = list(read_folder(draft).values())
                fingerprint, source = compute_fingerprint(*arrays), {"form": "generated"}
                write_info(draft, STAND_IN_NAME, CLASS_NAMES, fingerprint, arrays, source)
                return read_info(move(draft, parent / STAND_IN))
    except filelock.Timeout:
        raise DatasetError(
            f"Another process has been making the stand-in in {parent} for {_LOCK_TIMEOUT_S:.0f} "
            "s; end it, or try again later."
        ) from None
    except OSError as error:
        raise DatasetError(
            f"The stand-in cannot be written to {parent} ({error.strerror or error}). Set "
            "FMNIST_CACHE_DIR to a folder with 200 MB of room."
        ) from error


def delete_dataset(slug: str) -> None:
    """Remove the folder of an imported dataset, damaged or not. Runs that were trained on the data
    stay.

    Raises DatasetError when no imported dataset has this short name, or its folder cannot be
    removed.
    """
    folder = datasets_dir() / slug if DATASET_SLUG.fullmatch(slug) else None
    if folder is None or slug in RESERVED_SLUGS or not folder.is_dir():
        raise DatasetError(
            f"There is no imported dataset {slug[:60]!r} in {datasets_dir()}: only those can be "
            "deleted."
        )
    try:
        remove_folder(folder)
    except OSError as error:
        raise DatasetError(
            f"{error.filename or folder} cannot be deleted ({error.strerror or error}). Allow "
            "writing there, or delete it by hand."
        ) from error


def _free_slug(name: str) -> str:
    """The name in small letters, digits and hyphens; with a number where that is taken."""
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:34].strip("-") or "dataset"
    taken = {*RESERVED_SLUGS, *(path.name for path in datasets_dir().iterdir())}
    numbered = (stem if number == 1 else f"{stem}-{number}" for number in range(1, len(taken) + 2))
    return next(slug for slug in numbered if slug not in taken)


def _read_imported(folder: Path) -> DatasetInfo:
    if not DATASET_SLUG.fullmatch(folder.name) or folder.name in RESERVED_SLUGS:
        raise DatasetError(f"{folder.name[:60]!r} is not the short name of a dataset.")
    return read_info(folder)
