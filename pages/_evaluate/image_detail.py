"""One test image: what the model predicted, how sure it was, and what the image resembles."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from fmnist import formats
from fmnist.data.dataset import Dataset
from fmnist.data.idx import SIDE
from fmnist.evaluation.evaluate import Evaluation
from fmnist.images import image_png
from fmnist.plain_text import markdown
from pages._evaluate.images import selected_indices
from pages._shared import url
from pages._shared.neighbours import render_neighbours
from pages._shared.pager import render_pager

SCALE = 9


def render(data: Dataset, evaluation: Evaluation, index: int) -> None:
    """The whole page for test image `index` (valid)."""
    from fmnist.figures.evaluation import plot_probabilities

    true, predicted = evaluation.labels[index], evaluation.predictions[index]
    names = evaluation.class_names
    seen = selected_indices(evaluation)
    render_pager(index, seen, len(evaluation.labels), "Back", ":material/close:")
    is_correct = evaluation.is_correct[index]
    said = "recognised" if is_correct else f"called {names[predicted]}"
    st.header(markdown(f"{names[true]}, {said}"))
    st.caption(
        f"Test image {formats.count(index)} · {formats.percent(evaluation.confidence[index])} "
        f"confident · {'right' if is_correct else 'wrong'}"
    )
    left, right = st.columns([1, 2], gap="medium")
    with left:
        st.image(
            image_png(data.test_images[index], scale=SCALE),
            width=SCALE * SIDE,
            alt=f"{names[true]}, enlarged {SCALE} times",
        )
        st.page_link(
            "pages/inside.py",
            label="Explain",
            icon=":material/visibility:",
            query_params=url.link(split="test", index=index, view="why"),
        )
        st.page_link(
            "pages/inside.py",
            label="Change it",
            icon=":material/brush:",
            query_params=url.link(split="test", index=index, view="change"),
        )
        st.page_link(
            "pages/browse.py",
            label="Pixels and histogram",
            icon=":material/grid_view:",
            query_params=url.link(split="test", index=index),
        )
    right.plotly_chart(
        plot_probabilities(evaluation.probabilities[index], int(true), names),
        key="probabilities",
        config={"displayModeBar": False},
        alt="The probability of each class as bars",
    )
    st.subheader("Nearest neighbours in the training set")
    render_neighbours(data, "test", index, _open_on_browse)
    st.subheader("Link to this view")
    st.code(_own_address(), language=None, wrap_lines=True)


def _open_on_browse(index: int) -> None:
    st.switch_page("pages/browse.py", query_params=url.link(split="train", index=index))


def _own_address() -> str:
    query = urlencode({name: st.query_params[name] for name in sorted(st.query_params)})
    return f"{st.context.url or ''}?{query}"
