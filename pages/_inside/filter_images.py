"""What a filter looks for: the test images, and the patches in them, that excite it most."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from fmnist import formats
from fmnist.engine.filters import find_cached
from fmnist.explain import excitement
from fmnist.explain.results import LayerOnImage, NetworkOnImage
from fmnist.figures import heat
from fmnist.runs.store import Run
from pages._inside import ask
from pages._shared import url
from pages._shared.data import dataset_if_here
from pages._shared.image_grid import render_grid


def render(run: Run, network: NetworkOnImage, layer: LayerOnImage, number: int) -> None:
    """`number`: which filter of the layer."""
    data, macs = dataset_if_here(), network.macs_until(layer.name)
    if data is None:
        return
    st.markdown(f"**What filter {number} looks for**")
    count = excitement.count_images(macs, len(data.test_images))
    found = find_cached(run, data, layer.name)
    if found is None:
        place = st.empty()
        if not place.button(
            "Find the images that excite it most",
            icon=":material/search:",
            key=f"inside_excite_{run.run_id}_{layer.name}",
            help=f"In {formats.count(count)} test images, for all filters of this layer. It takes "
            "a few seconds, just this once.",
        ):
            return
        found = ask.exciting(run, data, layer.name, macs, place)
        place.empty()
    shown = excitement.list_images(found, number, layer)
    if not shown:
        st.caption(f"No test image excites filter {number}: its highest value is 0 or below.")
        return
    images = [data.test_images[each.index] for each in shown]
    names = [data.class_names[data.test_labels[each.index]] for each in shown]
    said = f"The {len(shown)} of {formats.count(count)} test images that excite it most"
    parts = any(each.is_part for each in shown)
    if parts:
        said += (
            ": first only what the place of the highest value sees, then the images, bright there"
        )
    st.caption(f"{said}. Choose one to look inside with it.")
    key = f"{run.run_id}_{layer.name}_{number}"
    if parts:
        clicked = render_grid(
            _cut(heat.crop_window, images, shown),
            [""] * len(shown),
            alts=[
                f"The patch of test image {each.index}, {name}"
                for each, name in zip(shown, names, strict=True)
            ],
            key=f"patches_{key}",
            label="Patches",
        )
        _open(clicked, shown)
    clicked = render_grid(
        _cut(heat.light_window, images, shown),
        [f"{name}\n{each.value:.2f}" for each, name in zip(shown, names, strict=True)],
        alts=[
            f"Test image {each.index}, {name}: {each.value:.2f}"
            for each, name in zip(shown, names, strict=True)
        ],
        key=f"exciting_{key}",
        size=84,
        label="Images that excite the filter most",
    )
    _open(clicked, shown)


def _cut(
    show: Callable[..., np.ndarray], images: list[np.ndarray], shown: list[excitement.Found]
) -> np.ndarray:
    """Each image, uint8 (28, 28), as `show` shows what its place sees."""
    pairs = zip(images, shown, strict=True)
    return np.stack([show(image, each.rows, each.columns) for image, each in pairs])


def _open(clicked: int | None, shown: list[excitement.Found]) -> None:
    if clicked is not None:
        url.write(split="test", index=shown[clicked].index, drawing=None)
        st.rerun()
