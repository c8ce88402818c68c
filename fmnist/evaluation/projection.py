"""A model's features on a plane: two numbers per image, and which images lie inside an outline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from fmnist import formats
from fmnist.evaluation.evaluate import Evaluation

UNITS = 1000  # what each side of the plane has
_NAMED = 3  # classes in a description


def project(features: np.ndarray) -> np.ndarray:
    """The first two principal components of float (N, features), as float32 (N, 2).

    Of features that are all alike, zeros.
    """
    from sklearn.decomposition import PCA

    if min(features.shape) < 2 or not np.ptp(features, axis=0).any():
        return np.zeros((len(features), 2), np.float32)
    solver = "covariance_eigh" if len(features) > features.shape[1] else "full"
    return PCA(2, svd_solver=solver).fit_transform(features).astype(np.float32)


def to_plane(points: np.ndarray) -> np.ndarray:
    """Stretch float (N, 2) to the square from 0 to `UNITS`, as float32; the second axis upwards."""
    low, high = points.min(axis=0), points.max(axis=0)
    placed = (points - low) / np.where(high > low, high - low, 1) * UNITS
    return np.stack([placed[:, 0], UNITS - placed[:, 1]], axis=1).astype(np.float32)


def find_inside(points: np.ndarray, outline: Sequence[tuple[int, int]]) -> np.ndarray:
    """Which of float (N, 2) lie inside a polygon: bool (N,). Fewer than three corners hold all.

    By the even-odd rule: a ray to the right crosses the outline an odd number of times.
    """
    inside = np.full(len(points), len(outline) < 3)
    if len(outline) < 3:
        return inside
    x, y = points[:, 0], points[:, 1]
    corners = [(float(a), float(b)) for a, b in outline]
    for (x1, y1), (x2, y2) in zip(corners, corners[1:] + corners[:1], strict=True):
        if y1 != y2:
            crosses = ((y1 > y) != (y2 > y)) & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
            inside ^= crosses
    return inside


def describe_images(evaluation: Evaluation, indices: np.ndarray) -> str:
    """ "312 images: 204 Shirt, 88 T-shirt/top, 20 of other classes. 61 wrong (19.6 %)."."""
    counts = Counter(evaluation.labels[indices].tolist()).most_common()
    parts = [
        f"{formats.count(count)} {evaluation.class_names[label]}"
        for label, count in counts[:_NAMED]
    ]
    others = sum(count for _, count in counts[_NAMED:])
    parts += [f"{formats.count(others)} of other classes"] if others else []
    wrong = int((~evaluation.is_correct[indices]).sum())
    noun = "image" if len(indices) == 1 else "images"
    share = formats.percent(wrong / len(indices))
    return (
        f"{formats.count(len(indices))} {noun}: {', '.join(parts)}. {formats.count(wrong)} wrong "
        f"({share})."
    )
