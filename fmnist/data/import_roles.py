"""Which file holds the images and which the labels of which split, whatever form they have."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fmnist.data.idx import DatasetError
from fmnist.data.import_names import find_split_of_path
from fmnist.data.import_source import Member

IMAGES, LABELS, BOTH = "images", "labels", "images and labels"
_SPLITS = {"train": "for training", "val": "for validation", "test": "for testing"}


class SourceIncomplete(DatasetError):
    """Something is missing that another file may bring."""


@dataclass(frozen=True)
class Item:
    """A file that holds IMAGES, LABELS or BOTH of a split.

    detail: how it is to be read. lack: of one with images alone, why it is thought to have no
    labels.
    """

    member: Member
    holds: str
    detail: Any
    lack: str = ""

    @property
    def split(self) -> str:
        """What the names of the file and its folders say: "train", "val", "test" or ""."""
        return find_split_of_path(self.member.parts)


@dataclass(frozen=True)
class Pair:
    """The images and the labels of one split; one item where one file has both."""

    split: str
    images: Item
    labels: Item | None = None

    @property
    def members(self) -> tuple[Member, ...]:
        return tuple(item.member for item in (self.images, self.labels) if item)

    @property
    def names(self) -> tuple[str, str]:
        """The names of the files of the images and of the labels."""
        return self.members[0].name, self.members[-1].name


def pair_items(items: Sequence[Item]) -> tuple[list[Pair], list[str]]:
    """Images and labels that belong together, training first; the names of files passed over.

    What lies there twice, byte for byte, counts once. A file whose name says no split is passed
    over beside others for training and testing.

    Raises SourceIncomplete where labels or images are missing, DatasetError where two files differ
    that ought to be one.
    """
    splits = {item.split for item in items}
    passed = []
    if {"train", "test"} <= splits or {"train", "val"} <= splits:
        passed = [item.member.name for item in items if not item.split]
        items = [item for item in items if item.split]
        splits.discard("")
    pairs = list(_pair_each(items, [s for s in ("train", "", "val", "test") if s in splits]))
    found = {pair.split for pair in pairs}
    if "" in found and len(found) > 1:
        stray, other = (
            next(pair.images.member.name for pair in pairs if bool(pair.split) == is_said)
            for is_said in (False, True)
        )
        raise DatasetError(
            f"{other} is {_SPLITS[(found - {''}).pop()]} and {stray} does not say what it is for: "
            "put train or test into its name."
        )
    return pairs, passed


def _pair_each(items: Sequence[Item], splits: Sequence[str]) -> Iterator[Pair]:
    for split in splits:
        of = {
            holds: [item for item in items if item.split == split and item.holds == holds]
            for holds in (BOTH, IMAGES, LABELS)
        }
        if of[BOTH]:
            yield Pair(split, _choose(of[BOTH], split))
        elif of[IMAGES]:
            images = _choose(of[IMAGES], split)
            if not of[LABELS]:
                raise SourceIncomplete(_describe_lack(images, items))
            yield Pair(split, images, _choose(of[LABELS], split))
        elif split or len(items) == len(of[LABELS]):
            name = of[LABELS][0].member.name
            raise SourceIncomplete(
                f"{name} has only labels: the file with their images is missing."
            )


def _describe_lack(images: Item, items: Sequence[Item]) -> str:
    lack = f" ({images.lack})" if images.lack else ""
    alone = next((item.member.name for item in items if item.holds == BOTH), None)
    hint = (
        f"import {alone} alone, and one image in seven of each class is drawn for testing"
        if alone and images.split == "test"
        else "the file with its labels is missing"
    )
    return f"{images.member.name} has no labels{lack}: {hint}."


def _choose(items: Sequence[Item], split: str) -> Item:
    """The one of several that are the same."""
    if len(items) > 1 and len({_digest(item.member) for item in items}) > 1:
        names = " and ".join(item.member.where for item in items[:2])
        purpose = f" {_SPLITS[split]}" if split else ""
        raise DatasetError(
            f"There are two different files with {items[0].holds}{purpose}, {names}: keep one"
            f"{'' if split else ', or put train and test into their names'}."
        )
    return items[0]


def _digest(member: Member) -> bytes:
    with member.unpacked() as stream:
        digest = hashlib.sha256()
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.digest()
