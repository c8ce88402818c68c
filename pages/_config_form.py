"""The settings of a training as sliders and choices, all made from `TrainConfig`'s bounds.

Every widget keeps its value for the whole session, so that the form is as it was left.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from fmnist.config import FIELDS, TrainConfig, field_bounds
from fmnist.recipes import RECIPES

# Read from left to right in the order a network is made; a field without a label is not offered.
LABELS = {
    "name": "Name",
    "architecture": "Architecture",
    "filters": "Filters",
    "dense_units": "Dense units",
    "dropout": "Dropout",
    "epochs": "Epochs",
    "batch_size": "Batch size",
    "kernel_size": "Kernel size",
    "strides": "Stride",
    "padding": "Padding",
    "pool": "Pool size",
    "learning_rate": "Learning rate",
    "schedule": "Learning rate over the run",
    "optimizer": "Optimizer",
    "label_smoothing": "Label smoothing",
    "weight_averaging": "Average the weights",
    "early_stopping_patience": "Early stopping after",
    "keep": "Keep the weights of",
    "augmentation": "Augmentation",
    "validation_fraction": "Validation share",
    "seed": "Seed",
}
_COUNT_LABELS = {"filters": "Convolutions", "dense_units": "Dense layers"}
_CHOICE_NAMES = {
    "cnn": "Convolutions",
    "dense": "Dense only",
    "best": "the best epoch",
    "last": "the last epoch",
    "sgd": "SGD",
    "adam": "Adam",
    "adamw": "AdamW",
    "rmsprop": "RMSprop",
    "none": "none",
    "flip": "mirror",
    "shift": "shift",
    "flip+shift": "mirror and shift",
}
_MOST_SLIDER_STOPS = 600  # a longer range cannot be set by hand on a slider
_HARD_TO_SPELL = {"learning_rate": {"step": 0.0005, "format": "%g"}}


def render_config_form() -> TrainConfig:
    """Draw the form; returns the config that it shows now."""
    _render_recipe()
    _render("architecture")
    is_cnn = st.session_state[_key("architecture")] == "cnn"
    _render_sizes("filters" if is_cnn else "dense_units")
    for name in ("dropout", "epochs", "batch_size"):
        _render(name)
    with st.expander("Network", icon=":material/account_tree:"):
        if is_cnn:
            for name in ("kernel_size", "strides", "padding", "pool"):
                _render(name)
            _render_sizes("dense_units")
        else:
            st.caption("A dense network has no kernels, strides or pools.")
    with st.expander("Training", icon=":material/speed:"):
        for name in ("learning_rate", "schedule", "optimizer", "label_smoothing"):
            _render(name)
        for name in ("weight_averaging", "early_stopping_patience", "keep"):
            _render(name)
    with st.expander("Data and name", icon=":material/dataset:"):
        for name in ("augmentation", "validation_fraction", "seed", "name"):
            _render(name)
    return _read_form()


def fill_form(config: TrainConfig) -> None:
    """Move every slider to a config; call it from a callback, before the form is drawn."""
    for name in LABELS:
        value = getattr(config, name)
        if isinstance(value, tuple):
            st.session_state[_key(name, "count")] = len(value)
            for place, entry in enumerate(value):
                st.session_state[_key(name, place)] = entry
        else:
            st.session_state[_key(name)] = value


def _key(name: str, part: int | str = "") -> str:
    return f"train_{name}{part}"


def _render_recipe() -> None:
    if _key("epochs") not in st.session_state:
        fill_form(TrainConfig())
    st.selectbox(
        "Recipe",
        list(RECIPES),
        index=None,
        placeholder="Your own settings",
        key="train_recipe",
        on_change=_apply_recipe,
        persist_state="session",
        help="A recipe sets everything below; change what you like afterwards.",
    )
    recipe = RECIPES.get(st.session_state["train_recipe"])
    if recipe:
        st.caption(f"{recipe.summary} {recipe.source}")


def _apply_recipe() -> None:
    recipe = RECIPES.get(st.session_state["train_recipe"])
    fill_form(recipe.config if recipe else TrainConfig())


def _render(name: str) -> None:
    _render_widget(name, _key(name), LABELS[name], FIELDS[name].default)


def _render_sizes(name: str) -> None:
    """One slider for how many layers, and one for the size of each."""
    bounds, label = field_bounds(name), LABELS[name]
    fewest = 1 if name == "filters" else 0
    st.slider(
        _COUNT_LABELS[name],
        fewest,
        bounds.max_length,
        key=_key(name, "count"),
        persist_state="session",
    )
    count = st.session_state[_key(name, "count")]
    for place in range(count):
        st.session_state.setdefault(_key(name, place), FIELDS[name].default[0])
        numbered = label if count == 1 else f"{label}, layer {place + 1}"
        _render_widget(name, _key(name, place), numbered, FIELDS[name].default[0])


def _render_widget(name: str, key: str, label: str, default: Any) -> None:
    bounds = field_bounds(name)
    common = {"key": key, "help": _sentence(bounds.help), "persist_state": "session"}
    if isinstance(default, bool):
        st.toggle(label, **common)
    elif bounds.choices and len(bounds.choices) == 2:
        st.segmented_control(
            label, bounds.choices, required=True, format_func=_name_choice, **common
        )
    elif bounds.choices:
        st.selectbox(label, bounds.choices, format_func=_name_choice, **common)
    elif isinstance(default, str):
        st.text_input(label, max_chars=bounds.max_length, placeholder="made for you", **common)
    elif bounds.step and (bounds.high - bounds.low) / bounds.step <= _MOST_SLIDER_STOPS:
        st.slider(label, bounds.low, bounds.high, step=bounds.step, **common)
    else:
        spelling = _HARD_TO_SPELL.get(name, {"step": bounds.step})
        st.number_input(label, bounds.low, bounds.high, **spelling, **common)


def _name_choice(choice: str) -> str:
    return _CHOICE_NAMES.get(choice, choice)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _read_form() -> TrainConfig:
    values = {}
    for name in LABELS:
        if isinstance(FIELDS[name].default, tuple):
            count = st.session_state[_key(name, "count")]
            values[name] = tuple(st.session_state[_key(name, place)] for place in range(count))
        elif _key(name) in st.session_state:
            values[name] = st.session_state[_key(name)]
    return TrainConfig(**values)
