"""The smallest square that, painted on an image, makes a network answer with another class.

To try every square of every size takes 18,000 predictions. This looks from large squares to small
ones: of each size, those inside the most promising larger ones and some all over the image, then
the neighbours of the best. So a smaller one may be missed, but what is found does what is said.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from fmnist.explain.results import LARGEST_PATCH, SIDE, SMALLEST_PATCH, Patch, PatchSearch

_SIZES = (LARGEST_PATCH, 8, 5, 3, SMALLEST_PATCH)
_STRIDES = {14: 7, 8: 5}  # of the squares that are tried all over the image
_PROMISING = 2  # squares of each grey that are followed
_TINY = 1e-12  # probability whose logarithm is taken

Predict = Callable[[np.ndarray], np.ndarray]


class _Square(NamedTuple):
    size: int
    row: int
    column: int
    grey: int


def find_smallest_patch(predict: Predict, image: np.ndarray, target: int) -> PatchSearch:
    """For an image, uint8 (28, 28), and the class that shall win. Black, the mean grey of what is
    on the image, and white are tried.

    predict: from uint8 (N, 28, 28, 1) to probabilities float32 (N, 10).
    """
    search = _Search(predict, image, target)
    beam: list[_Square] = []
    beams: dict[int, list[_Square]] = {}
    smallest: int | None = None
    for size in _SIZES:
        beam = beams[size] = search.best_of(size, beam)
        if search.has_winner(size):
            smallest = size
        elif smallest is not None:
            break
    if smallest is not None:
        beam = beams[smallest]
        for size in range(smallest - 1, SMALLEST_PATCH - 1, -1):
            if size in _SIZES:
                break
            beam = search.best_of(size, beam)
            if not search.has_winner(size):
                break
            smallest = size
    return search.result(smallest)


class _Search:
    """Squares that have been tried, each once, and what the network said."""

    def __init__(self, predict: Predict, image: np.ndarray, target: int) -> None:
        self._predict, self._image, self._target = predict, image, target
        drawn = image[image > 0]
        self.greys = sorted({0, round(float(drawn.mean())) if drawn.size else 128, 255})
        self.before = predict(image[None, ..., None])[0]
        self._said: dict[_Square, np.ndarray] = {}

    def best_of(self, size: int, parents: list[_Square]) -> list[_Square]:
        """The most promising of a size: first inside `parents` and all over, then beside those."""
        self._try(itertools.chain(self._all_over(size), self._inside(size, parents)))
        self._try(self._beside(self._promising(size)))
        return self._promising(size)

    def has_winner(self, size: int) -> bool:
        return bool(self.winners(size))

    def winners(self, size: int) -> list[_Square]:
        return [one for one in self._ranked(size) if self._margin(one) > 0]

    def result(self, size: int | None) -> PatchSearch:
        tried = len(self._said)
        if size is None:
            return PatchSearch(None, self.before, tried)
        best = max(self.winners(size), key=lambda one: self._said[one][self._target])
        return PatchSearch(
            Patch(best.row, best.column, best.size, best.grey, self._said[best]),
            self.before,
            tried,
        )

    def _all_over(self, size: int) -> Iterable[_Square]:
        if size not in _STRIDES:
            return
        last = SIDE - size
        places = sorted({*range(0, last, _STRIDES[size]), last})
        for row, column, grey in itertools.product(places, places, self.greys):
            yield _Square(size, row, column, grey)

    def _inside(self, size: int, parents: list[_Square]) -> Iterable[_Square]:
        for parent in parents:
            room = parent.size - size
            steps = sorted({0, room // 2, room})
            for down, right in itertools.product(steps, steps):
                yield _Square(size, parent.row + down, parent.column + right, parent.grey)

    def _beside(self, squares: list[_Square]) -> Iterable[_Square]:
        for one in squares:
            for down, right in itertools.product((-1, 0, 1), (-1, 0, 1)):
                row, column = one.row + down, one.column + right
                if min(row, column) >= 0 and max(row, column) <= SIDE - one.size:
                    yield one._replace(row=row, column=column)

    def _try(self, squares: Iterable[_Square]) -> None:
        new = [one for one in dict.fromkeys(squares) if one not in self._said]
        if not new:
            return
        images = np.stack([paint_square(self._image, *one) for one in new])
        self._said.update(zip(new, self._predict(images[..., None]), strict=True))

    def _promising(self, size: int) -> list[_Square]:
        ranked = self._ranked(size)
        return [
            one
            for grey in self.greys
            for one in [other for other in ranked if other.grey == grey][:_PROMISING]
        ]

    def _ranked(self, size: int) -> list[_Square]:
        of_size = [one for one in self._said if one.size == size]
        return sorted(of_size, key=self._margin, reverse=True)

    def _margin(self, one: _Square) -> float:
        """By how much the target wins, as a logarithm; below 0 where it does not."""
        said = np.log(self._said[one] + _TINY)
        return float(said[self._target] - np.delete(said, self._target).max())


def paint_square(image: np.ndarray, size: int, row: int, column: int, grey: int) -> np.ndarray:
    """The image with a square of one grey on it."""
    painted = image.copy()
    painted[row : row + size, column : column + size] = grey
    return painted
