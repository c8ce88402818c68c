"""A strip of the dataset's own images, or how it comes to be here."""

from __future__ import annotations

import streamlit as st

from fmnist.data import samples
from pages._shared import standin, url
from pages._shared.data import dataset_if_here
from pages._shared.image_grid import render_grid

_COUNT = 40  # more than fit into a line; the rest is cut off
_SIZE = 42  # CSS pixels of an image


def render() -> None:
    """One line of images, each a way into Browse."""
    data = dataset_if_here()
    if data is None:
        standin.render_arrival_in_a_line()
        return
    labels = data.train_labels
    shown = samples.sample_indices(labels, classes=[], count=_COUNT, seed=0)
    position = render_grid(
        data.train_images[shown],
        [""] * len(shown),
        alts=[f"{data.class_names[labels[i]]}, training image {i}" for i in shown],
        key="start_grid",
        size=_SIZE,
        label="Some images of the dataset",
    )
    if position is not None:
        link = url.link(split="train", index=int(shown[position]))
        st.switch_page("pages/browse.py", query_params=link)
