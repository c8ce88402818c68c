"""Named trainings: the notebooks' models with the figures they published, and ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from fmnist.config import TrainConfig
from fmnist.published import Published


@dataclass(frozen=True)
class Recipe:
    """A config with a name, what it is, where it comes from and what it teaches."""

    name: str
    config: TrainConfig
    summary: str  # what the network is
    lesson: str  # what changed against the recipe before, and what that does
    source: str  # where it comes from, and what of it is ours
    published: Published | None

    @property
    def is_ours(self) -> bool:
        return self.source == _OURS

    @property
    def test_accuracy(self) -> float | None:  # 0 to 1, where it has been measured
        return _MEASURED.get(self.name)


def _recipe(
    name: str,
    summary: str,
    lesson: str,
    source: str,
    published: Published | None = None,
    **settings: Any,
) -> Recipe:
    lesson = lesson.replace(" %", "\N{NO-BREAK SPACE}%")
    return Recipe(name, TrainConfig(name=name, **settings), summary, lesson, source, published)


def find_recipe(config: TrainConfig) -> Recipe | None:
    """The recipe that `config` follows in all but its name, seed and precision, or None."""
    return next(
        (
            recipe
            for recipe in RECIPES.values()
            if not config.differences(recipe.config).keys() - {"seed", "precision"}
        ),
        None,
    )


# The notebooks score the last epoch and never stop early.
_NOTEBOOK: dict[str, Any] = {
    "keep": "last",
    "early_stopping_patience": 0,
    "optimizer": "adam",
    "validation_fraction": 0.2,
}
_CONV_8_24_48 = {
    **_NOTEBOOK,
    "filters": (8, 24, 48),
    "pool": 1,
    "dense_units": (100,),
    "epochs": 20,
    "batch_size": 100,
}
_ONE_CONVOLUTION = {
    **_NOTEBOOK,
    "pool": 2,
    "epochs": 50,
    "batch_size": 512,
    "learning_rate": 0.001,
}
# One notebook describes a network of eight layers: the input, two convolutions, each with its
# pooling (four), two dense layers and the output. Their sizes are ours.
_EIGHT_LAYERS = {
    **_NOTEBOOK,
    "filters": (32, 64),
    "pool": 2,
    "dense_units": (128, 64),
}
_OURS = "The Lab's own."
_MEASURED = {  # benchmarks/recipes.csv
    "quick": 0.9203, "dense-32": 0.8709, "conv-8-24-48": 0.9063, "conv-8-24-48-strided": 0.8705,
    "conv-32": 0.9070, "conv-64": 0.9142, "conv-64-dropout": 0.9166, "augmented-cnn": 0.9182,
    "cnn-50": 0.9284, "balanced": 0.9315, "strong": 0.9370, "best": 0.9439, "tiny": 0.9320,
}  # fmt: skip
# Same padding keeps the border, where sleeves and soles lie. 256 images are large enough a batch
# for the arithmetic and small enough for its maps to stay near the processor. One-cycle steps end
# at 0, so that the last epoch is the one to keep, chosen beforehand; validation only watches, and
# 5 % of the images are enough for that.
_OWN: dict[str, Any] = {
    "padding": "same",
    "batch_norm": True,
    "batch_size": 256,
    "optimizer": "adam",
    "schedule": "one-cycle",
    "keep": "last",
    "validation_fraction": 0.05,
}
# The last map goes straight to the ten classes, and the saved model averages over flips.
_HEADED = {**_OWN, "dense_units": (), "learning_rate": 0.01, "flip_average": True}
# 0.01 is ten times Adam's usual step, which normalised convolutions bear; AdamW's decay of 0.05
# takes 0.05 % of a weight off it at the peak of the steps.
_RESIDUAL = {
    **_HEADED,
    "residual_blocks": 1,
    "head": "max",
    "head_dropout": 0.2,
    "optimizer": "adamw",
    "weight_decay": 0.05,
}
_WITH_A_SIGMOID = "A notebook. Its network ends in a sigmoid; here it is a softmax."

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        recipe.name: recipe
        for recipe in (
            _recipe(
                "quick",
                "Two normalised convolutions and a dense layer of 128, three epochs: about a "
                "minute.",
                "Normalised convolutions bear large steps, so the learning rate climbs to five "
                "times the usual one and falls to 0 within the minute. Three epochs are too few to "
                "learn images by heart, so nothing holds the network back but a little dropout "
                "before the dense layer, where nearly all parameters lie: over two epochs mirror "
                "images cost 0.7 points of validation accuracy. Batches of 128 instead of 256 "
                "gained 0.5 points an epoch, but in the same minute a third epoch brings more.",
                _OURS,
                **_OWN,
                filters=(32, 64),
                dense_units=(128,),
                head_dropout=0.2,
                epochs=3,
                learning_rate=0.005,
            ),
            _recipe(
                "dense-32",
                "No convolution at all: every pixel feeds 32 units.",
                "Without convolutions the network is not told which pixels are neighbours. Its "
                "notebook finds Shirt weakest in precision and recall, Pullover lacking "
                "precision and Coat lacking recall.",
                "A notebook that publishes no accuracy; epochs and batch size are ours.",
                **_NOTEBOOK,
                architecture="dense",
                dense_units=(32,),
                epochs=10,
                batch_size=32,
            ),
            _recipe(
                "conv-8-24-48",
                "Three convolutions without pooling, then a dense layer of 100.",
                "New against dense-32 are the convolutions, which look at neighbouring pixels; "
                "nearly all of the 2.3 million parameters still lie in the dense layer behind "
                "them. Published validation accuracy is 87.4 % after one epoch and 91.7 % after "
                "five.",
                "A notebook.",
                Published(
                    val_accuracy_by_epoch=((1, 0.8741), (5, 0.9167)),
                    seconds_per_epoch=58,
                ),
                **_CONV_8_24_48,
            ),
            _recipe(
                "conv-8-24-48-strided",
                "The same convolutions moving two pixels at a time, with dropout.",
                "Against conv-8-24-48, strides of two leave a 72nd of the parameters and a 19th of "
                "the published time per epoch, and a dropout of 0.5 is added. The price is "
                "validation accuracy: 83.8 % instead of 91.7 % after five epochs, and no more than "
                "86.7 % after twenty.",
                "A notebook. Of its dropout it says that it lies between the convolutions; after "
                "both of the first two, validation stays two points below what it published, after "
                "the first alone it does not.",
                Published(
                    val_accuracy_by_epoch=((5, 0.8375), (20, 0.8672)),
                    seconds_per_epoch=3,
                ),
                **_CONV_8_24_48,
                strides=2,
                dropout=0.5,
                dropout_after="first",
            ),
            _recipe(
                "conv-32",
                "One convolution of 32 filters, pooled, and a dense layer of 32.",
                "A single convolution with pooling takes the place of three with strides. The "
                "published training accuracy ends 4.2 points above the test accuracy: it fits "
                "the images it was trained on better than new ones.",
                _WITH_A_SIGMOID,
                Published(test_accuracy=0.910, test_loss=0.266, train_accuracy=0.952, seconds=1500),
                **_ONE_CONVOLUTION,
                filters=(32,),
                dense_units=(32,),
            ),
            _recipe(
                "conv-64",
                "One convolution of 64 filters, pooled, and a dense layer of 64.",
                "Twice the filters and units of conv-32 make four times the parameters. Published "
                "training accuracy gains 3.6 points and test accuracy only 0.8, while the test "
                "loss grows from 0.266 to 0.305: overfitting.",
                _WITH_A_SIGMOID,
                Published(test_accuracy=0.918, test_loss=0.305, train_accuracy=0.988, seconds=5000),
                **_ONE_CONVOLUTION,
                filters=(64,),
                dense_units=(64,),
            ),
            _recipe(
                "conv-64-dropout",
                "The network of conv-64 with a dropout of 0.17 after the pooling.",
                "Only the dropout is new against conv-64. Published training accuracy falls by 2.0 "
                "points and test accuracy by 0.2, so the gap between them narrows from 7.0 to 5.2 "
                "points, and the test loss from 0.305 to 0.283.",
                _WITH_A_SIGMOID,
                Published(test_accuracy=0.916, test_loss=0.283, train_accuracy=0.968, seconds=3500),
                **_ONE_CONVOLUTION,
                filters=(64,),
                dense_units=(64,),
                dropout=0.17,
            ),
            _recipe(
                "augmented-cnn",
                "Two convolutions, each pooled, and two dense layers; every image also comes a "
                "second time, mirrored and moved at random.",
                "Instead of dropout, changed copies make the training set twice as large. An image "
                "that looks different each time is harder to learn by heart: the published "
                "training accuracy is past 80 % after 3 epochs, and past 95 % after 30.",
                "A notebook that publishes no architecture: the eight layers are those another "
                "notebook describes; their sizes and the batch size are ours. It says only "
                "“accuracy”, which we read as training accuracy.",
                Published(
                    train_accuracy_by_epoch=((3, 0.80), (30, 0.95)),
                    is_lower_bound=True,
                ),
                **_EIGHT_LAYERS,
                augmentation="flip+shift",
                augmented_copies=1,
                epochs=30,
                batch_size=128,
            ),
            _recipe(
                "cnn-50",
                "Two normalised convolutions, each pooled and with dropout, and two dense layers.",
                "The layers of augmented-cnn, normalised, with dropout in place of the changed "
                "copies. Published training accuracy is 95.7 % and test accuracy 93.1 %: a gap of "
                "2.6 points, the narrowest of the recipes that publish both.",
                "A notebook that publishes its 50 epochs and no architecture: the eight layers are "
                "those another notebook describes; their sizes, the normalisation, the dropout, "
                "the batch size and the learning rate, which rises and falls once, are ours.",
                Published(
                    test_accuracy=0.9308,
                    test_loss=0.2172,
                    train_accuracy=0.9571,
                    train_loss=0.1122,
                ),
                **_EIGHT_LAYERS | {"padding": "same", "batch_norm": True, "schedule": "one-cycle"},
                dropout=0.3,
                head_dropout=0.5,
                learning_rate=0.005,
                epochs=50,
                batch_size=256,
            ),
            _recipe(
                "balanced",
                "Three normalised convolutions, eight epochs of images and mirror images: about "
                "five minutes.",
                "A third convolution, where the map is down to 7×7 and costs little, takes the "
                "place of the large dense layer: a quarter of the parameters. Garments look alike "
                "from both sides, so images are mirrored at random and the saved model averages "
                "its predictions for both, worth 0.2 to 0.4 points. Residual blocks learn more in "
                "an epoch, but four epochs of them, in the same time, ended 0.2 points lower on "
                "validation images, and batches of 128 gained nothing.",
                _OURS,
                **_HEADED,
                filters=(32, 64, 128),
                head_dropout=0.2,
                epochs=8,
                augmentation="flip",
            ),
            _recipe(
                "strong",
                "The convolutions of balanced, each with a residual block, for thirteen epochs of "
                "mirrored and moved images: about fifteen minutes.",
                "A residual block after each pooling makes nine convolutions that learn from the "
                "first step, because the shortcuts pass the gradient on: after four epochs they "
                "were 0.6 points of validation accuracy ahead of three convolutions alone. The "
                "map is halved at once, so that nearly all arithmetic happens at 14×14 and below; "
                "global max pooling leaves a head of only 1,290 parameters. Images are also moved "
                "by up to two pixels, since by now a network begins to learn them by heart.",
                _OURS,
                **_RESIDUAL,
                filters=(32, 64, 128),
                epochs=13,
                augmentation="flip+shift",
            ),
            _recipe(
                "best",
                "The layers of strong, half as wide again, for 21 epochs of mirrored, "
                "moved and partly erased images: up to an hour.",
                "An hour buys a wider network rather than more epochs. Without erasing, 28 epochs "
                "of a narrower one ended at 96.2 % in training and 94.4 % in validation; so half "
                "of the images also lose a square, which cannot be learnt by heart, and the "
                "targets are smoothed by 0.05.",
                _OURS,
                **_RESIDUAL,
                filters=(48, 96, 192),
                epochs=21,
                augmentation="flip+shift+erase",
                label_smoothing=0.05,
            ),
            _recipe(
                "tiny",
                "Three normalised convolutions, 83,434 parameters in all: about ten minutes.",
                "32, 64 and 96 filters and no dense layer but the last, where parameters would "
                "buy least; 96 instead of 128 at the end keep it under 100,000. So small a network "
                "hardly learns by heart: mirrored and moved images and a little dropout before "
                "the last layer are enough for 18 epochs.",
                _OURS,
                **_HEADED,
                filters=(32, 64, 96),
                head_dropout=0.1,
                epochs=18,
                augmentation="flip+shift",
            ),
            _recipe(
                "drawings",
                "The network of strong for the dataset Drawings, which python -m fmnist drawings "
                "makes from the photographs: how the model of the Draw page was trained.",
                "No two hands draw alike: after twelve epochs three plain convolutions had 64.1 % "
                "in training and 64.0 % in validation, too small to learn more; with residual "
                "blocks it is 70.0 % and 68.5 %, and after 24 epochs 73.5 % and 70.8 %, or 83.1 % "
                "of the test drawings. One training drawing in five is nonsense under a label "
                "that nothing betrays, so 82 % is the most there is in training; what the network "
                "learns from those is to be uncertain.",
                _OURS,
                **_RESIDUAL,
                dataset="drawings",
                filters=(32, 64, 128),
                epochs=24,
                augmentation="flip+shift",
                shift_average=True,
            ),
        )
    }
)
