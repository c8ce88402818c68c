"""Browse: what is in this dataset, and what does one image really look like, pixel by pixel?"""

import random

import numpy as np
import streamlit as st

from fmnist import dataset, formats
from fmnist.dataset import CLASS_NAMES
from pages import _browse_image, _browse_views, _data, _url
from pages._image_grid import render_grid

VIEWS = {"images": "Garments", "classes": "Classes", "table": "Table"}
SPLITS = {"train": "Training", "test": "Test"}
MAX_CAPTIONS = 200  # more of them would only lengthen the page


def shuffle() -> None:
    _url.write(seed=random.randrange(1, 100_000))


def go_to_image() -> None:
    _url.write(index=st.session_state["go_to"])


def render_choices(count: int) -> None:
    """Which images: split, classes, a new sample, and the rest behind one button."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "Split", SPLITS, format_func=SPLITS.get, required=True, **_url.bind("split", "index")
        )
        st.multiselect(
            "Classes",
            range(10),
            format_func=CLASS_NAMES.__getitem__,
            placeholder="All ten classes",
            width=320,
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


data = _data.dataset()
split, index = _url.read("split"), _url.read("index")
images, labels = data.split(split)
sample = dataset.sample_indices(
    labels, classes=_url.read("classes"), count=_url.read("count"), seed=_url.read("seed")
)
if index is not None and index < len(images):
    _browse_image.render(data, split, index, sample)
    st.stop()

st.title("Browse")
if index is not None:
    st.warning(
        f"There is no image {formats.count(index)}: the last one is {len(images) - 1:,}.",
        icon=":material/link_off:",
    )
    _url.write(index=None)
with st.container(horizontal=True, vertical_alignment="center"):
    st.markdown(
        f"{formats.count(len(data.train_images))} training and "
        f"{formats.count(len(data.test_images))} test images of garments, 28 × 28 grey pixels "
        "each. Choose one to see its pixels, or",
        width="content",
    )
    st.page_link(
        "pages/train.py",
        label="train a model to tell them apart",
        icon=":material/arrow_forward:",
        query_params=_url.link(),
    )
render_choices(len(images))
view_binding = _url.bind("view")
if st.session_state[view_binding["key"]] not in VIEWS:
    st.session_state[view_binding["key"]] = "images"
view = st.segmented_control(
    "View",
    VIEWS,
    format_func=VIEWS.get,
    required=True,
    label_visibility="collapsed",
    **view_binding,
)
if not len(sample):
    st.info("No image of this split has the chosen classes.", icon=":material/filter_alt_off:")
elif view == "classes":
    _browse_views.render_classes(data, split)
elif view == "table":
    _browse_views.render_table(images, labels, sample, f"{split}-{_url.read('seed')}")
else:
    render_images(images, labels, sample)
