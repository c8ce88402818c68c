"""What is about to be trained: the layers, the parameters and the time it will take."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from fmnist import estimate, formats, runs
from fmnist.config import TrainConfig
from fmnist.engine import EngineError
from pages import _engine

# All that decides what the network looks like; the other settings do not change the description.
_NETWORK_FIELDS = (
    "architecture",
    "filters",
    "kernel_size",
    "strides",
    "padding",
    "pool",
    "dense_units",
    "dropout",
)


def render_plan(config: TrainConfig, image_count: int) -> None:
    """Parameters, time per epoch and in all, and the layer table of a config that can be built.

    image_count: training images, the validation share included.
    """
    network = TrainConfig(**{name: getattr(config, name) for name in _NETWORK_FIELDS})
    try:
        plan = _describe(network)
    except EngineError as error:
        st.caption(f":material/info: No layer table just now: {error}")
        return
    guess = _estimate(plan, config, image_count)
    epoch, total = (guess.seconds_per_epoch * count for count in (1, config.epochs))
    st.markdown(
        f"**{formats.count(plan['parameters'])}** parameters  \n"
        f"About **{formats.duration(epoch)}** per epoch, **{formats.duration(total)}** in all"
    )
    st.caption(f"{guess.basis[:1].upper()}{guess.basis[1:]}.")
    with st.expander("Layers", icon=":material/layers:"):
        st.dataframe(_layer_table(plan["layers"]), hide_index=True)


@st.cache_data(show_spinner="Counting parameters …", max_entries=200)
def _describe(network: TrainConfig) -> dict[str, Any]:
    return _engine.get().describe(network)


def _estimate(plan: dict[str, Any], config: TrainConfig, image_count: int) -> estimate.Estimate:
    validation_images = round(image_count * config.validation_fraction)
    return estimate.estimate_epoch_seconds(
        plan["macs_per_image"],
        plan["parameters"],
        image_count - validation_images,
        _past_runs(str(runs.runs_dir())),
        batch_size=config.batch_size,
        validation_images=validation_images,
    )


@st.cache_data(show_spinner=False, max_entries=4, ttl=5)
def _past_runs(folder: str) -> list[estimate.PastRun]:
    return estimate.past_runs()


def _layer_table(layers: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Layer": [layer["layer"] for layer in layers],
            "Output": ["×".join(map(str, layer["output_shape"])) for layer in layers],
            "Parameters": [layer["parameters"] for layer in layers],
        }
    )
