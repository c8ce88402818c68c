"""A list of runs as a person looks at it: filtered, grouped over seeds, the best marked."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fmnist.runs.tables import Summary, format_value

_NOT_OF_A_GROUP = ("name", "seed")


@dataclass(frozen=True)
class Group:
    """Runs of one config and dataset that differ in their seeds and names alone, newest first; or
    all those of a sweep.
    """

    members: tuple[Summary, ...]
    sweep_id: str = ""

    @property
    def name(self) -> str:
        """As one line, e.g. "3 seeds: conv-32"; runs with the same seed are just runs."""
        if self.sweep_id:
            count = f"{len(self.members)} {'run' if len(self.members) == 1 else 'runs'}"
            return f"Sweep {self.sweep_id[len('20260102-030405-') :]}: {count}"
        seeds = {member.config and member.config.seed for member in self.members}
        what = "seeds" if len(seeds) == len(self.members) else "runs"
        return f"{len(self.members)} {what}: {self.members[0].name}"

    @property
    def best(self) -> Summary:
        """The one with the highest validation accuracy."""
        return max(self.members, key=lambda summary: summary.best_val_accuracy or 0.0)

    @property
    def test_accuracy(self) -> Spread:
        return Spread.of([member.test_accuracy for member in self.members])

    @property
    def best_val_accuracy(self) -> Spread:
        return Spread.of([member.best_val_accuracy for member in self.members])


@dataclass(frozen=True)
class Spread:
    """Mean and sample standard deviation (of at least two) of what is known; else None."""

    mean: float | None
    deviation: float | None

    @classmethod
    def of(cls, values: Sequence[float | None]) -> Spread:
        known = [value for value in values if value is not None]
        return cls(
            statistics.fmean(known) if known else None,
            statistics.stdev(known) if len(known) > 1 else None,
        )


def filter_by_words(
    summaries: list[Summary], words: str, statuses: Mapping[str, str], labels: Mapping[str, str]
) -> list[Summary]:
    """Those in which every word occurs, in whatever case: in the name, the id, that of its sweep, a
    tag, the note, the dataset, the status or a setting, as "dropout 0.2".

    statuses, labels: what the page calls a status and a setting; their own names are found as well.
    """
    wanted = words.casefold().split()

    def fits(summary: Summary) -> bool:
        text = [
            summary.name,
            summary.run_id,
            summary.sweep_id,
            *summary.tags,
            summary.note,
            summary.dataset,
        ]
        text += [summary.status, statuses.get(summary.status, ""), summary.settings]
        if summary.config:
            for name, value in vars(summary.config).items():
                text.append(f"{labels.get(name, name)} {format_value(value)}")
        haystack = "\n".join(text).casefold()
        return all(word in haystack for word in wanted)

    return [summary for summary in summaries if fits(summary)] if wanted else summaries


def group_over_seeds(summaries: list[Summary]) -> list[Group]:
    """All runs in groups, each where its first run stood. What was trained by no config of its own
    (an imported model, say) is alone.
    """
    groups: dict[object, list[Summary]] = {}
    for summary in summaries:
        groups.setdefault(_alike(summary), []).append(summary)
    return [Group(tuple(members)) for members in groups.values()]


def group_sweeps(summaries: list[Summary]) -> list[Group]:
    """Each sweep's runs in a group, where the newest of them stood; every other run alone."""
    groups: dict[str, list[Summary]] = {}
    for summary in summaries:
        groups.setdefault(summary.sweep_id or summary.run_id, []).append(summary)
    return [Group(tuple(members), members[0].sweep_id) for members in groups.values()]


def _alike(summary: Summary) -> object:
    if summary.config is None:
        return summary.run_id
    kept = {k: v for k, v in vars(summary.config).items() if k not in _NOT_OF_A_GROUP}
    return (*kept.values(), summary.fingerprint)


def find_best(summaries: list[Summary]) -> set[str]:
    """The run with the highest validation accuracy on each dataset that two or more were trained
    on: choices are made on validation images, never on those of the test set.
    """
    by_dataset: dict[str, list[Summary]] = {}
    for summary in summaries:
        if summary.best_val_accuracy is not None and summary.config:
            by_dataset.setdefault(summary.dataset, []).append(summary)
    return {
        max(some, key=lambda summary: (summary.best_val_accuracy or 0.0, summary.run_id)).run_id
        for some in by_dataset.values()
        if len(some) > 1
    }
