"""What the Browse page shows: which view, which images, which sample of them."""

from __future__ import annotations

import random

import streamlit as st

from fmnist import formats
from fmnist.data.dataset import CLASS_NAMES
from pages._shared import url, view_switch

VIEWS = {"images": "Images", "classes": "Classes", "table": "Table"}
SPLITS = {"train": "Training images", "test": "Test images"}


def shuffle() -> None:
    url.write(seed=random.randrange(1, 100_000))


def go_to_image() -> None:
    url.write(index=st.session_state["go_to"])


def render_view_switch(class_names: tuple[str, ...]) -> str:
    labels = {**VIEWS, **({"images": "Garments"} if class_names == CLASS_NAMES else {})}
    return view_switch.render(labels)


def render_choices(count: int, view: str, class_names: tuple[str, ...]) -> None:
    """Which images: the split and, where a sample is shown, the classes and a new sample."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.segmented_control(
            "Split",
            SPLITS,
            format_func=SPLITS.get,
            required=True,
            label_visibility="collapsed",
            **url.bind("split", "index"),
        )
        if view == "classes":
            return
        st.multiselect(
            "Classes",
            range(10),
            format_func=class_names.__getitem__,
            placeholder="All ten classes",
            label_visibility="collapsed",
            width=260,
            **url.bind("classes"),
        )
        st.button("Shuffle", type="primary", icon=":material/shuffle:", on_click=shuffle)
        with st.popover("More", icon=":material/tune:"):
            st.slider("Number of images", 25, 400, step=25, **url.bind("count"))
            st.number_input(
                "Sample seed",
                0,
                2**31 - 1,
                help="The same seed shows the same images again.",
                **url.bind("seed"),
            )
            st.number_input(
                "Go to image",
                0,
                count - 1,
                value=None,
                placeholder=f"0 to {formats.count(count - 1)}",
                key="go_to",
                on_change=go_to_image,
            )
