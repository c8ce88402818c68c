"""A config as a command, and in sentences."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from fmnist import formats
from fmnist.config import TrainConfig
from fmnist.recipes import find_recipe


def describe_command(config: TrainConfig) -> str:
    """The command that trains this config, as short as a recipe allows."""
    command = ["python", "-m", "fmnist", "train"]
    recipe = find_recipe(config)
    recording = ["--record-epochs", "True"] if config.record_epochs else []
    if recipe:
        base = [*command, "--recipe", recipe.name, "--seed", str(config.seed)]
        return " ".join([*base, *recording])
    changes = config.differences(TrainConfig(seed=config.seed))
    changes = {**changes, "seed": (config.seed, None)}
    if config.name:
        changes = {"name": (config.name, None), **changes}
    for name, (value, _) in changes.items():
        text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        option = "--" + name.replace("_", "-")
        command += [f"{option}={text}"] if text.startswith("-") else [option, text]
    return shlex.join([*command, *recording])


def describe_network(config: TrainConfig) -> str:
    """The layers, in one sentence."""
    dense = formats.join([f"{units}" for units in config.dense_units])
    layers = _plural("a dense layer", config.dense_units, "dense layers")
    hidden = f"{layers} of {dense} units" if dense else ""
    if config.architecture == "dense":
        parts = [f"A network of {hidden or 'no hidden layer'}"]
        if config.dropout and hidden:
            parts.append(f"each with a dropout of {config.dropout:g}")
        return ", ".join([*parts, "and a softmax over the ten classes."])
    side = config.kernel_size
    filters = formats.join([f"{count}" for count in config.filters])
    parts = [
        f"{_plural('A convolution', config.filters, 'Convolutions')} of {filters} filters "
        f"({side} × {side} pixels, padding {config.padding}"
        + (f", stride {config.strides})" if config.strides > 1 else ")")
    ]
    if config.pool > 1:
        parts.append(f"pooled {config.pool} × {config.pool}")
    if config.batch_norm:
        parts.append("normalised over the batch")
    if config.residual_blocks:
        blocks = "block" if config.residual_blocks == 1 else "blocks"
        followed = _plural("followed", config.filters, "each followed")
        parts.append(f"{followed} by {config.residual_blocks} residual {blocks}")
    if config.dropout:
        where = {"all": "", "inner": " between them", "first": " after the first"}[
            config.dropout_after
        ]
        parts.append(f"with a dropout of {config.dropout:g}{where}")
    head = {
        "flatten": "every number of the last map",
        "average": "the mean of each filter's last map",
        "max": "the maximum of each filter's last map",
    }[config.head]
    dropped = f" (dropout {config.head_dropout:g})" if config.head_dropout else ""
    after = f", {hidden} and a softmax" if hidden else " and a softmax"
    return f"{', '.join(parts)}; then {head}{dropped}{after} over the ten classes."


def describe_training(config: TrainConfig) -> str:
    """Batches, optimizer and what is done to the images, in one sentence."""
    schedule = {
        "constant": "held constant",
        "cosine": "falling to 0 along a cosine",
        "one-cycle": "climbing for a quarter of the run, then falling to 0",
    }[config.schedule]
    optimizer = f"{config.optimizer} with a learning rate of {config.learning_rate:g}, {schedule}"
    parts = [f"Batches of {config.batch_size} images, {optimizer}"]
    if config.weight_decay and config.optimizer in ("adamw", "sgd"):
        parts.append(f"weight decay {config.weight_decay:g}")
    if config.label_smoothing:
        parts.append(f"label smoothing {config.label_smoothing:g}")
    if config.weight_averaging:
        parts.append("a moving average of the weights")
    if config.augmentation != "none":
        parts.append(f"training images changed at random ({config.augmentation})")
        if config.augmented_copies:
            copies = "copy" if config.augmented_copies == 1 else "copies"
            parts.append(f"{config.augmented_copies} changed {copies} beside each original")
    if config.early_stopping_patience:
        parts.append(
            f"stops after {config.early_stopping_patience} epochs without a better validation loss"
        )
    return "; ".join(parts) + "."


def _plural(one: str, things: Sequence[Any], many: str) -> str:
    return one if len(things) == 1 else many
