"""What is known of a fine-tuned model: `taught.json` in its run folder.

What was gained and lost is counted in pairs: the same images, classified by the model before and by
the fine-tuned one.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

Count = Annotated[int, msgspec.Meta(ge=0)]
SURE = 0.05  # a p-value below it: no play of chance
# What a fine-tuning does, in order, as its status says, and how much of it is done by then.
STAGES = {
    "loading TensorFlow": 0.05,
    "drawing the training images": 0.25,
    "training the last layer": 0.5,
    "comparing it with the model before": 0.65,
    "cross-validating": 0.75,
    "scoring": 0.9,
}


def stage_fraction(stage: str | None) -> float:
    """How much of a fine-tuning is done in a stage, 0 to 1; half of it in one that is not known."""
    return STAGES.get(stage or "", 0.5)


class Comparison(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Predictions for the same images, before and after."""

    images: Count
    before: Count  # right before
    gained: Count  # wrong before, right after
    lost: Count  # right before, wrong after

    def __post_init__(self) -> None:
        counts = msgspec.structs.astuple(self)
        if self.lost > self.before or self.before + self.gained > self.images:
            raise ValueError(f"a comparison's counts {counts} do not fit each other.")

    @property
    def after(self) -> int:
        """How many are right after."""
        return self.before + self.gained - self.lost

    @property
    def points_lost(self) -> float:
        """How many of a hundred fewer are right after; negative where more are."""
        return 100 * (self.before - self.after) / self.images if self.images else 0.0

    @property
    def p_value(self) -> float:
        """How likely chance alone is to tell the two this far apart: the exact test of McNemar.

        "Note on the sampling error of the difference between correlated proportions or
        percentages", Psychometrika 12 (1947) 153-157: of the predictions that changed, gains are as
        likely as losses where nothing was learned.
        """
        from scipy.stats import binomtest

        changed = self.gained + self.lost
        return float(binomtest(self.gained, changed).pvalue) if changed else 1.0

    @property
    def is_sure(self) -> bool:
        return self.p_value < SURE


class FineTuned(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    rename={
        "started_from": "taught_from",
        "on_corrections": "learnt",
        "cross_validated": "kept_apart",
    },
):
    """`taught.json`. What has not been measured yet, or cannot be, is None."""

    corrections: Count  # how many it was trained on
    before: str = ""  # the fine-tuned run that was used until then; "": the Lab's model
    started_from: str = ""  # the first 16 digits of the SHA-256 of the model file
    on_corrections: Comparison | None = None
    cross_validated: Comparison | None = None  # each by a head trained on the others alone
    drawings: Comparison | None = None  # made from test photographs, held out
    photographs: Comparison | None = None  # the test images of the dataset

    def to_json(self) -> dict[str, Any]:
        return msgspec.to_builtins(self)

    @classmethod
    def from_json(cls, values: Any) -> FineTuned:
        """The record in `values`; raises ValueError when they are no such record."""
        try:
            return msgspec.convert(values, cls)
        except msgspec.ValidationError as error:
            raise ValueError(
                f"taught.json does not describe a fine-tuned model: {error}."
            ) from error

    @property
    def summary(self) -> str:
        """E.g. "the model for drawings, fine-tuned on 14 corrections"."""
        noun = "correction" if self.corrections == 1 else "corrections"
        return f"the model for drawings, fine-tuned on {self.corrections:,} {noun}"

    @property
    def explanation(self) -> str:
        """What the figures of such a run are about, for whoever compares them with others'."""
        return (
            f"Fine-tuned: {self.summary}; only its last layer was trained. Training and validation "
            "figures are about drawings, test figures about the dataset's own images."
        )
