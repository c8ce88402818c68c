"""What the names of files, folders and classes say: for training or testing, which order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePath

from fmnist.data.dataset import CLASS_NAMES
from fmnist.data.names import MAX_NAME

CLASSES_FILE = "class_names.json"  # a list of ten, or an object with "class_names"
DIGITS = tuple("0123456789")
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")
TABLE_SUFFIXES = (".csv", ".tsv")

_SPLITS = {
    "train": "train training",
    "val": "val valid validate validation eval evaluation dev",
    "test": "test testing t10k",
}
_SPLIT_OF = {word: split for split, words in _SPLITS.items() for word in words.split()}
_WORDS = "|".join(sorted(_SPLIT_OF, key=len, reverse=True))
# "x_train", "trainset", "TestData2", but neither "latest" nor "contest"
_TOKEN = re.compile(
    rf"[xy]?({_WORDS})(set|data|dataset|images?|imgs?|labels?|samples?|split|x|y)?\d*"
)
_IDX = re.compile(
    rf"(?<![a-z])({_WORDS})[-_. ]?(images|labels)[-_. ]?idx\d?[-_. ]?(u?bytes?|int)?$"
)
_SAYS_NOTHING = ("archive", "data", "dataset", "download", "downloads", "images", "raw", "x", "y")
_COPY = re.compile(r"[ _]*\(\d+\)|[ _-]+copy\b", re.IGNORECASE)  # what is downloaded again


def spell_plainly(name: str) -> str:
    """A file's name in small letters, without ".gz" and what browsers add to a second download."""
    return re.sub(r"(\.gz)+$", "", _COPY.sub("", name.lower()))


def is_wanted(name: str) -> bool:
    """Whether a file of this name can hold a part of a dataset."""
    plain = spell_plainly(name)
    known = (*IMAGE_SUFFIXES, *TABLE_SUFFIXES, ".npy")
    return plain.endswith(known) or plain == CLASSES_FILE or bool(_IDX.search(plain))


def find_idx_role(name: str) -> tuple[str, str] | None:
    """("train", "val" or "test", "images" or "labels") of an IDX file; None for another file."""
    match = _IDX.search(spell_plainly(name))
    return (_SPLIT_OF[match[1]], match[2]) if match else None


def find_split(name: str) -> str:
    """The split that a file's or folder's name says: "train", "val", "test", or "".

    Where it says two, the last one: `train_test_split/test`, `training_eval.csv`. A capital letter
    begins a word: `FashionTrain.csv`.
    """
    stem = spell_plainly(re.sub("(?<=[a-z])(?=[A-Z])", "_", PurePath(name).name))
    stem = stem.rsplit(".", 1)[0] if stem.endswith(TABLE_SUFFIXES) else stem
    found = [match for word in re.split(r"[^a-z0-9]+", stem) if (match := _TOKEN.fullmatch(word))]
    return _SPLIT_OF[found[-1][1]] if found else ""


def says_split_alone(name: str) -> bool:
    """Whether a folder's name says a split and nothing else."""
    return bool(_TOKEN.fullmatch(_squash(name)))


def find_split_of_path(parts: Sequence[str]) -> str:
    """The split that a file's name says, or else the nearest of its folders."""
    return next(filter(None, map(find_split, reversed(parts))), "")


def says_emnist(parts: Iterable[str]) -> bool:
    """Whether a path names EMNIST, whose images lie on their side in every one of its files."""
    return any("emnist" in re.split(r"[^a-z]+", part.lower()) for part in parts)


def says_fashion(parts: Iterable[str]) -> bool:
    """Whether a path names Fashion-MNIST."""
    return any(re.search(r"fashion|f-?mnist", part.lower()) for part in parts)


def sort_key(name: str) -> list[tuple[int, int, str]]:
    """Sorts 2 before 10."""
    return [
        (0, int(part), "") if part.isdecimal() else (1, 0, part.casefold())
        for part in re.split(r"(\d+)", name)
        if part
    ]


def match_names(found: Sequence[str], wanted: Sequence[str]) -> dict[str, int] | None:
    """Which of `wanted` each of `found` is; None where one is none of them.

    Case and signs do not count, for no folder is called "T-shirt/top".
    """
    places = {_squash(name): index for index, name in enumerate(wanted)}
    squashed = {name: _squash(name) for name in found}
    if len(places) < len(wanted) or not places.keys() >= set(squashed.values()):
        return None
    return {name: places[short] for name, short in squashed.items()}


def _squash(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold()) or name


def order_classes(names: Iterable[str]) -> tuple[str, ...]:
    """Class names in the order of their labels: by number, else by alphabet."""
    return tuple(sorted(names, key=sort_key))


def propose_name(paths: Iterable[PurePath]) -> str:
    """A name from that of a file or folder, the first that says something, without what says which
    part of a dataset it is.
    """
    for path in paths:
        stem = re.sub(
            r"(\.(zip|csv|tsv|gz|tgz|tar|npz|npy|png|jpe?g))+$", "", _COPY.sub("", path.name)
        )
        stem = re.sub(rf"(^|[-_ ])[xy]?({_WORDS})([-_. ].*|$)", "", stem, flags=re.IGNORECASE)
        words = re.sub(r"[^\w.()+-]|_", " ", stem).strip(" .()+-")[:MAX_NAME].strip()
        if words and words.lower() not in _SAYS_NOTHING:
            return words
    return "My data"


def propose_classes(parts: Iterable[str]) -> tuple[str, ...]:
    """Class names where none came along: the ten garments for Fashion-MNIST, else the digits."""
    return CLASS_NAMES if says_fashion(parts) else DIGITS
