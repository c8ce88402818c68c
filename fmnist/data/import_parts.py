"""Images and labels as they were read become the four arrays of a dataset.

What is decided here holds for every form: which values are white, which class a label's word is,
which images are for testing where nothing says it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from fmnist.data.dataset import CLASS_NAMES
from fmnist.data.idx import SIDE, DatasetError
from fmnist.data.import_names import match_names, order_classes

TEST_ONE_IN = 7  # one image in seven, where nothing says which are for testing
RAW, UNIT = "0 to 255", "0 to 1"  # what pixels are


@dataclass
class Scale:
    """What the pixels of one file are, as found out block by block: whole numbers, or from 0 to 1.

    found: RAW or UNIT; "" as long as all are 0 and 1, which may be either.
    """

    found: str = ""
    blocks: list[str] = field(default_factory=list)

    def take(self, values: np.ndarray, describe_fault: Callable[[], str]) -> np.ndarray:
        """A block of pixels as uint8; those from 0 to 1 are multiplied by 255.

        Raises DatasetError where they are neither, or not what those before were.
        """
        with np.errstate(invalid="ignore"):
            low, high = (values.min(), values.max()) if values.size else (0, 0)
            is_whole = values.dtype.kind in "biu" or bool((values == np.rint(values)).all())
        kind = ("" if high <= 1 else RAW) if is_whole else UNIT
        fits = low >= 0 and high <= (1 if kind == UNIT else 255)
        if not fits or (kind and self.found and kind != self.found):
            raise DatasetError(describe_fault())
        self.found = self.found or kind
        self.blocks.append(kind)
        return np.rint(values * 255 if kind == UNIT else values).astype(np.uint8)

    def join(self, blocks: list[np.ndarray]) -> np.ndarray:
        """All blocks as one array, those of 0 and 1 alone as bright as the others."""
        if self.found == UNIT:
            for block, kind in zip(blocks, self.blocks, strict=True):
                if not kind:
                    block *= 255
        return np.concatenate(blocks)


@dataclass
class Part:
    """What one file, or one folder of files, says: a split's images and their labels.

    names: of the files of the images and of the labels, for a message. split: "train", "val",
    "test", or "" where nothing says it. images: uint8 (N, 28, 28). labels:
    uint8 (N,), or a list of words. scale: RAW or UNIT; "" where all pixels are 0 and 1.
    """

    names: tuple[str, str]
    split: str
    images: np.ndarray
    labels: np.ndarray | list[str]
    scale: str = RAW


@dataclass(frozen=True)
class Assembled:
    """The four arrays in `Dataset`'s order, the class names where the labels are words, and what a
    person should be told, a sentence each.
    """

    arrays: list[np.ndarray]
    class_names: tuple[str, ...] | None
    notes: tuple[str, ...]


def assemble(parts: Sequence[Part], class_names: Sequence[str] | None) -> Assembled:
    """The dataset that the parts make.

    class_names: those that came along, for labels that are words.

    Raises DatasetError, naming the file, where the parts do not go together.
    """
    notes: list[str] = []
    for part in parts:
        if len(part.images) != len(part.labels):
            raise DatasetError(
                f"{part.names[0]} has {len(part.images):,} images and {part.names[1]} has "
                f"{len(part.labels):,} labels; "
                "expected as many labels as images."
            )
        if not len(part.images):
            raise DatasetError(f"{part.names[0]} has no images; expected at least one.")
    notes += _decide_scale(parts)
    found = _number_words(parts, class_names)
    for part in parts:
        if part.split in ("train", "") and np.all(part.labels == part.labels[0]):
            raise DatasetError(
                f"{part.names[1]} has only the label {part.labels[0]}, {len(part.labels):,} "
                "times; expected images of several classes."
            )
    splits = {part.split for part in parts}
    if len(splits) == 1:
        images, labels = _join(parts)
        notes.append(f"One image in {TEST_ONE_IN} of each class was set aside for testing.")
        return Assembled(_draw_test_images(images, labels), found, tuple(notes))
    testing = "test" if "test" in splits else "val"
    if testing == "val":
        notes.append("The validation images became the test images: there were no others.")
    elif "val" in splits:
        notes.append("The validation images were added to the training images.")
    tested = [part for part in parts if part.split == testing]
    trained = [part for part in parts if part.split != testing]
    return Assembled([*_join(trained), *_join(tested)], found, tuple(notes))


def _join(parts: Sequence[Part]) -> list[np.ndarray]:
    if len(parts) == 1:
        return [parts[0].images, np.asarray(parts[0].labels)]
    return [
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.labels for part in parts]),
    ]


def _decide_scale(parts: Sequence[Part]) -> list[str]:
    """Make pixels of 0 and 1 black and white; the note about what was multiplied."""
    scales = {part.scale for part in parts}
    undecided = [part for part in parts if not part.scale and part.images.any()]
    if undecided and RAW in scales:
        raise DatasetError(
            f"{undecided[0].names[0]} has no pixel but 0 and 1, other files have 0 to 255: "
            "expected the same in all."
        )
    for part in undecided:
        part.images = part.images * np.uint8(255)
    if UNIT in scales or undecided:
        values = "0 and 1" if scales == {""} else UNIT
        return [f"The pixels were {values}: they are multiplied by 255."]
    return []


def _number_words(
    parts: Sequence[Part], class_names: Sequence[str] | None
) -> tuple[str, ...] | None:
    """Give labels that are words their numbers; the class names that follow from them."""
    worded = [part for part in parts if not isinstance(part.labels, np.ndarray)]
    if not worded:
        return None
    if len(worded) < len(parts):
        other = next(part for part in parts if part not in worded)
        raise DatasetError(
            f"{worded[0].names[1]} has words as labels and {other.names[1]} numbers: expected "
            "the same in both."
        )
    # Words that differ in case or spaces alone are one class.
    words = sorted({_fold(word): word for part in worded for word in part.labels}.values())
    known = tuple(class_names or ())
    if not known:
        is_garments = len(words) <= 10 and match_names(words, CLASS_NAMES)
        known = CLASS_NAMES if is_garments else order_classes(words)
        if len(known) != len(CLASS_NAMES):
            raise DatasetError(
                f"{worded[0].names[1]} has {len(known)} different labels ({', '.join(words[:12])})"
                "; expected ten."
            )
    numbers = match_names(words, known)
    if numbers is None:
        stray = next(word for word in words if match_names([word], known) is None)
        raise DatasetError(
            f"{worded[0].names[1]} has the label “{stray[:40]}”, which is none of the class names: "
            f"{', '.join(known)}."
        )
    by_fold = {_fold(word): number for word, number in numbers.items()}
    for part in worded:
        part.labels = np.array([by_fold[_fold(word)] for word in part.labels], np.uint8)
    return known


def _fold(word: str) -> str:
    return " ".join(word.casefold().split())


def _draw_test_images(images: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
    """One image in seven of each class for testing, by a seeded draw; the order is kept."""
    rng = np.random.default_rng(0)
    is_test = np.zeros(len(labels), bool)
    for label in range(len(CLASS_NAMES)):
        places = np.flatnonzero(labels == label)
        if len(places) == 1:
            raise DatasetError(
                f"Class number {label + 1} has one image; expected at least two, one of them for "
                "testing."
            )
        if len(places):
            drawn = max(1, round(len(places) / TEST_ONE_IN))
            is_test[rng.permutation(places)[:drawn]] = True
    return [images[~is_test], labels[~is_test], images[is_test], labels[is_test]]


def stand_upright(images: np.ndarray) -> np.ndarray:
    """Images (N, 28, 28) with rows and columns exchanged: those of EMNIST lie on their side."""
    return np.ascontiguousarray(images.reshape(-1, SIDE, SIDE).transpose(0, 2, 1))
