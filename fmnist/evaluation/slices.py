"""Where a model fails more often than it should: images of a class that have something in common.

Each attribute of `attributes` is split at the thirds of its class, so that "dark" means dark for a
shirt. Of every class, and of all of them together, the images of the lowest and of the highest
third, and of two such thirds at once, are compared with the rest of the class.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from fmnist import formats
from fmnist.data.dataset import CLASS_NAMES
from fmnist.evaluation.attributes import ATTRIBUTES, measure
from fmnist.evaluation.evaluate import PLURALS, Evaluation, wilson_interval

_NBSP = "\N{NO-BREAK SPACE}"
FEWEST = 30  # images of a slice, and of the others it is compared with
FALSE_DISCOVERIES = 0.05  # expected fraction of the slices listed that are none
ALL = None  # in the place of a class
WORDS = {word for each in ATTRIBUTES.values() for word in (each.low, each.high)}


@dataclass(frozen=True, eq=False)
class Slice:
    """Images of one class (None: of all) that are called by one or two words, and their errors."""

    label: int | None
    words: tuple[str, ...]
    bounds: tuple[str, ...]  # of each word, what it means for this class
    indices: np.ndarray  # int64: the images, errors first, the most confident first
    errors: int
    others: int  # images of the class that are not in it
    other_errors: int
    p_value: float  # one-sided, of Fisher's exact test
    adjusted: float  # that, after Benjamini and Hochberg, over all slices tested

    @property
    def count(self) -> int:
        return len(self.indices)

    @property
    def error_rate(self) -> float:
        return self.errors / self.count

    @property
    def other_rate(self) -> float:
        return self.other_errors / self.others

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the error rate."""
        return wilson_interval(self.errors, self.count)

    @property
    def name(self) -> str:
        """For an address: "6-dark-narrow", "all-dark"."""
        return "-".join(["all" if self.label is None else str(self.label), *self.words])


@dataclass(frozen=True, eq=False)
class Slices:
    """significant: the worst first. tested: how many were compared with their others."""

    significant: tuple[Slice, ...]
    tested: int

    @property
    def worst_of_each(self) -> tuple[Slice, ...]:
        """The worst of every class that has one, and of all classes together."""
        first: dict[int | None, Slice] = {}
        for one in self.significant:
            first.setdefault(one.label, one)
        return tuple(first.values())

    def of(self, label: int) -> tuple[Slice, ...]:
        """Those of one class."""
        return tuple(one for one in self.significant if one.label == label)

    def find(self, name: str) -> Slice | None:
        """The one with this `name`."""
        return next((one for one in self.significant if one.name == name), None)


def compute_slices(evaluation: Evaluation, images: np.ndarray) -> Slices:
    """The slices whose error rate is higher than that of the others, images uint8 (N, 28, 28).

    Fisher's exact test (one-sided: more errors) of each slice of at least `FEWEST` images against
    the rest of its class; Benjamini and Hochberg (1995) bound the expected fraction of false
    discoveries among those listed by 5 %. A pair is listed only where it is worse than each of its
    two words alone.
    """
    from scipy.stats import false_discovery_control, hypergeom  # half a second: not with every page

    values = measure(images)
    found = list(_candidates(evaluation, values))
    if not found:
        return Slices((), 0)
    wrong = ~evaluation.is_correct
    counts = np.array([_count(wrong, within, members) for _, _, within, members in found])
    size, errors, total, total_errors = counts.T
    p_values = hypergeom.sf(errors - 1, total, total_errors, size)
    adjusted = false_discovery_control(p_values)
    rates = {
        (label, words): row[1] / row[0]
        for (label, words, *_), row in zip(found, counts, strict=True)
    }
    significant = [
        Slice(
            label=label,
            words=words,
            bounds=() if label is ALL else tuple(_bound(values[within], word) for word in words),
            indices=_worst_first(evaluation, np.flatnonzero(members)),
            errors=int(row[1]),
            others=int(row[2] - row[0]),
            other_errors=int(row[3] - row[1]),
            p_value=float(p_value),
            adjusted=float(q_value),
        )
        for (label, words, within, members), row, p_value, q_value in zip(
            found, counts, p_values, adjusted, strict=True
        )
        if q_value <= FALSE_DISCOVERIES and _adds(rates, label, words)
    ]
    return Slices(tuple(sorted(significant, key=lambda one: -one.error_rate)), len(found))


def _candidates(
    evaluation: Evaluation, values: np.ndarray
) -> Iterator[tuple[int | None, tuple[str, ...], np.ndarray, np.ndarray]]:
    """Class, words, which images are of the class and which of the slice: bool (N,) each.

    Of all classes together, an image is what it is within its own: otherwise the slices would only
    say which classes are hard.
    """
    by_word = {word: np.zeros(len(values), bool) for word in WORDS}
    classes: list[tuple[int | None, np.ndarray]] = []
    label: int | None
    for label in range(len(evaluation.class_names)):
        within = evaluation.labels == label
        if within.sum() < 2 * FEWEST:
            continue
        classes.append((label, within))
        for number, attribute in enumerate(ATTRIBUTES.values()):
            low, high = _thirds(values[within, number])
            if low < high:
                by_word[attribute.low] |= within & (values[:, number] <= low)
                by_word[attribute.high] |= within & (values[:, number] >= high)
    if len(classes) > 1:
        classes.append((ALL, np.logical_or.reduce([within for _, within in classes])))
    words = [(each.low, each.high) for each in ATTRIBUTES.values()]
    single = [(word,) for pair in words for word in pair]
    double = [(a, b) for one, other in combinations(words, 2) for a in one for b in other]
    for label, within in classes:
        for chosen in [*single, *double]:
            members = np.logical_and.reduce([within, *(by_word[word] for word in chosen)])
            if FEWEST <= members.sum() <= within.sum() - FEWEST:
                yield label, chosen, within, members


def _thirds(values: np.ndarray) -> tuple[float, float]:
    low, high = np.quantile(values, [1 / 3, 2 / 3])
    return float(low), float(high)


def _bound(values: np.ndarray, word: str) -> str:
    """What a word means for the images of a class: "“dark”: mean of the lit pixels at most 84"."""
    for number, attribute in enumerate(ATTRIBUTES.values()):
        low, high = _thirds(values[:, number])
        if word == attribute.low:
            return f"“{word}”: {attribute.unit} at most {low:.3g}"
        if word == attribute.high:
            return f"“{word}”: {attribute.unit} at least {high:.3g}"
    raise ValueError(f"{word!r} is none of the words {sorted(WORDS)}")


def _adds(
    rates: dict[tuple[int | None, tuple[str, ...]], float],
    label: int | None,
    words: tuple[str, ...],
) -> bool:
    """Whether a pair of words says more than each of the two."""
    return len(words) == 1 or all(
        rates[label, words] > rates.get((label, (word,)), 0.0) for word in words
    )


def _count(wrong: np.ndarray, within: np.ndarray, members: np.ndarray) -> tuple[int, int, int, int]:
    """Images and errors of the slice, images and errors of its class."""
    return (
        int(members.sum()),
        int((members & wrong).sum()),
        int(within.sum()),
        int((within & wrong).sum()),
    )


def _worst_first(evaluation: Evaluation, indices: np.ndarray) -> np.ndarray:
    order = np.lexsort((-evaluation.confidence[indices], evaluation.is_correct[indices]))
    return indices[order]


def describe_slice(one: Slice, class_names: tuple[str, ...] = CLASS_NAMES) -> str:
    """ "Shirts, dark and narrow: 34 % of 212"."""
    several, words = name_several(one.label, class_names), formats.join(one.words)
    return f"{several[:1].upper()}{several[1:]}, {words}: {_rate(one)}"


def describe_worst(one: Slice, class_names: tuple[str, ...] = CLASS_NAMES) -> str:
    """ "Shirts fail most when dark and narrow: 34 % of 212, against 24 % of the others."."""
    several, words = name_several(one.label, class_names), formats.join(one.words)
    return (
        f"{several[:1].upper()}{several[1:]} fail most when {words}: {_rate(one)}, against "
        f"{_percent(one.other_rate)} of the others."
    )


def name_several(label: int | None, class_names: tuple[str, ...] = CLASS_NAMES) -> str:
    """ "shirts"; of other data, "images of “3”"; of all classes, "images"."""
    if label is ALL:
        return "images"
    return PLURALS[label] if class_names == CLASS_NAMES else f"images of “{class_names[label]}”"


def _rate(one: Slice) -> str:
    return f"{_percent(one.error_rate)} of {formats.count(one.count)}"


def _percent(fraction: float) -> str:
    """Whole from 10 % on: less would read as 0."""
    return formats.percent(fraction) if fraction < 0.0995 else f"{100 * fraction:.0f}{_NBSP}%"
