"""One test image: what the model answered, how sure it was, and what the image resembles."""

from __future__ import annotations

from urllib.parse import urlencode

import numpy as np
import streamlit as st

from fmnist import formats
from fmnist.dataset import CLASS_NAMES, SIDE, Dataset
from fmnist.evaluate import Evaluation
from fmnist.images import image_png
from pages import _url
from pages._answers import selected_indices
from pages._neighbours import render_neighbours

SCALE = 9


def render(data: Dataset, evaluation: Evaluation, index: int) -> None:
    """The whole page for test image `index` (valid)."""
    from fmnist import figures

    true, predicted = evaluation.labels[index], evaluation.predictions[index]
    _render_steps(evaluation, index)
    is_correct = evaluation.is_correct[index]
    said = "rightly recognised" if is_correct else f"called {CLASS_NAMES[predicted]}"
    st.header(f"{CLASS_NAMES[true]}, {said}")
    st.caption(
        f"Test image {formats.count(index)} · {formats.percent(evaluation.confidence[index])} "
        f"confident · {'right' if is_correct else 'wrong'}"
    )
    left, right = st.columns([1, 2], gap="medium")
    with left:
        st.image(
            image_png(data.test_images[index], scale=SCALE),
            width=SCALE * SIDE,
            alt=f"{CLASS_NAMES[true]}, enlarged {SCALE} times",
        )
        st.page_link(
            "pages/browse.py",
            label="Its pixels and histogram",
            icon=":material/grid_view:",
            query_params=_url.link(split="test", index=index),
        )
    right.plotly_chart(
        figures.plot_probabilities(evaluation.probabilities[index], label=int(true)),
        key="probabilities",
        config={"displayModeBar": False},
        alt="The probability of each class as bars",
    )
    st.subheader("Nearest neighbours in the training set")
    render_neighbours(data, "test", index, _open_on_browse)
    st.subheader("Link to this view")
    st.code(_own_address(), language=None, wrap_lines=True)


def _open_on_browse(index: int) -> None:
    st.switch_page("pages/browse.py", query_params=_url.link(split="train", index=index))


def _render_steps(evaluation: Evaluation, index: int) -> None:
    """Back to where the person came from, and one image on or back in the order seen there."""
    chosen = selected_indices(evaluation)
    order = chosen if index in chosen else np.arange(len(evaluation.labels))
    position = int(np.flatnonzero(order == index)[0])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Back", icon=":material/close:", on_click=_url.write, kwargs={"index": None})
        for label, icon, step in (("Previous", "back", -1), ("Next", "forward", 1)):
            inside = 0 <= position + step < len(order)
            st.button(
                label,
                icon=f":material/arrow_{icon}:",
                disabled=not inside,
                on_click=_url.write,
                kwargs={"index": int(order[position + step]) if inside else index},
            )
        st.caption(f"{formats.count(position + 1)} of {formats.count(len(order))}", width="content")


def _own_address() -> str:
    query = urlencode({name: st.query_params[name] for name in sorted(st.query_params)})
    return f"{st.context.url or ''}?{query}"
