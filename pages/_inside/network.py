"""The network on this image: what every layer of the model in hand makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st

from fmnist import formats
from fmnist.explain import sentences
from fmnist.explain.results import LayerOnImage, NetworkOnImage
from fmnist.figures import heat
from fmnist.figures.palette import CLASS_COLOURS
from fmnist.runs import outputs
from fmnist.runs.store import Run
from pages._inside import ask, layer
from pages._shared.style import style_beside

_STYLE = style_beside(__file__, "network.css")
_OUTLINE, _ALL = "Main steps", "Every layer"


def render(run: Run, image: np.ndarray) -> None:
    """For `image`, uint8 (28, 28)."""
    network, names = ask.network(run, image), outputs.read_class_names(run)
    _render_sizes(network)
    st.subheader("From 784 pixels to ten probabilities")
    shown = st.segmented_control(
        "Layers",
        [_OUTLINE, _ALL],
        default=_OUTLINE,
        required=True,
        label_visibility="collapsed",
        key="inside_layers",
    )
    st.caption(
        "Of each layer, the strongest maps on this image: white is high, black is zero, orange is "
        "below zero."
    )
    layers = [each for each in network.layers if shown == _ALL or sentences.is_main_step(each)]
    _render_path(network, layers, image, names)
    layer.render(run, image, network)


def _render_sizes(network: NetworkOnImage) -> None:
    views = ""
    if network.views == 2:
        views = ", as the image is looked at twice: as it is and mirrored"
    elif network.views > 2:
        views = (
            f", as {network.views} views of the image are looked at: moved by a pixel and mirrored"
        )
    st.markdown(
        f"**{formats.count(len(network.layers))}** layers, "
        f"**{formats.count(network.parameters)}** parameters. One prediction takes "
        f"**{formats.count(network.macs)}** multiply-adds{views}."
    )


def _render_path(
    network: NetworkOnImage, layers: list[LayerOnImage], image: np.ndarray, names: Sequence[str]
) -> None:
    pixels = heat.paint_map(image.astype(np.float32), 255)
    rows = [
        _row(f'<img class="one" src="{pixels}" alt="The image">', "Image", "28 × 28 × 1", "", "")
    ]
    for number, each in enumerate(layers):
        is_last = number == len(layers) - 1
        picture = _bars(network.probabilities, names) if is_last else _picture(each)
        rows.append(
            _row(
                picture,
                sentences.name_kind(each),
                sentences.describe_shape(each.shape),
                sentences.describe_layer(each),
                " · ".join(filter(None, [each.name, sentences.describe_cost(each)])),
            )
        )
    st.html(f'{_STYLE}<ul class="path" aria-label="Layers">{"".join(rows)}</ul>')


def _row(picture: str, title: str, shape: str, sentence: str, cost: str) -> str:
    return (
        f"<li><div>{picture}</div><div><p><strong>{escape(title)}</strong>"
        f"<span>{escape(shape)}</span></p><p>{escape(sentence)}</p>"
        f'<p class="quiet">{escape(cost)}</p></div></li>'
    )


def _picture(each: LayerOnImage) -> str:
    """Its strongest maps side by side, or its numbers as a row of grey."""
    maps = each.maps
    if not maps.size:
        return '<p class="quiet">too large to show</p>'
    peak = float(abs(maps).max())
    if maps.ndim == 1:
        source = heat.paint_map(maps[np.newaxis], peak)
        return f'<img class="row" src="{source}" alt="{len(maps)} numbers, white is high">'
    kind = "one" if len(maps) == 1 else "maps"
    alt = f"The {len(maps)} strongest maps of {each.name}"
    source = heat.paint_map(maps, peak, columns=len(maps))
    return f'<img class="{kind}" src="{source}" alt="{escape(alt, quote=True)}">'


def _bars(probabilities: np.ndarray, names: Sequence[str]) -> str:
    bars = "".join(
        f'<li><span>{escape(name)}</span><span><span class="bar" style="width: '
        f'{100 * fraction:.1f}%; background: {CLASS_COLOURS[label]}"></span></span>'
        f"<span>{formats.percent(fraction)}</span></li>"
        for label, (name, fraction) in enumerate(zip(names, probabilities, strict=True))
    )
    return f'<ol aria-label="Probabilities">{bars}</ol>'
