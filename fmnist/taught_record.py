"""What is known of a taught model: `taught.json` in its run folder.

What was gained and lost is counted in pairs: the same images, answered by the model before and by
the taught one.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

SURE = 0.05  # a p-value below it: no play of chance
# What a teaching does, in order, as its status says, and how much of it is done by then.
STAGES = {
    "loading TensorFlow": 0.05,
    "drawing what is to be learnt": 0.25,
    "learning": 0.5,
    "comparing it with the model before": 0.65,
    "trying it on corrections kept apart": 0.75,
    "scoring": 0.9,
}


def share_done(stage: str | None) -> float:
    """How much of a teaching is done in a stage, 0 to 1; half of it in one that is not known."""
    return STAGES.get(stage or "", 0.5)


@dataclass(frozen=True)
class Comparison:
    """Answers to the same images, before and after."""

    images: int
    before: int  # right before
    gained: int  # wrong before, right after
    lost: int  # right before, wrong after

    def __post_init__(self) -> None:
        counts = dataclasses.astuple(self)
        if not all(type(count) is int and count >= 0 for count in counts):
            raise ValueError(f"a comparison has counts from 0, got {counts}.")
        if self.lost > self.before or self.before + self.gained > self.images:
            raise ValueError(f"a comparison's counts {counts} do not fit each other.")

    @property
    def after(self) -> int:
        """How many are right after."""
        return self.before + self.gained - self.lost

    @property
    def p_value(self) -> float:
        """How likely chance alone is to tell the two this far apart: the exact test of McNemar.

        "Note on the sampling error of the difference between correlated proportions or
        percentages", Psychometrika 12 (1947) 153-157: of the answers that changed, gains are as
        likely as losses where nothing was learnt.
        """
        changed = self.gained + self.lost
        tail = sum(math.comb(changed, count) for count in range(min(self.gained, self.lost) + 1))
        return min(1.0, 2 * tail / 2**changed)

    @property
    def is_sure(self) -> bool:
        return self.p_value < SURE


@dataclass(frozen=True)
class Taught:
    """`taught.json`. What has not been measured yet, or cannot be, is None."""

    corrections: int  # how many it learnt
    before: str = ""  # the taught run that answered for drawings until then; "": the Lab's model
    taught_from: str = ""  # the first 16 digits of the SHA-256 of the model file it started from
    learnt: Comparison | None = None  # the corrections themselves
    kept_apart: Comparison | None = None  # each answered by a head that learnt only the others
    drawings: Comparison | None = None  # made from test photographs, never learnt
    photographs: Comparison | None = None  # the test images of the dataset

    def __post_init__(self) -> None:
        if type(self.corrections) is not int or self.corrections < 0:
            raise ValueError(f"corrections is a count, got {self.corrections!r}.")
        if not isinstance(self.before, str) or not isinstance(self.taught_from, str):
            raise ValueError("before and taught_from are texts.")
        for comparison in (self.learnt, self.kept_apart, self.drawings, self.photographs):
            if not isinstance(comparison, Comparison | None):
                raise ValueError(f"a comparison has counts, got {comparison!r}.")

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: Any) -> Taught:
        """The record in `values`; raises ValueError when they are no such record."""
        names = {field.name for field in dataclasses.fields(cls)}
        if not isinstance(values, dict) or "corrections" not in values or values.keys() - names:
            raise ValueError("taught.json does not describe a taught model.")
        try:
            checked: dict[str, Any] = {
                name: Comparison(**value) if isinstance(value, dict) else value
                for name, value in values.items()
            }
            return cls(**checked)
        except TypeError as error:
            raise ValueError("taught.json has a comparison with other counts.") from error

    @property
    def summary(self) -> str:
        """E.g. "the model for drawings, taught 14 corrections"."""
        noun = "correction" if self.corrections == 1 else "corrections"
        return f"the model for drawings, taught {self.corrections:,} {noun}"

    @property
    def explanation(self) -> str:
        """What the figures of such a run are about, for whoever compares them with others'."""
        return (
            f"A teaching: {self.summary}; only its last layer learns. Training and validation "
            "figures are about drawings, test figures about the dataset's own images."
        )
