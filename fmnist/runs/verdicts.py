"""What people say of suspected labels: wrong, ambiguous or fine.

They lie in `label_verdicts_<fingerprint>.jsonl` in the runs folder, one file per dataset, a verdict
a line, in the order judged. A line that cannot be read is left where it is, and costs no other.
"""

from __future__ import annotations

import functools
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from fmnist.json_lines import JsonLines
from fmnist.runs.folder import runs_dir

Judgement = Literal["wrong", "ambiguous", "fine"]
JUDGEMENTS: tuple[Judgement, ...] = get_args(Judgement)

_MAX_FILE_BYTES = 100_000_000
_MAX_INDEX = 999_999
_LATEST = 1e11  # Unix seconds; more is no time


class VerdictError(ValueError):
    """What was given is no verdict, or cannot be kept; the message says why in one sentence."""


@dataclass(frozen=True)
class Verdict:
    """What a person says of the label of one image."""

    split: str  # "train" or "test"
    index: int
    given: int  # its label, 0 to 9
    suggested: int  # the class that was suggested instead, 0 to 9
    verdict: Judgement
    judged_at: float  # Unix seconds

    @property
    def key(self) -> tuple[str, int]:
        """Names the image: one judged again has the later verdict."""
        return self.split, self.index


@dataclass(frozen=True)
class VerdictsFile:
    """What the file holds: verdicts by image, and how many lines cannot be read."""

    verdicts: dict[tuple[str, int], Verdict]
    unreadable: int = 0

    def indices(self, split: str, *judgements: Judgement) -> list[int]:
        """The images of a split with one of these verdicts, or any, in the order judged."""
        return [
            one.index
            for one in self.verdicts.values()
            if one.split == split and one.verdict in (judgements or JUDGEMENTS)
        ]


def verdicts_file(fingerprint: str) -> Path:
    return runs_dir() / f"label_verdicts_{fingerprint}.jsonl"


def read_verdicts(fingerprint: str) -> VerdictsFile:
    """Every verdict on a dataset's images; none where there is no file.

    Raises VerdictError when the file is there and cannot be read at all.
    """
    path = verdicts_file(fingerprint)
    try:
        stat = path.stat()
    except OSError:
        return VerdictsFile({})
    return _read_cached(path, stat.st_mtime_ns, stat.st_size)


@functools.lru_cache(maxsize=8)
def _read_cached(path: Path, _written_at: int, _size: int) -> VerdictsFile:
    """Looked into only when it is new: a page asks at every click."""
    verdicts, unreadable = _LINES.read(path)
    return VerdictsFile(verdicts, len(unreadable))


def judge(
    fingerprint: str, split: str, index: int, given: int, suggested: int, verdict: Judgement
) -> None:
    """Keep a verdict given now, in the place of an earlier one on the same image.

    Raises VerdictError when it is none, and when the file cannot be read or written.
    """
    new = Verdict(split, int(index), int(given), int(suggested), verdict, round(time.time(), 3))
    _check(new)

    def change(kept: dict[tuple[str, int], Verdict]) -> None:
        kept.pop(new.key, None)
        kept[new.key] = new

    _LINES.change(verdicts_file(fingerprint), change)


def withdraw(fingerprint: str, split: str, index: int) -> None:
    """Forget the verdict on one image; nothing happens where there is none.

    Raises VerdictError when the file cannot be read or written.
    """
    _LINES.change(verdicts_file(fingerprint), lambda kept: kept.pop((split, int(index)), None))


def _from_values(values: Any) -> Verdict:
    try:
        verdict = Verdict(**values)
    except TypeError:
        raise VerdictError("expected an object with the fields of a verdict.") from None
    return _check(verdict)


def _check(one: Verdict) -> Verdict:
    if one.split not in ("train", "test"):
        raise VerdictError(f"its split is {str(one.split)[:20]!r}, not train or test.")
    for name, value, most in (
        ("index", one.index, _MAX_INDEX),
        ("given", one.given, 9),
        ("suggested", one.suggested, 9),
    ):
        if type(value) is not int or not 0 <= value <= most:
            raise VerdictError(f"its {name} is {str(value)[:20]!r}, not 0 to {most}.")
    if one.verdict not in JUDGEMENTS:
        raise VerdictError(
            f"its verdict is {str(one.verdict)[:20]!r}, not one of {', '.join(JUDGEMENTS)}."
        )
    if type(one.judged_at) not in (int, float) or not 0 <= one.judged_at < _LATEST:
        raise VerdictError("its judged_at is no time in seconds.")
    return one


_LINES = JsonLines("verdicts", _MAX_FILE_BYTES, _from_values, asdict, VerdictError)
