"""The settings of a training as sliders and choices, all made from `TrainConfig`'s bounds.

Every widget keeps its value for the whole session, so that the form is as it was left.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from fmnist.config import FIELDS, TrainConfig, field_bounds
from fmnist.recipes import find_recipe
from pages._train.config_labels import (
    CHOICE_NAMES,
    CONVOLUTIONS,
    COUNT_LABELS,
    DATA_AND_NAME,
    HELPS,
    LABELS,
    SLOW_BFLOAT16,
    TRAINING,
)

_MOST_SLIDER_STOPS = 600  # a longer range cannot be set by hand on a slider
_HARD_TO_SPELL = {
    "learning_rate": {"step": 0.0005, "format": "%g"},
    "weight_decay": {"step": 0.0001, "format": "%g"},
}


def render_main_settings() -> None:
    """Draw the settings the page is about: the network's layers, dropout, epochs, batch size."""
    fill_once()
    _render("architecture")
    is_cnn = st.session_state[_key("architecture")] == "cnn"
    sizes = "filters" if is_cnn else "dense_units"
    layers, dropout = st.columns(2)
    with layers:
        _render_count(sizes)
    with dropout:
        _render("dropout")
    _render_sizes(sizes)
    for name in ("epochs", "batch_size"):
        _render(name)


def render_more_settings() -> None:
    """Three groups that most trainings leave as they are; what is in one is drawn when it is open.

    All drawn, they would be more than half of the page's elements.
    """
    for label, icon, key, draw in (
        ("Network", ":material/account_tree:", "network", _render_network_settings),
        ("Training", ":material/speed:", "training", _render_training_settings),
        ("Data and name", ":material/dataset:", "data", _render_data_settings),
    ):
        with st.expander(label, icon=icon, key=_key(key, "_group"), on_change="rerun") as group:
            if group.open:
                draw()


def _render_network_settings() -> None:
    if st.session_state[_key("architecture")] == "cnn":
        for name in CONVOLUTIONS:
            _render(name)
        _render_count("dense_units")
        _render_sizes("dense_units")
    else:
        st.caption("A dense network has no kernels, strides or pools.")
    _render("flip_average")
    _render("shift_average")


def _render_training_settings() -> None:
    for name in TRAINING:
        _render(name)
    if st.session_state[_key("precision")] == "bfloat16":
        st.caption(SLOW_BFLOAT16)


def _render_data_settings() -> None:
    for name in DATA_AND_NAME:
        _render(name)


def fill_form(config: TrainConfig) -> None:
    """Move every slider to a config; call it from a callback, before the form is drawn.

    `train_recipe` is the name of the recipe that this is, or None.
    """
    recipe = find_recipe(config)
    st.session_state["train_recipe"] = recipe and recipe.name
    for name in LABELS:
        value = getattr(config, name)
        if isinstance(value, tuple):
            st.session_state[_key(name, "count")] = len(value)
            for place, entry in enumerate(value):
                st.session_state[_key(name, place)] = entry
        else:
            st.session_state[_key(name)] = value


def set_value(name: str, value: Any) -> None:
    """Move one widget; call it from a callback."""
    st.session_state[_key(name)] = value


def _key(name: str, part: int | str = "") -> str:
    return f"train_{name}{part}"


def fill_once() -> None:
    """The default settings, for a session that has none yet."""
    if _key("epochs") not in st.session_state:
        fill_form(TrainConfig())


def _render(name: str) -> None:
    _render_widget(name, _key(name), LABELS[name], FIELDS[name].default)


def _render_count(name: str) -> None:
    """A slider for the number of layers, of convolutions or dense ones."""
    st.slider(
        COUNT_LABELS[name],
        1 if name == "filters" else 0,
        field_bounds(name).max_length,
        key=_key(name, "count"),
        persist_state="session",
    )


def _render_sizes(name: str) -> None:
    """The size of each layer."""
    count = len(_read_sizes(name))
    for place in range(count):
        label = LABELS[name] if count == 1 else f"{LABELS[name]}, layer {place + 1}"
        _render_widget(name, _key(name, place), label, FIELDS[name].default[0])


def _read_sizes(name: str) -> tuple[int, ...]:
    """The layers' sizes; a layer just added starts with the first one's default."""
    first = FIELDS[name].default[0]
    count = st.session_state[_key(name, "count")]
    return tuple(st.session_state.setdefault(_key(name, place), first) for place in range(count))


def _render_widget(name: str, key: str, label: str, default: Any) -> None:
    bounds = field_bounds(name)
    explanation = HELPS.get(name) or _sentence(bounds.help)
    common = {"key": key, "help": explanation, "persist_state": "session"}
    if isinstance(default, bool):
        st.toggle(label, **common)
    elif bounds.choices and len(bounds.choices) == 2:
        st.segmented_control(
            label, bounds.choices, required=True, format_func=_name_choice, **common
        )
    elif bounds.choices:
        st.selectbox(label, bounds.choices, format_func=_name_choice, **common)
    elif isinstance(default, str):
        st.text_input(
            label, max_chars=bounds.max_length, placeholder="Named automatically", **common
        )
    elif bounds.step and (bounds.high - bounds.low) / bounds.step <= _MOST_SLIDER_STOPS:
        st.slider(label, bounds.low, bounds.high, step=bounds.step, **common)
    else:
        spelling = _HARD_TO_SPELL.get(name, {"step": bounds.step})
        st.number_input(label, bounds.low, bounds.high, **spelling, **common)


def _name_choice(choice: str) -> str:
    return CHOICE_NAMES.get(choice, choice)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def read_form() -> TrainConfig:
    """The config that the form shows; a widget not drawn yet holds what it was filled with.

    Raises:
        ConfigError: the settings contradict each other.
    """
    fill_once()
    return TrainConfig(
        **{
            name: _read_sizes(name)
            if isinstance(FIELDS[name].default, tuple)
            else st.session_state[_key(name)]
            for name in LABELS
        }
    )
