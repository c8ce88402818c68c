"""What a training is: one flat, frozen `TrainConfig`, its bounds and its JSON form.

The bounds beside each field are the only ones: the sliders of the Train page and the options of
`python -m fmnist train` are both made from them.
"""

from __future__ import annotations

import dataclasses
import math
import re
from dataclasses import dataclass
from typing import Any

from fmnist.plain_text import clean

# A dataset's short name: fit for a folder and for an address.
DATASET_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class ConfigError(ValueError):
    """A setting that no training can run with; the message says which, and what is allowed."""


@dataclass(frozen=True)
class Bounds:
    """What one field may hold: a range of numbers, or a list of choices."""

    help: str
    low: float | None = None
    high: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    max_length: int = 0  # entries of a tuple, characters of a text; 0: as many as there are
    pattern: re.Pattern[str] | None = None  # of a text


def _field(default: Any, text: str, **bounds: Any) -> Any:
    return dataclasses.field(default=default, metadata={"bounds": Bounds(text, **bounds)})


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides a training's outcome, data aside.

    Raises:
        ConfigError: a value of the wrong type, out of bounds or not among the choices.
    """

    name: str = _field("", "shown in lists; made from the other settings when empty", max_length=60)
    dataset: str = _field(
        "fashion-mnist",
        "which dataset, by the short name that `python -m fmnist dataset list` shows",
        pattern=DATASET_SLUG,
    )
    architecture: str = _field(
        "cnn", "dense: only dense layers; cnn: convolutions first", choices=("dense", "cnn")
    )
    # One entry per convolution; a dense network ignores them.
    filters: tuple[int, ...] = _field(
        (32,), "filters of each convolution", low=1, high=256, step=1, max_length=5
    )
    kernel_size: int = _field(3, "side of a convolution's kernel, pixels", low=1, high=7, step=1)
    strides: int = _field(1, "pixels a kernel moves at each step", low=1, high=3, step=1)
    padding: str = _field(
        "valid",
        "valid: the kernel stays inside the image; same: the size is kept",
        choices=("valid", "same"),
    )
    pool: int = _field(
        2,
        "side of the max pooling after each convolution, pixels; 1: none; a map smaller than that "
        "is left as it is",
        low=1,
        high=4,
        step=1,
    )
    # One entry per hidden dense layer; the softmax layer of ten comes on top.
    dense_units: tuple[int, ...] = _field(
        (64,), "units of each hidden dense layer", low=1, high=1024, step=1, max_length=4
    )
    dropout: float = _field(
        0.0,
        "fraction of activations dropped after each block, in training only",
        low=0.0,
        high=0.9,
        step=0.01,
    )
    dropout_after: str = _field(
        "all",
        "which convolutions the dropout follows; inner: all but the last",
        choices=("all", "inner", "first"),
    )
    head_dropout: float = _field(
        0.0,
        "fraction of a cnn's features dropped before its first dense layer, in training only",
        low=0.0,
        high=0.9,
        step=0.01,
    )
    batch_norm: bool = _field(
        False,
        "normalise each convolution's output, after its pooling, over the images of a batch",
    )
    residual_blocks: int = _field(
        0,
        "pairs of convolutions with a shortcut around them, after each pooling",
        low=0,
        high=3,
        step=1,
    )
    head: str = _field(
        "flatten",
        "how the last feature map becomes a vector: every number of it, or each filter's mean or "
        "maximum",
        choices=("flatten", "average", "max"),
    )
    flip_average: bool = _field(
        False,
        "the saved model averages its predictions for an image and its mirror image (twice the "
        "work)",
    )
    shift_average: bool = _field(
        False,
        "the saved model averages its predictions for an image and for it moved by a pixel to the "
        "left and to the right (three times the work)",
    )
    epochs: int = _field(5, "passes over the training images", low=1, high=200, step=1)
    batch_size: int = _field(128, "images per step", low=8, high=2048, step=4)
    learning_rate: float = _field(0.001, "size of a step", low=1e-6, high=10.0)
    schedule: str = _field(
        "constant",
        "how the learning rate changes over the run: stays, falls to 0 along a cosine, or climbs "
        "for a quarter of the run and falls to 0 in straight lines",
        choices=("constant", "cosine", "one-cycle"),
    )
    optimizer: str = _field(
        "adam",
        "the rule that turns gradients into steps",
        choices=("adam", "adamw", "sgd", "rmsprop"),
    )
    weight_decay: float = _field(
        0.0,
        "fraction of a weight, times the learning rate, taken off it at each step (adamw and sgd)",
        low=0.0,
        high=1.0,
        step=0.0001,
    )
    label_smoothing: float = _field(
        0.0, "fraction of the target spread over all ten classes", low=0.0, high=0.5, step=0.01
    )
    weight_averaging: bool = _field(
        False, "score an exponential moving average of the weights (decay 0.99 a step)"
    )
    augmentation: str = _field(
        "none",
        "random changes to training images: mirror images, moves of up to 2 pixels, a square "
        "blacked out",
        choices=("none", "flip", "shift", "flip+shift", "flip+shift+erase"),
    )
    augmented_copies: int = _field(
        0,
        "randomly changed copies of each image that an epoch has beside the original; 0: the "
        "changed image takes the original's place",
        low=0,
        high=4,
        step=1,
    )
    validation_fraction: float = _field(
        0.1, "fraction of the training set held out for validation", low=0.02, high=0.5, step=0.01
    )
    early_stopping_patience: int = _field(
        0,
        "epochs without a better validation loss before stopping; 0: never",
        low=0,
        high=50,
        step=1,
    )
    keep: str = _field(
        "best",
        "which epoch's weights: the best on validation, or the last",
        choices=("best", "last"),
    )
    seed: int = _field(0, "makes the run repeatable", low=0, high=2**31 - 1, step=1)
    record_epochs: bool = _field(
        False,
        "keep what the model predicts for the test images after every epoch, for the page Epochs; "
        "changes nothing else",
    )
    precision: str = _field(
        "auto",
        "arithmetic of the training; auto: bfloat16 where the hardware has it (elsewhere it is "
        "many times slower), else float32",
        choices=("auto", "float32", "bfloat16"),
    )

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = _checked(field, getattr(self, field.name))
            object.__setattr__(self, field.name, value)
        if self.architecture == "cnn" and not self.filters:
            raise ConfigError("filters is empty: a cnn needs at least one convolution, e.g. 64.")

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain JSON values (tuples become lists)."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in vars(self).items()
        }

    @classmethod
    def from_json(cls, values: Any) -> TrainConfig:
        """The config in `values`; absent fields take their defaults, unknown ones are refused."""
        if not isinstance(values, dict):
            raise ConfigError(f"A config is a JSON object, got {type(values).__name__}.")
        if "dropout_between" in values:  # what `dropout_after` was before, in runs of that time
            was_inner = values["dropout_between"]
            values = {name: value for name, value in values.items() if name != "dropout_between"}
            values["dropout_after"] = "inner" if was_inner else "all"
        unknown = sorted(values.keys() - FIELDS.keys())
        if unknown:
            raise ConfigError(
                f"Unknown setting {', '.join(map(repr, unknown))}: "
                f"a config has {', '.join(FIELDS)}."
            )
        return cls(**values)

    def replace(self, **changes: Any) -> TrainConfig:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)

    def differences(self, other: TrainConfig) -> dict[str, tuple[Any, Any]]:
        """Fields that differ, of those that change the model: name → (mine, the other's)."""
        return {
            name: (mine, getattr(other, name))
            for name, mine in vars(self).items()
            if name not in CHANGES_NOTHING and mine != getattr(other, name)
        }

    @property
    def label(self) -> str:
        """The name, or a short one made from the architecture, e.g. `conv-64 dropout 0.17`."""
        if self.name:
            return self.name
        if self.architecture == "dense":
            label = "-".join(["dense", *map(str, self.dense_units)])
        else:
            label = "-".join(["conv", *map(str, self.filters)])
        return f"{label} dropout {self.dropout:g}" if self.dropout else label

    @property
    def slug(self) -> str:
        """The label as lower-case words joined by hyphens, fit for a folder's name."""
        return re.sub(r"[^a-z0-9]+", "-", self.label.lower()).strip("-")[:40].strip("-") or "run"

    def epoch_images(self, train_images: int) -> int:
        """Images that an epoch shows the network: the training images and their changed copies."""
        return train_images * (1 + self.augmented_copies)


CHANGES_NOTHING = {"name", "record_epochs"}  # of the model
FIELDS: dict[str, dataclasses.Field[Any]] = {
    field.name: field for field in dataclasses.fields(TrainConfig)
}


def field_bounds(name: str) -> Bounds:
    """The bounds of one field of `TrainConfig`."""
    return FIELDS[name].metadata["bounds"]


def _checked(field: dataclasses.Field[Any], value: Any) -> Any:
    """`value` in the field's type, or a ConfigError."""
    bounds = field.metadata["bounds"]
    default = field.default
    if isinstance(default, tuple):
        if not isinstance(value, list | tuple):
            raise ConfigError(f"{field.name} is a list of whole numbers, got {value!r}.")
        if len(value) > bounds.max_length:
            raise ConfigError(
                f"{field.name} has {len(value)} entries: at most {bounds.max_length} are allowed."
            )
        return tuple(_number(field.name, entry, int, bounds) for entry in value)
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise ConfigError(f"{field.name} is true or false, got {value!r}.")
        return value
    if isinstance(default, int | float):
        return _number(field.name, value, type(default), bounds)
    if not isinstance(value, str):
        raise ConfigError(f"{field.name} is a text, got {value!r}.")
    if bounds.choices and value not in bounds.choices:
        raise ConfigError(f"{field.name} is one of {', '.join(bounds.choices)}, got {value!r}.")
    if bounds.pattern and not bounds.pattern.fullmatch(value):
        raise ConfigError(
            f"{field.name} is a short name of small letters, digits and hyphens, got "
            f"{value[:60]!r}."
        )
    if bounds.max_length and len(value) > bounds.max_length:
        raise ConfigError(
            f"{field.name} has {len(value)} characters: at most {bounds.max_length} are allowed."
        )
    return clean(value)


def _number(name: str, value: Any, kind: type, bounds: Bounds) -> int | float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or (isinstance(value, float) and not math.isfinite(value)):
        raise ConfigError(f"{name} is a number, got {value!r}.")
    if kind is int and value != int(value):
        raise ConfigError(f"{name} is a whole number, got {value!r}.")
    if not bounds.low <= value <= bounds.high:
        raise ConfigError(
            f"{name} is between {bounds.low:g} and {bounds.high:.10g}, got {str(value)[:20]}."
        )
    return kind(value)
