"""The options that describe a training: one for each field of `TrainConfig`, with its bounds."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from fmnist.commands.parser import Parser
from fmnist.config import FIELDS, ConfigError, TrainConfig, field_bounds
from fmnist.models.feature_maps import check_architecture
from fmnist.recipes import RECIPES


def add_recipe(parser: Parser) -> None:
    """`--recipe NAME`, where the other options start from."""
    parser.add_argument(
        "--recipe",
        metavar="NAME",
        default=argparse.SUPPRESS,
        help=f"start from one of: {', '.join(RECIPES)}",
    )


def add_config_options(parser: Parser) -> None:
    """`--epochs` and the like."""
    for name, field in FIELDS.items():
        options: dict[str, Any] = {"type": _reader(field.default), "metavar": "VALUE"}
        if isinstance(field.default, bool):
            options |= {"nargs": "?", "const": True}
        parser.add_argument(
            "--" + name.replace("_", "-"),
            dest=name,
            default=argparse.SUPPRESS,
            help=_option_help(name),
            **options,
        )


def _option_help(name: str) -> str:
    bounds, default = field_bounds(name), FIELDS[name].default
    parts = [bounds.help]
    if bounds.choices:
        parts.append(f"one of {', '.join(bounds.choices)}")
    elif bounds.low is not None:
        parts.append(f"{bounds.low:g} to {bounds.high:.10g}")
    if isinstance(default, tuple):
        parts.append(f"up to {bounds.max_length}, joined by commas")
        default = ",".join(map(str, default))
    if default != "":
        parts.append(f"default {default}")
    return "; ".join(parts).replace("%", "%%")


def _reader(default: Any) -> Callable[[str], Any]:
    """A function from an option's text to a value of the type of `default`."""
    if isinstance(default, tuple):
        return _read_whole_numbers
    if isinstance(default, bool):
        return _read_truth
    readers: dict[type, Callable[[str], Any]] = {
        int: _read_whole_number,
        float: _read_number,
        str: str,
    }
    return readers[type(default)]


def _read_whole_numbers(text: str) -> tuple[int, ...]:
    return tuple(_read_whole_number(part) for part in text.split(",") if part.strip())


def _read_whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a whole number, got {text!r}") from None


def _read_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a number, got {text!r}") from None


def _read_truth(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"expected true or false, got {text!r}")
    return text.lower() == "true"


def read_config(options: dict[str, Any]) -> TrainConfig:
    """The config that the command line describes: a recipe's, the defaults, then the options.

    Raises:
        ConfigError: an unknown recipe, a value out of bounds, a network that cannot be built.
    """
    recipe = options.get("recipe")
    if recipe is not None and recipe not in RECIPES:
        raise ConfigError(f"There is no recipe {recipe!r}: choose one of {', '.join(RECIPES)}.")
    base = RECIPES[recipe].config if recipe else TrainConfig()
    config = base.replace(**{name: options[name] for name in FIELDS if name in options})
    check_architecture(config)
    return config
