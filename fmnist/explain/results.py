"""What is found inside a network, as plain values: no Keras here, so that a page may hold them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SIDE = 28  # pixels of an image
SMALLEST_PATCH, LARGEST_PATCH = 2, 14  # pixels on a side of a square that is searched


@dataclass(frozen=True)
class ReceptiveField:
    """The pixels that a place of a feature map depends on, along one side of the image.

    Place i sees `size` pixels from pixel `first + i * jump` on; those outside the image are
    padding.
    """

    size: int
    jump: int
    first: int

    def window(self, place: int) -> tuple[int, int]:
        """The first pixel seen and the one after the last, of those inside the image."""
        start = self.first + place * self.jump
        return max(start, 0), min(start + self.size, SIDE)

    def centre(self, place: int) -> float:
        """The pixel in the middle of what a place sees; between two pixels for an even size."""
        return self.first + place * self.jump + (self.size - 1) / 2


@dataclass(frozen=True, eq=False)
class LayerOnImage:
    """One layer, and what it makes of an image.

    name, kind: as in Keras, e.g. "conv_1", "Conv2D". shape: of its output, without the batch axis.
    macs: multiply-adds of one image, counted as `network.count_macs` does. kernel: the shape of its
    weights, of a pooling that of its window, else (). field: what a place of its map sees along a
    side; None where it is the whole image, or cannot be told. maps: float32, the few maps that are
    highest on average (N, H, W), what is below 0 left out; or the numbers (units,) of a vector, or
    nothing where they are too large to show. channels: which filters those maps are of.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    macs: int
    kernel: tuple[int, ...]
    field: ReceptiveField | None
    maps: np.ndarray
    channels: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class NetworkOnImage:
    """A network's layers in order, and its probabilities float32 (10,) for the image.

    views: how many versions of the image it averages over; the layers show the first.
    """

    layers: tuple[LayerOnImage, ...]
    probabilities: np.ndarray
    views: int

    @property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in self.layers)

    @property
    def macs(self) -> int:
        """Of one prediction: every version of the image goes through the network."""
        return self.views * sum(layer.macs for layer in self.layers)

    def macs_until(self, name: str) -> int:
        """Of one view, up to the layer of this name and with it."""
        names = [layer.name for layer in self.layers]
        return sum(layer.macs for layer in self.layers[: names.index(name) + 1])


@dataclass(frozen=True, eq=False)
class LayerMaps:
    """All maps of one layer for an image, float32 (filters, H, W).

    kernels: float32 (kernel rows, kernel columns, channels in, filters), for a convolution.
    """

    maps: np.ndarray
    kernels: np.ndarray | None


@dataclass(frozen=True)
class Site:
    """A layer that Grad-CAM looks at: its name, and rows and columns of its maps."""

    layer: str
    rows: int
    columns: int


@dataclass(frozen=True, eq=False)
class Attribution:
    """Which pixels speak for each of the ten classes.

    sites: the layers Grad-CAM looked at, the last convolution last; none in a network without
    convolutions. cams: float32 (sites, 10, 28, 28), 0 or more: by how much each place raises the
    class's score, on one scale for all classes of a site. occlusion: float32 (10, 28, 28): by how
    much the class's probability falls, on average, when a square over the pixel is painted black;
    negative where it rises. probabilities: float32 (10,) for the whole image.
    """

    sites: tuple[Site, ...]
    cams: np.ndarray
    occlusion: np.ndarray
    probabilities: np.ndarray


@dataclass(frozen=True, eq=False)
class Patch:
    """A square of one grey on an image, from its top left pixel on, and the probabilities (10,)
    with it.
    """

    row: int
    column: int
    size: int
    grey: int
    probabilities: np.ndarray

    def paint(self, image: np.ndarray) -> np.ndarray:
        """The image, uint8 (28, 28), with the square on it."""
        painted = image.copy()
        painted[self.row : self.row + self.size, self.column : self.column + self.size] = self.grey
        return painted


@dataclass(frozen=True, eq=False)
class PatchSearch:
    """The smallest square that was found to make another class win; None where none does.

    before: the probabilities (10,) without it. tried: how many squares.
    """

    patch: Patch | None
    before: np.ndarray
    tried: int


@dataclass(frozen=True, eq=False)
class Excitement:
    """What excites each filter of a layer, each (images, filters): `values` float32, the highest of
    its map on an image; `places` int64, where that is, row by row; `images` int64, which one.
    """

    values: np.ndarray
    places: np.ndarray
    images: np.ndarray
