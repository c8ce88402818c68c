"""What is about to be trained: the layers, the parameters and the time it will take."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import Any

import pandas as pd
import streamlit as st

from fmnist import formats
from fmnist.config import TrainConfig
from fmnist.engine.client import EngineError
from fmnist.plain_text import markdown
from fmnist.runs import store, time_estimate
from pages._shared import engine

_PATIENCE = 0.3  # seconds; a warm engine answers sooner
_LOOK_AGAIN = 1.0  # seconds
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
    "dropout_after",
    "batch_norm",
    "residual_blocks",
    "head",
    "head_dropout",
)


def render_plan(config: TrainConfig, image_count: int) -> None:
    """Parameters, time per epoch and in all, and the layer table of a config that can be built.

    The engine may have to start first: the page does not wait for it, a live chart would stand
    still meanwhile. image_count: training images, those for validation included.
    """
    network = TrainConfig(**{name: getattr(config, name) for name in _NETWORK_FIELDS})
    answer = _ask_engine(network)
    try:
        plan = answer.result(timeout=_PATIENCE)
    except TimeoutError:
        st.fragment(_render_waiting, run_every=_LOOK_AGAIN)(answer)
    except EngineError as error:
        _ask_engine.clear(network)
        st.caption(f":material/info: No layer table just now: {markdown(error)}")
    else:
        _render_description(plan, config, image_count)


def _render_waiting(answer: Future) -> None:
    if answer.done():
        st.rerun()
    st.caption(":material/hourglass_top: Counting parameters …")


def _render_description(plan: dict[str, Any], config: TrainConfig, image_count: int) -> None:
    guess = _estimate(plan, config, image_count)
    epoch, total = (guess.seconds_per_epoch * count for count in (1, config.epochs))
    st.markdown(
        f"**{formats.count(plan['parameters'])}** parameters  \n"
        f"About **{formats.duration(epoch)}** per epoch, **{formats.duration(total)}** in all"
    )
    st.caption(f"{guess.basis[:1].upper()}{guess.basis[1:]}.")
    with st.expander("Layers", icon=":material/layers:"):
        st.dataframe(_layer_table(plan["layers"]), hide_index=True)


@st.cache_resource(show_spinner=False, max_entries=200)
def _ask_engine(network: TrainConfig) -> Future:
    """The engine's description of a network, as soon as it is there."""
    client, answer = engine.get(), Future()

    def ask() -> None:
        try:
            answer.set_result(client.describe(network))
        except EngineError as error:
            answer.set_exception(error)
        finally:
            if not answer.done():  # the page would wait for ever
                reason = "The model process failed; the terminal that runs the app says why."
                answer.set_exception(EngineError(reason))

    threading.Thread(target=ask, daemon=True).start()
    return answer


def _estimate(
    plan: dict[str, Any], config: TrainConfig, image_count: int
) -> time_estimate.Estimate:
    validation_images = round(image_count * config.validation_fraction)
    return time_estimate.estimate_epoch_seconds(
        plan["macs_per_image"],
        plan["parameters"],
        config.epoch_images(image_count - validation_images),
        _past_runs(str(store.runs_dir())),
        batch_size=config.batch_size,
        validation_images=validation_images,
    )


@st.cache_data(show_spinner=False, max_entries=4, ttl=5)
def _past_runs(folder: str) -> list[time_estimate.PastRun]:
    return time_estimate.past_runs()


def _layer_table(layers: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Layer": [layer["layer"] for layer in layers],
            "Output": ["×".join(map(str, layer["output_shape"])) for layer in layers],
            "Parameters": [layer["parameters"] for layer in layers],
        }
    )
