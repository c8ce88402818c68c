"""Browse: what is in this dataset, and what does one image really look like, pixel by pixel?"""

import numpy as np
import streamlit as st

from fmnist import formats
from fmnist.data import samples
from fmnist.data.dataset import CLASS_NAMES, Dataset
from fmnist.plain_text import markdown
from pages._browse import image, views
from pages._browse.choices import render_choices, render_view_switch
from pages._shared import dataset_choice, dataset_import, standin, url
from pages._shared.data import dataset
from pages._shared.image_grid import render_grid
from pages._shared.pager import render_no_such_image

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
        url.write(index=int(sample[position]))
        st.rerun()


def render_introduction(data: Dataset) -> None:
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.title("Browse", width="content")
        dataset_choice.render_choice()
        st.page_link(
            "pages/train.py",
            label="Train a model to tell them apart",
            icon=":material/model_training:",
            query_params=url.link(),
        )
    what = "garments" if data.class_names == CLASS_NAMES else markdown(data.name)
    st.markdown(
        f"{formats.count(len(data.train_images))} training and "
        f"{formats.count(len(data.test_images))} test images of {what}, 28 × 28 grey pixels each. "
        "Click one to see its pixels."
    )


data = dataset()
standin.render_banner()
split, index, seed = url.read("split"), url.read("index"), url.read("seed")
images, labels = data.split(split)
sample = samples.sample_indices(
    labels, classes=url.read("classes"), count=url.read("count"), seed=seed
)
if index is not None and index < len(images):
    image.render(data, split, index, sample)
else:
    render_introduction(data)
    if index is not None:
        render_no_such_image(index, len(images), "a sample")
    view = render_view_switch(data.class_names)
    render_choices(len(images), view, data.class_names)
    if view == "classes":
        views.render_classes(data, split)
    elif not len(sample):
        st.info("No images of these classes in this split.", icon=":material/filter_alt_off:")
    elif view == "table":
        views.render_table(images, labels, sample, f"{data.slug}-{split}-{seed}")
    else:
        render_images(data, split, sample)
    dataset_import.render()
