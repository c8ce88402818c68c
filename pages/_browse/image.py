"""One image of the dataset: its pixels as numbers, its histogram, its neighbours."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist import formats
from fmnist.data.dataset import Dataset
from fmnist.data.idx import SIDE
from fmnist.data.table import pixel_name
from fmnist.images import image_png
from fmnist.plain_text import markdown
from pages._browse.pixels import render_pixels
from pages._shared import url
from pages._shared.neighbours import render_neighbours
from pages._shared.pager import render_pager

SPLIT_NAMES = {"train": "training image", "test": "test image"}

_scroll_to_top = st.components.v2.component(
    "fmnist_scroll_to_top",
    html="<span></span>",
    js="""
    const shown = new WeakMap();
    export default function ({ data, parentElement }) {
      const [image] = data;
      if (shown.get(parentElement) === image) return;
      shown.set(parentElement, image);
      parentElement.querySelector("span").scrollIntoView({ block: "end" });
    }
    """,
)


def render(data: Dataset, split: str, index: int, sample: np.ndarray) -> None:
    """The whole page for image `index` (valid) of `split`; `sample` is what its grid showed."""
    images, labels = data.split(split)
    image, name = images[index], data.class_names[labels[index]]
    _scroll_to_top(key="top", data=[f"{split} {index}"])
    render_pager(index, sample, len(images), "All images", ":material/grid_view:")
    st.title(markdown(name))
    st.caption(f"{SPLIT_NAMES[split].capitalize()} {formats.count(index)}, label {labels[index]}")
    left, right = st.columns([3, 1], gap="medium")
    with left:
        _render_pixels(image)
    with right:
        _render_facts(image, name, url.link(split=split, index=index))
    st.subheader("Nearest neighbours in the training set")
    render_neighbours(data, split, index, _open)


def _render_pixels(image: np.ndarray) -> None:
    for axis in ("pixel_row", "pixel_column"):
        st.session_state.setdefault(axis, SIDE // 2)
    picked = st.session_state["pixel_row"], st.session_state["pixel_column"]
    clicked = render_pixels(image, picked, key="pixels")
    if clicked:
        st.session_state["pixel_row"], st.session_state["pixel_column"] = clicked


def _render_facts(image: np.ndarray, name: str, place: dict[str, str]) -> None:
    """place: the query of a link to another page about this image."""
    from fmnist.figures import dataset

    st.image(image_png(image, scale=7), width=7 * SIDE, alt=f"{name}, enlarged seven times")
    with st.container(horizontal=True):
        row = st.number_input("Row", 0, SIDE - 1, key="pixel_row", width=84)
        column = st.number_input("Column", 0, SIDE - 1, key="pixel_column", width=84)
    st.metric(
        pixel_name(row, column),
        f"{image[row, column]} of 255",
        help="Rows and columns count from 0 at the top left; pixel names count from 1, row by row.",
    )
    st.page_link(
        "pages/inside.py",
        label="Slide a kernel over it",
        icon=":material/visibility:",
        query_params=place,
    )
    st.plotly_chart(dataset.plot_histogram(image), key="histogram")


def _open(index: int) -> None:
    url.write(split="train", index=index)
    st.rerun()
