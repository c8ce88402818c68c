"""Fits the generator of the stand-in dataset to the 60,000 real training images.

`python -m benchmarks.fit_standin [--weights FILE]`: writes the numbers that
`fmnist/data/standin.py` draws images from. The test images are not looked at.

1. For each class: its principal components, and a mixture of Gaussians with full covariances over
   them, by expectation maximisation (scikit-learn).
2. For all classes: three small convolutions that see an image as the components give it, blurred
   and with ripples, and learn what the real image has at each pixel: its most likely value and how
   far off that is (the likelihood of a Laplace distribution).
"""

from __future__ import annotations

import argparse
import os
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from fmnist.data.dataset import CLASS_NAMES, load_dataset
from fmnist.data.standin import WEIGHTS, Generator, fold

DIMENSIONS = 64  # principal components of a class
COMPONENTS = 20  # Gaussians of a class: some 300 images each
EM_STEPS = 20
FILTERS = 24
EPOCHS = 2
BATCH = 64
LEARNING_RATE = 3e-3
# Fraction of a latent value's variance that is drawn anew, so that step 2 sees what look-alikes
# are.
FRESH = 0.1
SMALLEST_SPREAD = 0.01  # of a pixel from 0 to 1
_BYTES = ("basis", "factors")  # stored as bytes with a scale for each row


def fit_mixture(images: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """A class's arrays as in `standin.Generator`; its images' latents (N, D), components (N,).

    images: float32 (N, 784), 0 to 1.
    """
    center = images.mean(axis=0)
    variances, axes = np.linalg.eigh(np.cov(images - center, rowvar=False))
    scales = np.sqrt(variances[: -DIMENSIONS - 1 : -1]).astype(np.float32)
    axes = axes[:, : -DIMENSIONS - 1 : -1].astype(np.float32)
    values = (images - center) @ axes
    mixture = GaussianMixture(COMPONENTS, reg_covar=1e-3, random_state=0, max_iter=EM_STEPS)
    with warnings.catch_warnings():  # the last steps gain little
        warnings.simplefilter("ignore", ConvergenceWarning)
        components = mixture.fit_predict(values)
    arrays = {
        "center": center,
        "basis": (axes * scales).T,
        "shares": mixture.weights_,
        "means": mixture.means_ / scales,
        "factors": np.linalg.cholesky(mixture.covariances_) / scales[:, None],
    }
    return arrays, values / scales, components


def pack(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays as they are stored: bytes or float16."""
    packed = {}
    for name, array in arrays.items():
        if name in _BYTES:
            scale = np.abs(array).max(axis=-1, keepdims=True) / 127
            packed[f"{name}_scale"] = scale.astype(np.float16)
            packed[name] = np.rint(array / scale).astype(np.int8)
        else:
            packed[name] = array.astype(np.float16)
    return packed


def redraw(
    generator: Generator,
    label: int,
    latents: np.ndarray,
    components: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Pixels (N, 28, 28) of the latents, of whose variance the fraction FRESH is drawn anew."""
    means = generator.read("means", label)[components]
    fresh = generator.draw_latents(label, components, rng) - means
    mixed = means + np.sqrt(1 - FRESH) * (latents - means) + np.sqrt(FRESH) * fresh
    return generator.decode(label, mixed.astype(np.float32))


def fit_convolutions(seen: np.ndarray, real: np.ndarray) -> dict[str, np.ndarray]:
    """Kernels and biases of the three convolutions.

    seen: float32 (N, 28, 28), as decoded; real: the same images, uint8.
    """
    import keras
    from keras import layers, ops

    keras.utils.set_random_seed(0)
    convolutions = [
        layers.Conv2D(FILTERS, 3, padding="same", activation="relu"),
        layers.Conv2D(FILTERS, 3, padding="same", activation="relu"),
        layers.Conv2D(8, 3, padding="same", kernel_initializer="zeros"),
    ]
    model = keras.Sequential([keras.Input((14, 14, 4)), *convolutions])

    def loss(both: np.ndarray, answer: np.ndarray) -> np.ndarray:
        seen, real = both[..., :4], both[..., 4:]
        spread = SMALLEST_SPREAD + ops.softplus(answer[..., 4:])
        return ops.abs(real - seen - answer[..., :4]) / spread + ops.log(spread)

    steps = len(seen) // BATCH * EPOCHS
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    model.compile(keras.optimizers.Adam(rate), loss)
    given = fold(seen)
    targets = np.concatenate([given, fold(real / np.float32(255))], axis=-1)
    model.fit(given, targets, batch_size=BATCH, epochs=EPOCHS, verbose=2)
    arrays = {}
    for number, layer in enumerate(convolutions):
        arrays[f"kernel_{number}"], arrays[f"bias_{number}"] = layer.get_weights()
    return arrays


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="the file to write")
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    dataset = load_dataset()
    fitted = []
    for label, name in enumerate(CLASS_NAMES):
        images = dataset.train_images[dataset.train_labels == label]
        fitted.append(fit_mixture(images.reshape(len(images), -1) / np.float32(255)))
        print(f"{name}: fitted", flush=True)
    mixtures = [arrays for arrays, _, _ in fitted]
    arrays = pack({name: np.stack([one[name] for one in mixtures]) for name in mixtures[0]})
    generator, rng = Generator(arrays), np.random.default_rng(0)
    seen = np.empty(dataset.train_images.shape, np.float32)
    for label, (_, latents, components) in enumerate(fitted):
        seen[dataset.train_labels == label] = redraw(generator, label, latents, components, rng)
    arrays |= pack(fit_convolutions(seen, dataset.train_images))
    np.savez_compressed(options.weights, **arrays)
    print(f"{options.weights}: {options.weights.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
