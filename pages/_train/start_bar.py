"""The bar that is always in view: Start, what it will take, and the network drawn."""

from __future__ import annotations

import streamlit as st

from fmnist.config import ConfigError, TrainConfig
from fmnist.models.feature_maps import MapTooSmall, check_architecture
from fmnist.plain_text import markdown
from pages._train import config_form
from pages._train.network_strip import render_network_strip
from pages._train.plan import render_plan
from pages._train.same_run import render_same_run
from pages._train.start import start


def render_start_bar(config: TrainConfig, image_count: int, fingerprint: str) -> None:
    """image_count: training images, those for validation included. fingerprint: of the data."""
    refusal = _why_not(config)
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key="train_start_row"
    ):
        is_pressed = st.button(
            "Start training",
            type="primary",
            icon=":material/play_arrow:",
            disabled=refusal is not None,
            key="train_start",
        )
        if refusal is None:
            render_plan(config, image_count)
    if refusal is not None:
        _render_refusal(refusal)
        return
    render_network_strip(config)
    is_again = render_same_run(config, fingerprint)
    if is_pressed or is_again:
        start(config, fingerprint, again=is_again)


def _why_not(config: TrainConfig) -> ConfigError | None:
    try:
        check_architecture(config)
    except ConfigError as error:
        return error
    return None


def _render_refusal(refusal: ConfigError) -> None:
    """What stands against a start, and the way out where one click is enough."""
    st.warning(markdown(refusal), icon=":material/block:")
    if isinstance(refusal, MapTooSmall):
        st.button(
            "Use same padding",
            icon=":material/padding:",
            key="train_pad",
            help="Pads the maps, so that a convolution keeps their size.",
            on_click=config_form.set_value,
            args=("padding", "same"),
        )
