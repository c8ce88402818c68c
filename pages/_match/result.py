"""Who was better: two matrices side by side, and the images that only one of them got right."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist import formats
from fmnist.data.dataset import Dataset
from fmnist.evaluation.honest import HUMAN
from fmnist.evaluation.match import CONTESTED, Match
from pages._evaluate.linked_grid import open_on_evaluate
from pages._shared.image_grid import render_grid

_NBSP = "\N{NO-BREAK SPACE}"
_KAPPA = (
    "Cohen's kappa: agreement beyond what chance explains. 1 is complete agreement, 0 is no more "
    "than chance."
)


def render(match: Match, data: Dataset) -> None:
    st.subheader(_verdict(match))
    with st.container(horizontal=True, gap="small"):
        for who, score, kappa in (
            ("You", match.person_score, match.person_kappa),
            ("The model", match.model_score, match.model_kappa),
        ):
            low, high = (formats.percent(edge) for edge in score.interval)
            st.metric(
                f"{who}: {score.right} of {score.images}",
                formats.percent(score.accuracy),
                f"95{_NBSP}% interval {low[:-2]}–{high}",
                delta_color="off",
                delta_arrow="off",
                width=186,
            )
            _render_kappa(f"{who} and the labels", kappa)
        _render_kappa("You and the model", match.between_kappa)
    st.caption(
        "The images are those that the model hesitated over, so neither number is an accuracy on "
        f"the whole test set. On 1,000 test images, people were right on {formats.percent(HUMAN)}, "
        "says the dataset's README: no fashion experts, three of them for each image."
    )
    _render_matrices(match, data)
    left, right = st.columns(2, gap="medium")
    with left:
        _render_images("Only you got these right", match.person_beat, match, data, "person")
    with right:
        _render_images("Only the model got these right", match.model_beat, match, data, "model")


def _render_kappa(label: str, kappa: float | None) -> None:
    st.metric(
        label,
        "–" if kappa is None else f"{kappa:.2f}",
        "kappa",
        delta_color="off",
        delta_arrow="off",
        help=_KAPPA,
        width=164,
    )


def _verdict(match: Match) -> str:
    difference = match.person_score.right - match.model_score.right
    if not difference:
        return "A draw."
    count = f"{abs(difference)} image{'s' if abs(difference) > 1 else ''}"
    return f"You won by {count}." if difference > 0 else f"The model won by {count}."


def _render_matrices(match: Match, data: Dataset) -> None:
    from fmnist.figures.evaluation import plot_confusion_matrix

    names = tuple(data.class_names[label] for label in CONTESTED)
    for column, who, matrix in zip(
        st.columns(2, gap="medium"),
        ("You", "The model"),
        (match.person_matrix, match.model_matrix),
        strict=True,
    ):
        with column:
            st.markdown(f"**{who}**")
            st.plotly_chart(
                plot_confusion_matrix(matrix, "counts", names, height=380, hint=""),
                key=f"match_{who}",
                config={"displayModeBar": False},
                alt=f"Confusion matrix of {who.lower()}: true classes in rows, answers in columns",
            )


def _render_images(
    heading: str, positions: np.ndarray, match: Match, data: Dataset, who: str
) -> None:
    st.markdown(f"**{heading}: {len(positions)}**")
    if not len(positions):
        st.caption("None.")
        return
    names = [data.class_names[label] for label in CONTESTED]
    other = match.model if who == "person" else match.person
    pairs = [(names[match.labels[place]], names[other[place]]) for place in positions]
    said = "the model said" if who == "person" else "you said"
    position = render_grid(
        data.test_images[match.indices[positions]],
        [f"{true}\nnot {wrong}" for true, wrong in pairs],
        alts=[f"{true}; {said} {wrong}" for true, wrong in pairs],
        key=f"match_{who}_beat",
        size=84,
        label=heading,
    )
    if position is not None:
        open_on_evaluate(int(match.indices[positions[position]]))
