"""Browse: what is in this dataset, and what does one image really look like, pixel by pixel?"""

import random

import numpy as np
import streamlit as st

from fmnist import dataset, formats
from fmnist.dataset import CLASS_NAMES
from pages import _browse_image, _browse_views, _data, _url
from pages._image_grid import render_grid

VIEWS = {"images": "Garments", "classes": "Classes", "table": "Table"}
SPLITS = {"train": "Training images", "test": "Test images"}
MAX_CAPTIONS = 200  # more of them would only lengthen the page


def shuffle() -> None:
    _url.write(seed=random.randrange(1, 100_000))


def go_to_image() -> None:
    _url.write(index=st.session_state["go_to"])


def render_view_switch() -> str:
    binding = _url.bind("view")
    if st.session_state[binding["key"]] not in VIEWS:
        st.session_state[binding["key"]] = "images"
    return st.segmented_control(
        "View", VIEWS, format_func=VIEWS.get, required=True, label_visibility="collapsed", **binding
    )


def render_choices(count: int, view: str) -> None:
    """Which images: the split and, where a sample is shown, the classes and a new sample."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.segmented_control(
            "Split",
            SPLITS,
            format_func=SPLITS.get,
            required=True,
            label_visibility="collapsed",
            **_url.bind("split", "index"),
        )
        if view == "classes":
            return
        st.multiselect(
            "Classes",
            range(10),
            format_func=CLASS_NAMES.__getitem__,
            placeholder="All ten classes",
            label_visibility="collapsed",
            width=260,
            **_url.bind("classes"),
        )
        st.button("Shuffle", type="primary", icon=":material/shuffle:", on_click=shuffle)
        with st.popover("More", icon=":material/tune:"):
            st.slider("Images shown", 25, 400, step=25, **_url.bind("count"))
            st.number_input(
                "Seed of the sample",
                0,
                2**31 - 1,
                help="The same seed shows the same images again.",
                **_url.bind("seed"),
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


def render_images(images: np.ndarray, labels: np.ndarray, sample: np.ndarray) -> None:
    names = [CLASS_NAMES[label] for label in labels[sample]]
    position = render_grid(
        images[sample],
        names if len(sample) <= MAX_CAPTIONS else [""] * len(sample),
        alts=[f"{name}, image {index}" for name, index in zip(names, sample, strict=True)],
        key="grid",
        label="A random sample of images",
    )
    if position is not None:
        _url.write(index=int(sample[position]))
        st.rerun()


def render_introduction(train_count: int, test_count: int) -> None:
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.title("Browse", width="content")
        st.page_link(
            "pages/train.py",
            label="Train a model to tell them apart",
            icon=":material/model_training:",
            query_params=_url.link(),
        )
    st.markdown(
        f"{formats.count(train_count)} training and {formats.count(test_count)} test images of "
        "garments, 28 × 28 grey pixels each. Choose one to see its pixels."
    )


def render_no_such_image(index: int, count: int) -> None:
    st.warning(
        f"The address asks for image {formats.count(index)}; the last one is "
        f"{formats.count(count - 1)}. Showing a sample instead.",
        icon=":material/link_off:",
    )
    _url.write(index=None)


data = _data.dataset()
split, index, seed = _url.read("split"), _url.read("index"), _url.read("seed")
images, labels = data.split(split)
sample = dataset.sample_indices(
    labels, classes=_url.read("classes"), count=_url.read("count"), seed=seed
)
if index is not None and index < len(images):
    _browse_image.render(data, split, index, sample)
else:
    render_introduction(len(data.train_images), len(data.test_images))
    if index is not None:
        render_no_such_image(index, len(images))
    view = render_view_switch()
    render_choices(len(images), view)
    if view == "classes":
        _browse_views.render_classes(data, split)
    elif not len(sample):
        st.info("No image of this split has the chosen classes.", icon=":material/filter_alt_off:")
    elif view == "table":
        _browse_views.render_table(images, labels, sample, f"{split}-{seed}")
    else:
        render_images(images, labels, sample)
