"""Two classes against each other, from an `Attribution`: why the one, why not the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fmnist.explain.results import Attribution

_TELLING = 0.005  # of probability: a smaller fall is none
_FULL_COLOUR = 0.05  # of probability, at least: small effects shall look small
_TELLING_ROWS = 5  # of a map: one with fewer says little about where


@dataclass(frozen=True, eq=False)
class Contrast:
    """Maps (28, 28) of two classes, and of the first less the second, on one scale each way.

    cams: three maps of Grad-CAM, None in a network without convolutions; cam_peak: the largest
    absolute value in them. falls, fall_peak: the same of occlusion, in probability; 0.05 at
    least.
    """

    cams: np.ndarray | None
    cam_peak: float
    falls: np.ndarray
    fall_peak: float


def rank_classes(probabilities: np.ndarray) -> list[int]:
    """The ten classes, the most likely of (10,) first."""
    return [int(label) for label in np.argsort(-probabilities, kind="stable")]


def choose_site(attribution: Attribution) -> int:
    """Which site to begin with: the deepest that still tells where; there is one at least."""
    large = [place for place, site in enumerate(attribution.sites) if site.rows >= _TELLING_ROWS]
    return large[-1] if large else len(attribution.sites) - 1


def compare(attribution: Attribution, first: int, second: int, site: int = -1) -> Contrast:
    """Of two classes; site: which of `attribution.sites`."""
    cams = None
    if attribution.sites:
        one, other = attribution.cams[site, first], attribution.cams[site, second]
        cams = np.stack([one, other, one - other])
    one, other = attribution.occlusion[first], attribution.occlusion[second]
    falls = np.stack([one, other, one - other])
    return Contrast(
        cams,
        0.0 if cams is None else float(np.abs(cams).max()),
        falls,
        max(float(np.abs(falls).max()), _FULL_COLOUR),
    )


def describe_place(values: np.ndarray) -> str:
    """In words, where the largest of (28, 28) is: "the upper left", "the middle"."""
    row, column = np.unravel_index(np.argmax(values), values.shape)
    down = ("upper", "", "lower")[int(row) * 3 // 28]
    across = ("left", "", "right")[int(column) * 3 // 28]
    if down and across:
        return f"the {down} {across}"
    return {"upper": "the top", "lower": "the bottom", "": ""}[down] or (
        f"the {across} side" if across else "the middle"
    )


def describe_falls(attribution: Attribution, label: int, names: Sequence[str]) -> str:
    """What covering does to a class, with its numbers: plain text, and no full stop."""
    falls, name = attribution.occlusion[label], names[label]
    most, least = float(falls.max()), float(falls.min())
    if max(most, -least) < _TELLING:
        return f"No single square matters to {name}: whatever is covered, its probability stays"
    if most >= -least:
        place, points = describe_place(falls), 100 * most
        return f"Covering {place} costs {name} up to {points:.1f} percentage points"
    place, points = describe_place(-falls), -100 * least
    return f"Covering {place} makes {name} more likely, by up to {points:.1f} percentage points"
