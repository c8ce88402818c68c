"""Look-alikes of Fashion-MNIST for where the real dataset cannot be had.

    python -m fmnist.standin DIR [--seed N]

makes the four canonical files in DIR: 60,000 + 10,000 generated images. Exit code 0: done. 2: not,
with one line on stderr.

The generator is one mixture of Gaussians for each class over the class's principal components. It
was fitted to the real training images by `python -m benchmarks.fit_standin`; `python -m
benchmarks.standin` measures how good it is.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fmnist.command_line import Parser, draw_progress
from fmnist.dataset import CLASS_NAMES, FILES, SIDE, DatasetError, Progress, write_folder

WEIGHTS = Path(__file__).with_suffix(".npz")
TRAIN_IMAGES, TEST_IMAGES = 60_000, 10_000  # as many as the real ones
_BATCH = 1_000  # images made at once: they and what they come from stay under 100 MB
_MAX_SEED = 2**32 - 1


def write_standin(folder: Path, seed: int = 0, progress: Progress | None = None) -> None:
    """Make the four canonical files in `folder` (made if absent), the classes equally frequent.

    The same seed gives the same bytes on the same computer with the same versions. A file appears
    only when all four are complete. `progress(what, images, total)` is called as images are made.

    Raises DatasetError when the folder cannot be written.
    """
    generator = Generator()
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
        with tempfile.TemporaryDirectory(prefix=".new-", dir=folder) as draft:
            write_folder(Path(draft), arrays)
            for name in FILES:
                (Path(draft) / name).replace(folder / name)
    except OSError as error:
        raise DatasetError(
            f"The look-alikes cannot be written to {folder}: {error.strerror or error}. Name a "
            "folder that can be written, with 50 MB of room."
        ) from error


class Generator:
    """What draws images of a class. Its numbers are read from the weights file once.

    For each class: `center` (784,) and `basis` (D, 784), pixels 0 to 1 for latent values of
    variance 1; `shares` (K,), `means` (K, D) and `factors` (K, D, D, lower triangular) of the
    mixture of the latent values.
    """

    def __init__(self, weights: Path = WEIGHTS):
        with np.load(weights, allow_pickle=False) as file:
            self._arrays = {name: file[name] for name in file.files}

    def sample(self, label: int, count: int, rng: np.random.Generator) -> np.ndarray:
        """Images of the class `label`: uint8 (count, 28, 28)."""
        means, factors = self._read("means", label), self._read("factors", label)
        shares = self._read("shares", label).astype(np.float64)
        latents = rng.standard_normal((count, means.shape[1]), np.float32)
        components = rng.choice(len(shares), size=count, p=shares / shares.sum())
        for component in np.unique(components):
            chosen = components == component
            latents[chosen] = latents[chosen] @ factors[component].T + means[component]
        pixels = latents @ self._read("basis", label) + self._read("center", label)
        pixels = np.clip(pixels, 0, 1) * 255
        return np.rint(pixels).astype(np.uint8).reshape(count, SIDE, SIDE)

    def _read(self, name: str, label: int) -> np.ndarray:
        """float32; an array of bytes has a scale for each of its rows."""
        values = self._arrays[name][label].astype(np.float32)
        scale = self._arrays.get(f"{name}_scale")
        return values if scale is None else values * scale[label].astype(np.float32)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = Parser(
        prog="python -m fmnist.standin",
        description="Make 60,000 + 10,000 look-alikes of Fashion-MNIST, as the four canonical "
        "files. They are good for trying the Lab, not for figures of accuracy.",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="where to; made if absent")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default: 0")
    options = parser.parse_args(arguments)
    if not 0 <= options.seed <= _MAX_SEED:
        parser.error(f"--seed is {options.seed}; expected 0 to {_MAX_SEED}")
    try:
        with draw_progress(sys.stderr) as progress:
            write_standin(options.folder, options.seed, progress)
    except DatasetError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted: nothing was made.", file=sys.stderr)
        return 130
    print(f"{TRAIN_IMAGES:,} + {TEST_IMAGES:,} look-alikes, seed {options.seed}: {options.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
