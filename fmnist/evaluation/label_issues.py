"""Labels that a model's own predictions make suspect, and what people say of them.

Confident learning: Northcutt, Jiang and Chuang 2021, "Confident learning: estimating uncertainty in
dataset labels", https://arxiv.org/abs/1911.00068, as the library cleanlab has it. The probabilities
must be out of sample, of a model that was not trained on the images in question; of what is found,
about half is real, so every such label is only suspected.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fmnist import formats
from fmnist.evaluation.evaluate import wilson_interval
from fmnist.runs.verdicts import Verdict

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class LabelIssues:
    """The K suspected labels of N images, the least credible first."""

    images: int  # N
    indices: np.ndarray  # int64 (K,)
    suggested: np.ndarray  # uint8 (K,): the most probable class
    self_confidence: np.ndarray  # float32 (K,): the probability of the given label

    @property
    def fraction(self) -> float:
        return len(self.indices) / self.images

    def find_place(self, index: int | None, judged: Collection[int]) -> int | None:
        """Where in the ranking an image is, None where it is not suspected; without one, the first
        that is not among those judged.
        """
        if index is not None:
            places = np.flatnonzero(self.indices == index)
            return int(places[0]) if len(places) else None
        return self.find_next(-1, judged)

    def find_next(self, place: int, judged: Collection[int]) -> int:
        """The next place not judged yet after one, from the top where there is none below; where
        all are judged, the next one.
        """
        count = len(self.indices)
        order = [(place + step) % count for step in range(1, count + 1)]
        left = (other for other in order[:-1] or order if self.indices[other] not in judged)
        return next(left, order[0])


@dataclass(frozen=True)
class VerdictRate:
    """How many suspected labels were judged, and what came of it."""

    judged: int
    wrong: int
    ambiguous: int
    fine: int

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the fraction of wrong labels, where any were judged."""
        return wilson_interval(self.wrong, self.judged)


def find_label_issues(labels: np.ndarray, probabilities: np.ndarray) -> LabelIssues:
    """The suspected labels among N images.

    labels: integer (N,); probabilities: float (N, 10), out of sample. As many are suspected of each
    given and true class as the confident joint counts there, those with the largest margin;
    they are ranked by the probability of the given label. Nothing is suspected where fewer than two
    classes occur.
    """
    labels = labels.astype(np.int64)
    indices = np.zeros(0, np.int64)
    if len(np.unique(labels)) > 1:
        import cleanlab.filter  # two seconds: not with every page

        with warnings.catch_warnings():  # that a class has too few images is known
            warnings.simplefilter("ignore", UserWarning)
            indices = cleanlab.filter.find_label_issues(
                labels,
                probabilities,
                return_indices_ranked_by="self_confidence",
                filter_by="prune_by_noise_rate",
                n_jobs=1,  # its own pool would fork a server that has threads
            ).astype(np.int64)
    chosen = probabilities[indices]
    return LabelIssues(
        images=len(labels),
        indices=indices,
        suggested=chosen.argmax(axis=1).astype(np.uint8),
        self_confidence=chosen[np.arange(len(indices)), labels[indices]].astype(np.float32),
    )


def rate_verdicts(verdicts: Iterable[Verdict], split: str) -> VerdictRate:
    """Count the verdicts on images of a split."""
    said = [one.verdict for one in verdicts if one.split == split]
    return VerdictRate(len(said), said.count("wrong"), said.count("ambiguous"), said.count("fine"))


def describe_rate(rate: VerdictRate) -> str:
    """ "Of 40 judged, 55.0 % wrong label (95 % interval 39.8–69.3 %), 8 ambiguous, 10 fine."""
    if not rate.judged:
        return "None judged yet."
    low, high = rate.interval
    return (
        f"Of {formats.count(rate.judged)} judged, {formats.percent(rate.wrong / rate.judged)} "
        f"wrong label (95\N{NO-BREAK SPACE}% interval {100 * low:.1f}–{formats.percent(high)}), "
        f"{formats.count(rate.ambiguous)} ambiguous, {formats.count(rate.fine)} fine."
    )


def verdicts_table(verdicts: Iterable[Verdict], class_names: tuple[str, ...]) -> pd.DataFrame:
    """One row per verdict: split, index, given and suggested class, verdict, judged_at (UTC)."""
    import pandas as pd

    rows = [
        {
            "split": one.split,
            "index": one.index,
            "given": class_names[one.given],
            "suggested": class_names[one.suggested],
            "verdict": one.verdict,
            "judged_at": formats.local_time(one.judged_at, "UTC"),
        }
        for one in verdicts
    ]
    columns = ["split", "index", "given", "suggested", "verdict", "judged_at"]
    return pd.DataFrame(rows, columns=columns)
