"""How far apart two runs may lie by their seeds alone: what repeats of the same settings tell."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from fmnist.runs.listing import Group
from fmnist.runs.tables import Summary

_LEVEL = 0.95


@dataclass(frozen=True)
class SeedNoise:
    """deviation: sample standard deviation of the test accuracy over seeds, pooled over the groups
    it was found in. runs: how many runs those have. freedom: their number less that of the groups.
    """

    deviation: float
    runs: int
    freedom: int

    @property
    def largest(self) -> float:
        """The largest difference between two single runs that chance explains: 95 % of all pairs
        of one config with two seeds lie closer, by Student's t distribution.
        """
        from scipy.stats import t  # half a second: not with every page

        return float(t.ppf((1 + _LEVEL) / 2, self.freedom) * math.sqrt(2) * self.deviation)


def find_seed_noise(groups: Iterable[Group], chosen: Iterable[Summary]) -> SeedNoise | None:
    """From the groups over seeds that the chosen runs belong to; None where there is no repeat."""
    ids = {summary.run_id for summary in chosen}
    squares, runs, freedom = 0.0, 0, 0
    for group in groups:
        known = {  # a run with a seed that another has is no repeat: it comes out the same
            member.config.seed: member.test_accuracy
            for member in group.members
            if member.config and member.test_accuracy is not None
        }
        if len(known) > 1 and ids & {member.run_id for member in group.members}:
            mean = math.fsum(known.values()) / len(known)
            squares += math.fsum((value - mean) ** 2 for value in known.values())
            runs += len(known)
            freedom += len(known) - 1
    return SeedNoise(math.sqrt(squares / freedom), runs, freedom) if freedom else None


def describe_seed_noise(noise: SeedNoise | None, difference: float) -> str:
    """Whether a difference between two runs' accuracies, -1 to 1, is more than other seeds make."""
    if noise is None:
        return (
            "Seed noise is not known: train these settings again with other seeds to see how far "
            "chance alone moves the accuracy."
        )
    word = "Within" if abs(difference) <= noise.largest else "Beyond"
    return (
        f"{word} seed noise: over {noise.runs} runs that differ in the seed alone, the accuracy "
        f"has a standard deviation of {100 * noise.deviation:.2f} percentage points, so two such "
        f"runs lie up to {100 * noise.largest:.2f} apart by chance (95\N{NO-BREAK SPACE}%)."
    )
