"""Browse: what is in this dataset, and what does one image really look like, pixel by pixel?"""

import numpy as np
import streamlit as st

from fmnist import dataset, formats
from fmnist.dataset import CLASS_NAMES, Dataset
from fmnist.plain_text import markdown
from pages import _browse_image, _browse_views, _data, _dataset_choice, _import, _standin, _url
from pages._browse_choices import render_choices, render_view_switch
from pages._image_grid import render_grid
from pages._pager import render_no_such_image

MAX_CAPTIONS = 200  # more of them would only lengthen the page


def render_images(data: Dataset, split: str, sample: np.ndarray) -> None:
    images, labels = data.split(split)
    names = [data.class_names[label] for label in labels[sample]]
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


def render_introduction(data: Dataset) -> None:
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.title("Browse", width="content")
        _dataset_choice.render_choice()
        st.page_link(
            "pages/train.py",
            label="Train a model to tell them apart",
            icon=":material/model_training:",
            query_params=_url.link(),
        )
    what = "garments" if data.class_names == CLASS_NAMES else markdown(data.name)
    st.markdown(
        f"{formats.count(len(data.train_images))} training and "
        f"{formats.count(len(data.test_images))} test images of {what}, 28 × 28 grey pixels each. "
        "Choose one to see its pixels."
    )


data = _data.dataset()
_standin.render_banner()
split, index, seed = _url.read("split"), _url.read("index"), _url.read("seed")
images, labels = data.split(split)
sample = dataset.sample_indices(
    labels, classes=_url.read("classes"), count=_url.read("count"), seed=seed
)
if index is not None and index < len(images):
    _browse_image.render(data, split, index, sample)
else:
    render_introduction(data)
    if index is not None:
        render_no_such_image(index, len(images), "a sample")
    view = render_view_switch(data.class_names)
    render_choices(len(images), view, data.class_names)
    if view == "classes":
        _browse_views.render_classes(data, split)
    elif not len(sample):
        st.info("No image of this split has the chosen classes.", icon=":material/filter_alt_off:")
    elif view == "table":
        _browse_views.render_table(images, labels, sample, f"{data.slug}-{split}-{seed}")
    else:
        render_images(data, split, sample)
    _import.render()
