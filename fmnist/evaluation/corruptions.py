"""Seven ways to spoil an image, each in five strengths, and how a model's accuracy takes them.

In the spirit of N. Mu and J. Gilmer, "MNIST-C: a robustness benchmark for computer vision",
arXiv:1906.02337 (2019), and of Fashion-MNIST-C after it; the strengths are our own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import numpy as np

from fmnist.evaluation.evaluate import wilson_interval

STRENGTHS = 5
SEED = 0
_SPOIL = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Corruption:
    """values: what the five strengths are, in `unit`."""

    name: str
    unit: str
    values: tuple[float, ...]
    spoil: _SPOIL


def _add_noise(images: np.ndarray, deviation: float, rng: np.random.Generator) -> np.ndarray:
    return images + deviation * rng.standard_normal(images.shape)


def _blur(images: np.ndarray, sigma: float, _rng: np.random.Generator) -> np.ndarray:
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(images, (0, sigma, sigma), mode="constant")


def _shift(images: np.ndarray, pixels: float, rng: np.random.Generator) -> np.ndarray:
    """Up, down, to the left or to the right, what leaves the image is lost."""
    count, height, width = images.shape
    steps = np.array([(0, 1), (0, -1), (1, 0), (-1, 0)])[rng.integers(0, 4, count)] * int(pixels)
    padded = np.pad(images, ((0, 0), (int(pixels),) * 2, (int(pixels),) * 2))
    rows = np.arange(height) + int(pixels) - steps[:, :1]
    columns = np.arange(width) + int(pixels) - steps[:, 1:]
    return padded[np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]


def _rotate(images: np.ndarray, degrees: float, rng: np.random.Generator) -> np.ndarray:
    """One way or the other."""
    from scipy.ndimage import rotate

    turned, is_left = np.empty_like(images), rng.random(len(images)) < 0.5
    for which, angle in ((is_left, degrees), (~is_left, -degrees)):
        turned[which] = rotate(images[which], angle, axes=(1, 2), reshape=False, order=1)
    return turned


def _darken(images: np.ndarray, factor: float, _rng: np.random.Generator) -> np.ndarray:
    return images * factor


def _flip(images: np.ndarray, fraction: float, rng: np.random.Generator) -> np.ndarray:
    is_flipped = rng.random(len(images)) < fraction
    return np.where(is_flipped[:, None, None], images[:, :, ::-1], images)


def _occlude(images: np.ndarray, side: float, rng: np.random.Generator) -> np.ndarray:
    """A black square somewhere within the image."""
    count, height, width = images.shape
    top = rng.integers(0, height - int(side) + 1, count)[:, None, None]
    left = rng.integers(0, width - int(side) + 1, count)[:, None, None]
    row, column = np.arange(height)[:, None], np.arange(width)
    is_hidden = (row >= top) & (row < top + side) & (column >= left) & (column < left + side)
    return np.where(is_hidden, 0, images)


CORRUPTIONS: dict[str, Corruption] = {
    "noise": Corruption("Noise", "standard deviation, of 255", (10, 20, 35, 55, 80), _add_noise),
    "blur": Corruption("Blur", "pixels (σ)", (0.5, 0.8, 1.2, 1.7, 2.4), _blur),
    "shift": Corruption("Shift", "pixels", (1, 2, 3, 4, 6), _shift),
    "rotation": Corruption("Rotation", "degrees", (5, 10, 20, 30, 45), _rotate),
    "brightness": Corruption(
        "Darker", "times its brightness", (0.8, 0.6, 0.45, 0.3, 0.15), _darken
    ),
    "flip": Corruption("Mirrored", "of the images", (0.2, 0.4, 0.6, 0.8, 1.0), _flip),
    "occlusion": Corruption("Occlusion", "pixels on a side", (4, 6, 8, 10, 14), _occlude),
}


def corrupt(images: np.ndarray, name: str, strength: int) -> np.ndarray:
    """Images uint8 (N, 28, 28) with the corruption `name` at a strength from 1 to 5, as uint8.

    The same images, name and strength give the same result: chance is seeded. What is random for
    an image, the side to which it turns, say, is the same at every strength.
    """
    corruption = CORRUPTIONS[name]
    rng = np.random.default_rng([SEED, list(CORRUPTIONS).index(name)])
    spoiled = corruption.spoil(images.astype(np.float32), corruption.values[strength - 1], rng)
    return np.clip(np.round(spoiled), 0, 255).astype(np.uint8)


class Robustness(msgspec.Struct, frozen=True):
    """How many of `images` are right, by corruption and strength; a result may be partial."""

    images: int
    right: dict[str, list[int]]

    @property
    def is_complete(self) -> bool:
        return all(len(self.right.get(name, [])) == STRENGTHS for name in CORRUPTIONS)

    @property
    def mean_accuracy(self) -> float:
        """Over all corruptions and strengths that there are."""
        counts = [count for row in self.right.values() for count in row]
        return sum(counts) / len(counts) / self.images

    def accuracies(self, name: str) -> list[float]:
        return [count / self.images for count in self.right[name]]

    def intervals(self, name: str) -> list[tuple[float, float]]:
        """Wilson's 95 % intervals of the accuracies."""
        return [wilson_interval(count, self.images) for count in self.right[name]]
