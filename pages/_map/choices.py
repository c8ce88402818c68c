"""Which points of the map stand out, and what colours them."""

from __future__ import annotations

import streamlit as st

from fmnist.data.dataset import CLASS_NAMES
from fmnist.evaluation.evaluate import Evaluation
from pages._evaluate import class_filters
from pages._shared import url

COLOURS = {"true": "True class", "predicted": "Predicted class", "result": "Right or wrong"}
POINTS = {"all": "All", "wrong": "Wrong", "right": "Right"}
PROJECTIONS = {"pca": "PCA", "tsne": "t-SNE"}
_HELP = (
    "PCA: the two directions in which the features differ most; distances mean what they seem to. "
    "t-SNE: keeps neighbours together, so that groups stand apart; distances between groups and "
    "their sizes mean nothing."
)
FILTERS = ("true", "predicted", "points", "outline", "page")


def reset(**values) -> None:
    """Every filter back to its default, but for `values`."""
    url.write(**{**dict.fromkeys(FILTERS), **values})


def render(evaluation: Evaluation) -> None:
    names = evaluation.class_names
    with st.container(horizontal=True, vertical_alignment="top"):
        st.segmented_control(
            "Projection",
            PROJECTIONS,
            format_func=PROJECTIONS.get,
            required=True,
            help=_HELP,
            **url.bind("projection", "outline", "page"),
        )
        st.segmented_control(
            "Predictions",
            POINTS,
            format_func=POINTS.get,
            required=True,
            **url.bind("points", "page"),
        )
        class_filters.render(names, 150)
        st.selectbox("Colour", COLOURS, format_func=COLOURS.get, width=160, **url.bind("colour"))
    with st.container(horizontal=True, vertical_alignment="center"):
        if names == CLASS_NAMES:
            st.button(
                "Misclassified shirts",
                icon=":material/apparel:",
                help="Only shirts that it takes for something else stand out.",
                on_click=reset,
                kwargs={"true": names.index("Shirt"), "points": "wrong", "colour": "predicted"},
            )
        st.button("Show all", icon=":material/filter_alt_off:", type="tertiary", on_click=reset)
