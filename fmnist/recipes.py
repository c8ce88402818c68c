"""Named trainings: the notebooks' models, and ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fmnist.config import TrainConfig


@dataclass(frozen=True)
class Recipe:
    """A config with a name, what it shows, and where it comes from with its published figures."""

    name: str
    config: TrainConfig
    summary: str
    source: str


def _recipe(name: str, summary: str, source: str, **settings) -> Recipe:
    return Recipe(name, TrainConfig(name=name, **settings), summary, source)


# The notebooks score the last epoch and never stop early.
_NOTEBOOK = {"keep": "last", "early_stopping_patience": 0, "optimizer": "adam"}
_CONV_8_24_48 = {
    **_NOTEBOOK,
    "filters": (8, 24, 48),
    "pool": 1,
    "dense_units": (100,),
    "epochs": 20,
    "batch_size": 100,
    "validation_fraction": 0.2,
}
_ONE_CONVOLUTION = {
    **_NOTEBOOK,
    "pool": 2,
    "epochs": 50,
    "batch_size": 512,
    "learning_rate": 0.001,
    "validation_fraction": 0.2,
}

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        recipe.name: recipe
        for recipe in (
            _recipe(
                "quick",
                "One convolution, five epochs of falling steps: a good first model in about a "
                "minute on a laptop.",
                "The Lab's own starting point.",
                filters=(32,),
                dense_units=(64,),
                epochs=5,
                batch_size=128,
                learning_rate=0.002,
                schedule="cosine",
            ),
            _recipe(
                "dense-32",
                "No convolution at all: every pixel feeds 32 units. It finds shirts hardest.",
                "A notebook that publishes no accuracy; epochs and batch size are ours.",
                **_NOTEBOOK,
                architecture="dense",
                dense_units=(32,),
                epochs=10,
                batch_size=32,
                validation_fraction=0.2,
            ),
            _recipe(
                "conv-8-24-48",
                "Three convolutions without pooling. Nearly all of its 2.3 million parameters lie "
                "in the first dense layer, and it overfits after a few epochs.",
                "Published: validation accuracy 0.8741 after epoch 1 and 0.9167 after epoch 5; "
                "58 s per epoch.",
                **_CONV_8_24_48,
            ),
            _recipe(
                "conv-8-24-48-strided",
                "The same convolutions moving two pixels at a time, with dropout: 72 times fewer "
                "parameters, many times faster, and a little less accurate.",
                "Published: validation accuracy 0.8375 after epoch 5 and 0.8672 after epoch 20; "
                "3 s per epoch.",
                **_CONV_8_24_48,
                strides=2,
                dropout=0.5,
            ),
            _recipe(
                "conv-32",
                "One convolution of 32 filters, pooled, and a dense layer of 32.",
                "Published (with a sigmoid at the end, here a softmax): test accuracy 0.910, test "
                "loss 0.266, training accuracy 0.952, 1,500 s.",
                **_ONE_CONVOLUTION,
                filters=(32,),
                dense_units=(32,),
            ),
            _recipe(
                "conv-64",
                "Twice the filters and units: better on the test set, and nearly perfect on the "
                "training set, which is overfitting.",
                "Published (with a sigmoid at the end, here a softmax): test accuracy 0.918, test "
                "loss 0.305, training accuracy 0.988, 5,000 s.",
                **_ONE_CONVOLUTION,
                filters=(64,),
                dense_units=(64,),
            ),
            _recipe(
                "conv-64-dropout",
                "The same with dropout after the pooling: the gap between training and test "
                "narrows.",
                "Published (with a sigmoid at the end, here a softmax): test accuracy 0.916, test "
                "loss 0.283, training accuracy 0.968, 3,500 s.",
                **_ONE_CONVOLUTION,
                filters=(64,),
                dense_units=(64,),
                dropout=0.17,
            ),
        )
    }
)
