"""Picture files in a folder for each class become images and labels."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fmnist.data.idx import MAX_IMAGES, SIDE, DatasetError
from fmnist.data.import_csv_files import TellRead
from fmnist.data.import_names import (
    IMAGE_SUFFIXES,
    find_split,
    match_names,
    order_classes,
    says_split_alone,
    spell_plainly,
)
from fmnist.data.import_parts import RAW, Part
from fmnist.data.import_source import Member
from fmnist.images import MAX_FILE_BYTES, ImageError, read_image

_GREY = 8  # levels between red, green and blue that still count as grey


@dataclass(frozen=True)
class Folders:
    """Class folders: their names in the order of the labels, and the images of each split.

    images: by split and class name.
    """

    names: tuple[str, ...]
    images: dict[tuple[str, str], list[Member]]

    @property
    def members(self) -> list[Member]:
        return [member for members in self.images.values() for member in members]

    @property
    def splits(self) -> set[str]:
        return {split for split, _ in self.images}


def find_folders(members: Sequence[Member]) -> Folders | None:
    """The images in class folders, ten of them; None where there are no images.

    A class is the folder of its images, below a folder that says the split if there is one; where
    all classes lie deeper alike, that does not count. A name with a slash is a folder in a folder.

    Raises DatasetError where an image is in no class folder or in no split, or the folders are not
    ten.
    """
    images = [m for m in members if spell_plainly(m.name).endswith(IMAGE_SUFFIXES)]
    if not images:
        return None
    if len(images) > 2 * MAX_IMAGES:
        raise DatasetError(f"There are more than {2 * MAX_IMAGES:,} images: import fewer.")
    placed = [(*_divide(member.parts[:-1]), member) for member in images]
    common = _count_common([folders for _, folders, _ in placed])
    is_split = len({split for split, _, _ in placed} - {""}) > 0
    found: dict[tuple[str, str], dict[str, list[Member]]] = defaultdict(lambda: defaultdict(list))
    for split, folders, member in placed:
        name = "/".join(folders[common:])
        if is_split and not split:
            raise DatasetError(
                f"{member.where} is outside train and test, where other images are: move it."
            )
        if not name:
            raise DatasetError(
                f"{member.where} is in no class folder: expected one folder for each class."
            )
        found[split, name][member.name].append(member)
    names = order_classes({name for _, name in found})
    if len(names) != 10:
        raise DatasetError(
            f"The images are in {len(names)} class folder{'s' * (len(names) != 1)} "
            f"({', '.join(names[:12])}); expected ten."
        )
    ordered = sorted(found, key=lambda key: names.index(key[1]))
    return Folders(
        names,
        {key: [_choose(found[key][name]) for name in sorted(found[key])] for key in ordered},
    )


def _divide(folders: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The split that the folders above the last one say, and the folders below that one."""
    if folders and says_split_alone(folders[-1]):
        return find_split(folders[-1]), ()
    for place in range(len(folders) - 2, -1, -1):
        if split := find_split(folders[place]):
            return split, folders[place + 1 :]
    return "", folders


def _count_common(paths: Sequence[tuple[str, ...]]) -> int:
    """How many folders all paths begin with alike."""
    first, last = min(paths), max(paths)
    pairs = enumerate(zip(first, last, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(first), len(last)))


def _choose(members: Sequence[Member]) -> Member:
    """The one of several images of the same name, class and split, which must be the same."""
    if len(members) > 1:
        contents = set()
        for member in members:
            with member.reading() as stream:
                contents.add(stream.read(MAX_FILE_BYTES))
        if len(contents) > 1:
            names = " and ".join("/".join(member.parts) for member in members[:2])
            raise DatasetError(f"There are two different images {names}: keep one.")
    return members[0]


def order_by(folders: Folders, class_names: Sequence[str] | None) -> tuple[str, ...]:
    """The folders' names in the order of the class names.

    Folders that are numbers have their own order, which the class names follow.

    Raises DatasetError where a folder is called by none of them.
    """
    if not class_names or all(name.isdecimal() for name in folders.names):
        return folders.names
    numbers = match_names(folders.names, class_names)
    if numbers is None:  # 1_Trouser, where the classes are called Trouser and so on
        bare = {name: re.sub(r"^\d+[\W_]+", "", name) for name in folders.names}
        places = match_names([*bare.values()], class_names)
        numbers = places and {name: places[rest] for name, rest in bare.items()}
    if numbers is None or len(set(numbers.values())) < len(folders.names):
        stray = next(
            (name for name in folders.names if match_names([name], class_names) is None),
            folders.names[0],
        )
        raise DatasetError(
            f"The folder {stray} has none of the class names ({', '.join(class_names)}): "
            "give both the same names."
        )
    return tuple(sorted(folders.names, key=numbers.__getitem__))


def read_folders(folders: Folders, names: Sequence[str], tell: TellRead) -> list[Part]:
    """The images of class folders; their labels are the places of their classes in `names`.

    `tell(class name)(1)` is called after each image. Raises DatasetError, naming the file.
    """
    parts = []
    for split in sorted(folders.splits):
        of_split = {name: folders.images.get((split, name), []) for name in names}
        count = sum(map(len, of_split.values()))
        images, labels = np.empty((count, SIDE, SIDE), np.uint8), np.empty(count, np.uint8)
        index = 0
        for label, (name, members) in enumerate(of_split.items()):
            tell_read = tell(name)
            for member in members:
                images[index], labels[index] = _read_picture(member), label
                tell_read(1)
                index += 1
        scale = RAW if not count or images.max() > 1 else ""
        name = f"The folder {split}" if split else "The import"
        parts.append(Part((name, name), split, images, labels, scale))
    return parts


def _read_picture(member: Member) -> np.ndarray:
    """One image, uint8 (28, 28); what is transparent lies on black, as in the dataset."""
    with member.reading() as stream:
        content = stream.read(MAX_FILE_BYTES + 1)
    try:
        image = read_image(content)
    except ImageError as error:
        raise DatasetError(f"{member.where}: {error}") from error
    if image.shape[:2] != (SIDE, SIDE):
        height, width = image.shape[:2]
        raise DatasetError(f"{member.where} has {width}×{height} pixels; expected {SIDE}×{SIDE}.")
    if image.ndim == 2:
        return image
    colours, opacity = image[..., :3].astype(int), image[..., 3:].astype(int)
    shown = colours * opacity // 255
    if (shown.max(axis=2) - shown.min(axis=2)).max() > _GREY:
        raise DatasetError(f"{member.where} is in colour; expected grey.")
    if opacity.min() < 255 and not shown.any():
        raise DatasetError(
            f"{member.where} is black on a transparent ground, and so black all over: save it "
            "light on black."
        )
    return shown[..., 1].astype(np.uint8)
