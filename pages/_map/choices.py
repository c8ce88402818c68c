"""Which points of the map stand out, and what colours them."""

from __future__ import annotations

import streamlit as st

from fmnist.data.dataset import CLASS_NAMES
from fmnist.evaluation.evaluate import Evaluation
from pages._shared import url

COLOURS = {"true": "True class", "predicted": "Predicted class", "result": "Right or wrong"}
POINTS = {"all": "All", "wrong": "Wrong", "right": "Right"}
FILTERS = ("true", "predicted", "points", "outline", "page")


def reset(**values) -> None:
    """Every filter back to its default, but for `values`."""
    url.write(**{**dict.fromkeys(FILTERS), **values})


def render_filters(evaluation: Evaluation) -> None:
    names = evaluation.class_names
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "Predictions",
            POINTS,
            format_func=POINTS.get,
            required=True,
            **url.bind("points", "page"),
        )
        for name, label in (("true", "True class"), ("predicted", "Predicted class")):
            st.selectbox(
                label,
                range(len(names)),
                index=None,
                format_func=names.__getitem__,
                placeholder="Any",
                width=170,
                **url.bind(name, "page"),
            )
        st.selectbox("Colour", COLOURS, format_func=COLOURS.get, width=170, **url.bind("colour"))
        if names == CLASS_NAMES:
            st.button(
                "Misclassified shirts",
                icon=":material/apparel:",
                help="Only shirts that it takes for something else stand out.",
                on_click=reset,
                kwargs={"true": names.index("Shirt"), "points": "wrong", "colour": "predicted"},
            )
        st.button("Show all", icon=":material/filter_alt_off:", type="tertiary", on_click=reset)
