"""What people do to pixels before a network sees them, as Keras's own layers.

Each way is a name of `imported_record.INPUTS`. The layers become part of the model that a run
keeps, so that it takes plain pixels from 0 to 255.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fmnist.runs.imported_record import INPUTS

if TYPE_CHECKING:
    import keras

CANDIDATES = tuple(name for name in INPUTS if name != "auto")
_SMALLEST_DEVIATION = 1 / 28  # of one image, from 0 to 1, as TensorFlow has it
_NAME = "as_it_was_trained"
# By what the pixels are multiplied, and what is added then.
_RESCALED = {
    "unit": (1 / 255, 0.0),
    "signed": (1 / 127.5, -1.0),
    "centred": (1 / 255, -0.5),
    "unit_inverted": (-1 / 255, 1.0),
    "raw_inverted": (-1.0, 255.0),
    "signed_inverted": (-1 / 127.5, 1.0),
}
_AXES = {"columns": 1, "rows": 2, "lengths": (1, 2)}  # whose length becomes 1


@dataclass(frozen=True, eq=False)
class Pixels:
    """Mean and variance of each pixel over the training images, float64 (28, 28), 0 to 255."""

    mean: np.ndarray
    variance: np.ndarray

    @classmethod
    def of(cls, images: np.ndarray) -> Pixels:
        """Those of uint8 (N, 28, 28), without a copy of them as floats."""
        mean = images.mean(axis=0)
        squares = np.square(np.arange(256, dtype=np.uint16))[images].mean(axis=0)
        return cls(mean, np.maximum(squares - mean**2, 0.0))

    @property
    def mean_of_all(self) -> float:
        return float(self.mean.mean())

    @property
    def deviation_of_all(self) -> float:
        variance = (self.variance + self.mean**2).mean() - self.mean_of_all**2
        return float(np.sqrt(variance)) or 1.0


def build_preparation(inputs: str, pixels: Pixels) -> keras.Model:
    """A network without weights from raw pixels to what a model expects, both (None, 28, 28, 1).

    inputs: one of `CANDIDATES`. pixels: what the standardised ways take away and divide by.
    """
    import keras

    images = keras.Input((28, 28, 1), name="image")
    return keras.Model(images, prepare(images, inputs, pixels))


def prepare(images: keras.KerasTensor, inputs: str, pixels: Pixels) -> keras.KerasTensor:
    """The same as layers that follow `images`."""
    from keras import layers, ops

    if inputs in _RESCALED:
        return layers.Rescaling(*_RESCALED[inputs], name=_NAME)(images)
    if inputs in _AXES:
        return layers.UnitNormalization(axis=_AXES[inputs], name=_NAME)(images)
    if inputs == "standardised":
        deviation = pixels.deviation_of_all
        return layers.Rescaling(1 / deviation, -pixels.mean_of_all / deviation, name=_NAME)(images)
    if inputs == "pixels":
        variance = np.where(pixels.variance > 0, pixels.variance, 1.0)  # one that is always black
        mean = pixels.mean[..., None].tolist()
        return layers.Normalization(
            axis=(1, 2, 3), mean=mean, variance=variance[..., None].tolist(), name=_NAME
        )(images)
    if inputs == "images":
        unit = layers.Rescaling(1 / 255, name=_NAME)(images)
        centred = unit - ops.mean(unit, axis=(1, 2, 3), keepdims=True)
        deviation = ops.std(unit, axis=(1, 2, 3), keepdims=True)
        return centred / ops.maximum(deviation, _SMALLEST_DEVIATION)
    return images
