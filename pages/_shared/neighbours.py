"""The training images most like one image, found by the engine while the page stays usable."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from fmnist.data.dataset import Dataset
from fmnist.engine.client import EngineError
from fmnist.plain_text import markdown
from pages._shared import engine
from pages._shared.image_grid import render_grid

NEIGHBOURS = 8


@st.fragment(parallel=True)
def render_neighbours(
    data: Dataset, split: str, index: int, open_image: Callable[[int], None]
) -> None:
    """The training images nearest to image `index` of `split`; a click hands one's index over."""
    _render(data, lambda: _nearest(data, data.fingerprint, split, index), open_image)


def render_neighbours_of(
    image: np.ndarray, data: Dataset, open_image: Callable[[int], None]
) -> None:
    """The same of an image, uint8 (28, 28), that need not be the dataset's."""

    def find() -> tuple[np.ndarray, np.ndarray]:
        wanted = min(NEIGHBOURS, len(data.train_images))
        found, distances = engine.get().neighbours(image[np.newaxis], wanted, data.slug)
        return found[0], distances[0]

    _render(data, find, open_image)


def _render(
    data: Dataset,
    find: Callable[[], tuple[np.ndarray, np.ndarray]],
    open_image: Callable[[int], None],
) -> None:
    # Not a spinner: its timer thread leaves a traceback in the log when the person moves on.
    waiting = st.empty()
    waiting.caption(":material/hourglass_top: Comparing with all training images …")
    try:
        found, distances = find()
    except EngineError as error:
        waiting.warning(f"Could not find the neighbours. {markdown(error)}", icon=":material/hub:")
        return
    waiting.caption(
        "The most similar training images, each with its class and its Euclidean distance over the "
        "784 pixels, scaled from 0 to 1."
    )
    names = [data.class_names[label] for label in data.train_labels[found]]
    position = render_grid(
        data.train_images[found],
        [f"{name}\n{distance:.2f}" for name, distance in zip(names, distances, strict=True)],
        alts=[
            f"{name}, training image {i}, distance {distance:.2f}"
            for name, i, distance in zip(names, found, distances, strict=True)
        ],
        key="neighbours",
        size=84,
        label="Nearest neighbours",
    )
    if position is not None:
        open_image(int(found[position]))


@st.cache_data(show_spinner=False, max_entries=500)
def _nearest(
    _data: Dataset, fingerprint: str, split: str, index: int
) -> tuple[np.ndarray, np.ndarray]:
    """Indices and distances of the nearest training images, never the image itself."""
    images, _ = _data.split(split)
    wanted = min(NEIGHBOURS + (split == "train"), len(_data.train_images))
    indices, distances = engine.get().neighbours(
        images[index : index + 1], k=wanted, dataset=_data.slug
    )
    other = (indices[0] != index) | (split != "train")
    return indices[0][other][:NEIGHBOURS], distances[0][other][:NEIGHBOURS]
