"""The network in a line of boxes: what the image becomes at each layer, and what that takes."""

from __future__ import annotations

import math

import streamlit as st

from fmnist import formats
from fmnist.config import TrainConfig
from fmnist.models.feature_maps import IMAGE_SIDE, Stage, count_parameters, list_stages
from pages._shared import url
from pages._shared.style import style_beside

_NAMES = {
    "image": "image",
    "convolution": "conv",
    "pooling": "pool",
    "residual": "residual",
    "flatten": "flatten",
    "average": "average",
    "max": "maximum",
    "dense": "dense",
    "output": "classes",
}
_TALLEST = 36  # pixels: a box as high as the image
_LOWEST = 5


def render_network_strip(config: TrainConfig) -> None:
    """Boxes as high as a map's side and as wide as its channels; numbers alone go into it."""
    stages = list_stages(config)
    total = formats.count(count_parameters(stages))
    items = "".join(_spell(stage) for stage in stages)
    st.html(
        f"{style_beside(__file__, 'network_strip.css')}"
        f'<div class="network"><ol tabindex="0" aria-label="The network, layer by layer">{items}'
        f"</ol></div>"
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        parameters = f'<div class="network"><p><strong>{total}</strong> parameters</p></div>'
        st.html(parameters, width="content")
        st.page_link(
            "pages/inside.py",
            label="What such layers do",
            icon=":material/visibility:",
            help="Shown on the model in hand.",
            query_params=url.link(view="network"),
            width="content",
        )


def _spell(stage: Stage) -> str:
    width, height = _box(stage)
    shape = "×".join(formats.count(size) for size in stage.shape)
    shape = shape.removesuffix("×1") if stage.kind == "image" else shape
    parameters = formats.count(stage.parameters) if stage.parameters else ""
    spoken = f'<span class="spoken"> with {parameters} parameters</span>' if parameters else ""
    return (
        f'<li class="{stage.kind}"><i style="width:{width}px;height:{height}px"></i>'
        f"<b>{_NAMES[stage.kind]}</b> <span>{shape}</span>{spoken}"
        f'<small aria-hidden="true">{parameters}</small></li>'
    )


def _box(stage: Stage) -> tuple[int, int]:
    """Width and height in pixels; channels and units count by their logarithm."""
    if len(stage.shape) == 3:
        side, _, channels = stage.shape
        return 6 + round(4 * math.log2(channels)), max(_LOWEST, round(_TALLEST * side / IMAGE_SIDE))
    return 5, min(_TALLEST, _LOWEST + round(2.2 * math.log2(stage.shape[0])))
