"""Of all images, those that excite each filter of a layer most; no Keras here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fmnist.explain.results import SIDE, Excitement, LayerOnImage

MOST = 16  # images that are kept of each filter
MOST_MACS = 2.5e11  # of all images together: a slow network is shown fewer
FEWEST_IMAGES = 1000


def keep_highest(found: list[Excitement], most: int = MOST) -> Excitement:
    """Of all images of all these, the `most` that excite each filter most, the highest first.

    Of equal ones, the first: an image that a filter ignores stands in the order of the dataset.
    """
    values, places, images = (
        np.concatenate([getattr(each, name) for each in found])
        for name in ("values", "places", "images")
    )
    order = np.argsort(-values, axis=0, kind="stable")[:most]
    return Excitement(*(np.take_along_axis(each, order, 0) for each in (values, places, images)))


def count_images(macs: int, available: int) -> int:
    """How many images a layer is shown, which takes `macs` multiply-adds to reach."""
    hundreds = int(MOST_MACS / max(macs, 1)) // 100
    return min(available, max(FEWEST_IMAGES, 100 * hundreds))


@dataclass(frozen=True)
class Found:
    """A test image that excites a filter, by its index: the `value`, and the rows and columns of
    the pixels that the place of it sees, from the first to the one after the last.
    """

    index: int
    value: float
    rows: tuple[int, int]
    columns: tuple[int, int]

    @property
    def is_part(self) -> bool:
        """Whether the place sees less than all of the image."""
        return (self.rows, self.columns) != ((0, SIDE), (0, SIDE))


def list_images(found: Excitement, number: int, layer: LayerOnImage) -> list[Found]:
    """Those of one filter of a layer, the strongest first; none that leave it at 0 or below."""
    listed = []
    for image, value, place in zip(
        found.images[:, number], found.values[:, number], found.places[:, number], strict=True
    ):
        if value > 0:
            row, column = divmod(int(place), layer.shape[1])
            windows = [(0, SIDE), (0, SIDE)]
            if layer.field is not None:
                windows = [layer.field.window(row), layer.field.window(column)]
            listed.append(Found(int(image), float(value), *windows))
    return listed
