"""Look-alikes of Fashion-MNIST for where the real dataset cannot be had.

The generator is one mixture of Gaussians for each class over the class's principal components, and
a small convolutional network that cleans what it draws. It was fitted to the real training images
by `python -m benchmarks.fit_standin`; `python -m benchmarks.standin` measures how good it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from fmnist.data.dataset import CLASS_NAMES, FILES, DatasetError, Progress, write_folder
from fmnist.data.idx import SIDE
from fmnist.files import drafting_folder, move

WEIGHTS = Path(__file__).with_suffix(".npz")
TRAIN_IMAGES, TEST_IMAGES = 60_000, 10_000  # as many as the real ones
GRAIN = 1.0  # of what is drawn beside the most likely pixel: all of it looks noisy
_BATCH = 50  # images made at once, so that what they come from stays in the processor's cache


def write_standin(folder: Path, seed: int = 0, progress: Progress | None = None) -> None:
    """Make the four canonical files in `folder` (made if absent), the classes equally frequent.

    The same seed gives the same bytes on the same computer with the same versions. A file appears
    only when all four are complete. `progress(what, images, total)` is called as images are made.

    Raises DatasetError when the folder cannot be written, ValueError when the seed is negative.
    """
    generator = Generator.load()
    splits = ((TRAIN_IMAGES, [seed, 0]), (TEST_IMAGES, [seed, 1]))
    done, arrays = 0, []
    for count, split_seed in splits:
        rng = np.random.default_rng(split_seed)
        labels = rng.permutation(np.arange(count) % len(CLASS_NAMES)).astype(np.uint8)
        images = np.empty((count, SIDE, SIDE), np.uint8)
        for label in range(len(CLASS_NAMES)):
            places = np.flatnonzero(labels == label)
            for begin in range(0, len(places), _BATCH):
                chosen = places[begin : begin + _BATCH]
                images[chosen] = generator.sample(label, len(chosen), rng)
                done += len(chosen)
                if progress:
                    progress("Making look-alikes", done, TRAIN_IMAGES + TEST_IMAGES)
        arrays += [images, labels]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with drafting_folder(folder) as draft:
            write_folder(draft, arrays)
            for name in FILES:
                move(draft / name, folder / name)
    except OSError as error:
        raise DatasetError(
            f"The look-alikes cannot be written to {folder}: {error.strerror or error}. Name a "
            "folder that can be written, with 50 MB of room."
        ) from error


class Generator:
    """What draws images of a class, from these arrays (`benchmarks/fit_standin.py` makes them).

    For each class: `center` (784,) and `basis` (D, 784), pixels 0 to 1 for latent values of
    variance 1; `shares` (K,), `means` (K, D) and `factors` (K, D, D; lower triangular) of the
    mixture of the latent values. For all classes: `kernel_0` (3, 3, 4, F), `bias_0` (F,) and so on,
    of convolutions that see an image as its components give it, blurred and with ripples, and
    answer for each pixel with a correction and how far off a real one would still be.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray]):
        self._arrays = arrays

    @classmethod
    def load(cls) -> Generator:
        """The generator that comes with the Lab."""
        with np.load(WEIGHTS, allow_pickle=False) as file:
            return cls(dict(file))

    def sample(self, label: int, count: int, rng: np.random.Generator) -> np.ndarray:
        """Images of the class `label`: uint8 (count, 28, 28)."""
        shares = self.read("shares", label).astype(np.float64)
        components = rng.choice(len(shares), size=count, p=shares / shares.sum())
        pixels = self.decode(label, self.draw_latents(label, components, rng))
        return np.rint(self._refine(pixels, rng) * 255).astype(np.uint8)

    def draw_latents(
        self, label: int, components: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """A draw from each of these components (N,) of the class's mixture: float32 (N, D)."""
        means, factors = self.read("means", label), self.read("factors", label)
        latents = rng.standard_normal((len(components), means.shape[1]), np.float32)
        for component in np.unique(components):
            chosen = components == component
            latents[chosen] = latents[chosen] @ factors[component].T + means[component]
        return latents

    def decode(self, label: int, latents: np.ndarray) -> np.ndarray:
        """The image of each row of latents, by the class's components: float32 (N, 28, 28)."""
        pixels = latents @ self.read("basis", label) + self.read("center", label)
        return pixels.reshape(-1, SIDE, SIDE)

    def read(self, name: str, label: int) -> np.ndarray:
        """A class's part of an array, float32; an array of bytes has a scale for each row."""
        scale = self._arrays.get(f"{name}_scale")
        values = self._arrays[name][label].astype(np.float32)
        return values if scale is None else values * scale[label].astype(np.float32)

    def _refine(self, pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Pixels (N, 28, 28) without their ripples and with some grain, 0 to 1."""
        folded = fold(pixels)
        hidden = np.maximum(self._convolve(folded, 0), 0)
        hidden = np.maximum(self._convolve(hidden, 1), 0)
        correction, spread = np.split(self._convolve(hidden, 2), 2, axis=-1)
        grain = np.logaddexp(spread, 0) * rng.standard_normal(spread.shape, np.float32)
        return unfold(np.clip(folded + correction + GRAIN * grain, 0, 1))

    def _convolve(self, values: np.ndarray, number: int) -> np.ndarray:
        """(N, H, W, C) -> (N, H, W, F): 3×3, zeros around the edge."""
        kernel = self._arrays[f"kernel_{number}"].astype(np.float32)
        padded = np.pad(values, ((0, 0), (1, 1), (1, 1), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
        rows = windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, 9 * values.shape[-1])
        answer = rows @ kernel.reshape(rows.shape[1], -1) + self._arrays[f"bias_{number}"]
        return answer.astype(np.float32).reshape(*values.shape[:-1], -1)


def fold(images: np.ndarray) -> np.ndarray:
    """Each square of 2 × 2 pixels as one place: (N, 28, 28) -> (N, 14, 14, 4)."""
    half = SIDE // 2
    squares = images.reshape(-1, half, 2, half, 2).transpose(0, 1, 3, 2, 4)
    return squares.reshape(-1, half, half, 4)


def unfold(folded: np.ndarray) -> np.ndarray:
    """The images that were folded: (N, 14, 14, 4) -> (N, 28, 28)."""
    half = SIDE // 2
    squares = folded.reshape(-1, half, half, 2, 2).transpose(0, 1, 3, 2, 4)
    return squares.reshape(-1, SIDE, SIDE)
