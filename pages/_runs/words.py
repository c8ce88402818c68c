"""Settings as the form of the Train page calls them."""

from __future__ import annotations

from typing import Any

from fmnist.config import TrainConfig
from fmnist.runs.tables import format_value
from pages._train.config_labels import CHOICE_NAMES, LABELS


def name_setting(name: str) -> str:
    return LABELS.get(name, name.replace("_", " ").capitalize())


def name_value(value: Any) -> str:
    """A value in words: "mirror and shift", "on", "8-24"."""
    text = format_value(value)
    return CHOICE_NAMES.get(text, text) if isinstance(value, str) else text


def describe_settings(config: TrainConfig) -> str:
    """Where a config differs from the default one, e.g. "Dropout 0.2, Epochs 10"."""
    changes = config.differences(TrainConfig())
    return ", ".join(
        f"{name_setting(name)} {name_value(mine)}"
        for name, (mine, _) in changes.items()
        if name != "dataset"
    )
