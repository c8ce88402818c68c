"""Curves, the matrix and the images of one epoch."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist import formats
from fmnist.data.dataset import Dataset
from fmnist.evaluation.dynamics import Dynamics
from fmnist.evaluation.evaluate import Evaluation, describe_confusion, select
from fmnist.plain_text import markdown
from pages._evaluate.linked_grid import render_pages
from pages._shared import url, view_switch

VIEWS = {
    "wrong": "Wrong after this epoch",
    "last": "Learned last",
    "forgotten": "Forgotten",
    "never": "Never learned",
    "often": "Forgotten most often",
}
_SAID = {
    "wrong": "The most confident first.",
    "last": "Right at the end, those that took longest first.",
    "forgotten": "Right after some epoch, wrong at the end; those right longest first.",
    "never": "Wrong after every epoch: hard, or labelled wrong.",
    "often": "Right, then wrong an epoch later, most often first (a forgetting event, Toneva and "
    "others 2019).",
}


def render_curves(dynamics: Dynamics, epoch: int, class_names: tuple[str, ...]) -> None:
    from fmnist.figures.epochs import plot_epochs

    st.plotly_chart(
        plot_epochs(dynamics, epoch, class_names),
        key="epochs_curves",
        config={"displayModeBar": False},
        alt="Test accuracy and the recall of each class after every epoch",
    )


def render_matrix(evaluation: Evaluation) -> None:
    from fmnist.figures.evaluation import plot_confusion_matrix

    st.plotly_chart(
        plot_confusion_matrix(
            evaluation.confusion_matrix,
            "counts",
            evaluation.class_names,
            selected=_read_cell(),
            height=460,
        ),
        key="epochs_matrix",
        on_select=_choose_cell,
        selection_mode="points",
        config={"displayModeBar": False},
        alt="Confusion matrix after this epoch: true classes in rows, predicted in columns",
    )


def _read_cell() -> tuple[int, int] | None:
    cell = url.read("true"), url.read("predicted")
    return cell if None not in cell else None


def _choose_cell() -> None:
    points = st.session_state["epochs_matrix"]["selection"]["points"]
    if points:
        true, predicted = points[0]["customdata"]
        url.write(true=int(true), predicted=int(predicted), page=None)


def render_lists(dynamics: Dynamics, evaluation: Evaluation, data: Dataset) -> None:
    """The images of the cell chosen in the matrix, or one of the lists."""
    cell = _read_cell()
    if cell:
        indices = select(evaluation, show="all", true=cell[0], predicted=cell[1])
        said = describe_confusion(*cell, len(indices), evaluation.class_names)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{markdown(said)}**", width="content")
            st.button(
                "All lists",
                icon=":material/arrow_back:",
                on_click=url.write,
                kwargs={"true": None, "predicted": None, "page": None},
            )
    else:
        view = view_switch.render(VIEWS)
        indices = _list(view, dynamics, evaluation)
        st.caption(f"{formats.count(len(indices))} images. {_SAID[view]}")
    if len(indices):
        render_pages(evaluation, data.test_images, indices)


def _list(view: str, dynamics: Dynamics, evaluation: Evaluation) -> np.ndarray:
    lists = {
        "last": dynamics.learned_last,
        "forgotten": dynamics.forgotten,
        "never": dynamics.never_learned,
        "often": dynamics.most_forgotten,
    }
    return lists[view] if view in lists else select(evaluation, show="wrong")
