"""One layer: all its maps, one filter enlarged, and the pixels that a place of it depends on."""

from __future__ import annotations

from html import escape
from math import isqrt

import numpy as np
import streamlit as st

from fmnist import formats
from fmnist.explain import sentences
from fmnist.explain.results import LayerMaps, LayerOnImage, NetworkOnImage
from fmnist.figures import heat
from fmnist.plain_text import markdown
from fmnist.runs.store import Run
from pages._inside import ask, filter_images
from pages._shared import url
from pages._shared.image_grid import render_grid
from pages._shared.style import style_beside

_STYLE = style_beside(__file__, "pictures.css")
_MOST_KERNELS = 64  # channels of a filter's kernel that are drawn


@st.fragment
def render(run: Run, image: np.ndarray, network: NetworkOnImage) -> None:
    """The choice of a layer with maps, and what is in it."""
    layers = {
        each.name: each
        for each in network.layers
        if each.maps.ndim == 3 and (each.shape[-1] > 1 or "Conv" in each.kind)
    }
    if not layers:
        return
    st.subheader("One layer")
    convolutions = [name for name, each in layers.items() if "Conv" in each.kind]
    binding = url.bind("layer", "filter")
    if st.session_state[binding["key"]] not in layers:  # another model's
        st.session_state[binding["key"]] = (convolutions or list(layers))[0]
    chosen = layers[
        st.selectbox(
            "Layer",
            layers,
            format_func=lambda name: (
                f"{name} · {sentences.name_kind(layers[name])} · "
                f"{sentences.describe_shape(layers[name].shape)}"
            ),
            **binding,
        )
    ]
    found = ask.maps(run, image, chosen.name)
    number = _choose_filter(chosen, found, f"{run.run_id}_{chosen.name}")
    _render_filter(chosen, found, number, image)
    filter_images.render(run, network, chosen, number)


def _choose_filter(chosen: LayerOnImage, found: LayerMaps, key: str) -> int:
    """The filter that the address names, as a click makes it do; else the strongest here."""
    count = len(found.maps)
    st.caption(
        f"{formats.count(count)} {'map' if count == 1 else 'maps'} of {chosen.shape[0]} × "
        f"{chosen.shape[1]}, on one scale; what is below zero is black. Choose one to enlarge it."
    )
    tiles = heat.as_tiles(found.maps, float(found.maps.max()))
    clicked = render_grid(
        tiles,
        [""] * count,
        alts=sentences.label_maps(found),
        key=f"inside_maps_{key}",
        label=f"Maps of {chosen.name}",
    )
    if clicked is not None:
        url.write(layer=chosen.name, filter=clicked)
    number = url.read("filter")
    return chosen.channels[0] if number is None or number >= count else number


def _render_filter(chosen: LayerOnImage, found: LayerMaps, number: int, image: np.ndarray) -> None:
    values = found.maps[number]
    row, column = _choose_place(values, f"{chosen.name}_{number}_{values.shape}")
    st.markdown(markdown(sentences.describe_place(chosen, found, number, row, column)))
    peak = float(abs(values).max())
    marked = heat.mark_place(values, peak, row, column)
    note = "on its own scale; blue: the place"
    pictures = [_figure(marked, f"Map of filter {number}", note)]
    if chosen.field is not None:
        window = (chosen.field.window(row), chosen.field.window(column))
        pictures.append(_figure(heat.box_window(image, *window), "What the place sees", "bright"))
    if found.kernels is not None:
        kernel = np.moveaxis(found.kernels[..., number], -1, 0)
        shown = kernel[:_MOST_KERNELS]
        rows, columns, channels = (*kernel.shape[1:], len(kernel))
        note = f"{rows} × {columns} × {channels} weights"
        if channels > _MOST_KERNELS:
            note += f", the first {_MOST_KERNELS} channels"
        source = heat.paint_map(shown, float(abs(shown).max()), columns=isqrt(len(shown) - 1) + 1)
        pictures.append(_figure(source, f"Kernel of filter {number}", note))
    st.html(f'{_STYLE}<div class="pictures">{"".join(pictures)}</div>')


def _choose_place(values: np.ndarray, key: str) -> tuple[int, int]:
    """A place of a map, at first its highest."""
    row, column = sentences.find_strongest(values)
    height, width = values.shape
    if height == 1 or width == 1:
        return row, column
    left, right = st.columns(2)
    return (
        left.slider("Row", 0, height - 1, row, key=f"inside_row_{key}"),
        right.slider("Column", 0, width - 1, column, key=f"inside_column_{key}"),
    )


def _figure(source: str, title: str, note: str) -> str:
    return (
        f'<figure><img src="{source}" alt="{escape(title, quote=True)}"><figcaption>'
        f"{escape(title)}<span>{escape(note)}</span></figcaption></figure>"
    )
