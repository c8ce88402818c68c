"""What a new sweep varies: settings, each with values to choose from or a range."""

from __future__ import annotations

import streamlit as st

from fmnist.config import FIELDS, ConfigError, field_bounds
from fmnist.plain_text import markdown
from fmnist.sweeps.space import MOST_AXES, Axis, can_be_varied, is_numeric, parse_values
from pages._runs.words import name_setting
from pages._train.config_labels import CHOICE_NAMES, LABELS

_KEPT = {"persist_state": "session"}
# What a person may begin with, where the first values are not simply all there are.
_VALUES = {
    "filters": "16, 32, 64",
    "dense_units": "32, 64, 128",
    "dropout": "0, 0.25, 0.5",
    "head_dropout": "0, 0.25, 0.5",
    "learning_rate": "0.0003, 0.001, 0.003",
    "batch_size": "64, 128, 256",
    "epochs": "1, 3, 10",
    "kernel_size": "3, 5",
    "weight_decay": "0, 0.001, 0.01",
    "label_smoothing": "0, 0.05, 0.1",
}
_RANGES = {
    "filters": (8.0, 64.0),
    "dense_units": (16.0, 256.0),
    "dropout": (0.0, 0.5),
    "head_dropout": (0.0, 0.5),
    "learning_rate": (0.0001, 0.01),
    "batch_size": (32.0, 512.0),
    "epochs": (1.0, 10.0),
    "weight_decay": (0.0001, 0.1),
}
_BY_FACTORS = ("filters", "dense_units", "learning_rate", "batch_size", "weight_decay")


def render() -> tuple[list[Axis], str]:
    """The axes, and what is wrong with one of them or missing; "" where nothing is."""
    names = st.multiselect(
        "Vary",
        [name for name in LABELS if can_be_varied(name)],
        default=["filters", "dropout"],
        format_func=name_setting,
        max_selections=MOST_AXES,
        key="sweep_axes",
        placeholder="Choose settings",
        **_KEPT,
    )
    if not names:
        return [], "Choose at least one setting to vary."
    found, problem = [], ""
    for name in names:
        try:
            found.append(_render_axis(name))
        except ConfigError as error:
            problem = problem or str(error)
    return found, problem


def _render_axis(name: str) -> Axis:
    label, kind, values = st.columns([2, 2, 5], vertical_alignment="center")
    label.markdown(f"**{markdown(name_setting(name))}**")
    is_range = False
    if is_numeric(name):
        with kind:
            is_range = (
                st.segmented_control(
                    f"{name_setting(name)}: values or a range",
                    ["Values", "Range"],
                    default="Values",
                    required=True,
                    label_visibility="collapsed",
                    key=f"sweep_kind_{name}",
                    **_KEPT,
                )
                == "Range"
            )
    with values:
        return _render_range(name) if is_range else _render_values(name)


def _render_values(name: str) -> Axis:
    bounds = field_bounds(name)
    if isinstance(FIELDS[name].default, bool):
        return Axis(name, (False, True))
    if bounds.choices:
        chosen = st.multiselect(
            f"Values of {name_setting(name)}",
            bounds.choices,
            default=bounds.choices,
            format_func=lambda choice: CHOICE_NAMES.get(choice, choice),
            label_visibility="collapsed",
            key=f"sweep_values_{name}",
            **_KEPT,
        )
        if not chosen:
            raise ConfigError(f"{name_setting(name)}: choose at least one value.")
        return Axis(name, tuple(chosen))
    text = st.text_input(
        f"Values of {name_setting(name)}",
        _VALUES.get(name, f"{bounds.low:g}, {min(bounds.low + 2, bounds.high):g}"),
        max_chars=200,
        label_visibility="collapsed",
        key=f"sweep_values_{name}",
        help="Separated by commas"
        + ("; several layers by hyphens: 16, 32-64" if _has_layers(name) else ""),
        **_KEPT,
    )
    return parse_values(name, text)


def _has_layers(name: str) -> bool:
    return isinstance(FIELDS[name].default, tuple)


def _render_range(name: str) -> Axis:
    bounds = field_bounds(name)
    low, high = _RANGES.get(name, (float(bounds.low), float(bounds.high)))
    columns = st.columns([2, 2, 2], vertical_alignment="center")
    step = 1.0 if Axis(name, (), bounds.low, bounds.high).is_whole else None
    ends = [
        column.number_input(
            f"{name_setting(name)} {word}",
            float(bounds.low),
            float(bounds.high),
            end,
            step=step,
            format="%g",
            label_visibility="collapsed",
            key=f"sweep_{word}_{name}",
            **_KEPT,
        )
        for column, word, end in zip(columns, ("from", "to"), (low, high), strict=False)
    ]
    is_log = columns[2].toggle(
        "By factors",
        name in _BY_FACTORS,
        key=f"sweep_log_{name}",
        help="As many trials between 0.001 and 0.01 as between 0.01 and 0.1.",
        **_KEPT,
    )
    return Axis(name, (), *ends, is_log)
