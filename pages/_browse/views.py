"""The classes and the table of the dataset, as the Browse page shows them."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist import formats
from fmnist.data import samples, table
from fmnist.data.dataset import Dataset
from fmnist.plain_text import to_csv
from pages._shared import url
from pages._shared.image_grid import render_grid


@st.cache_data(show_spinner=False, max_entries=8)
def summarise(_data: Dataset, fingerprint: str, split: str) -> tuple[np.ndarray, np.ndarray]:
    """(counts, mean images) of the ten classes; the fingerprint keys the cache."""
    images, labels = _data.split(split)
    return samples.class_counts(labels), samples.mean_images(images, labels)


def render_classes(data: Dataset, split: str) -> None:
    from fmnist.figures.dataset import plot_class_counts

    counts, means = summarise(data, data.fingerprint, split)
    st.subheader("Mean image of each class")
    st.caption("Each pixel is the mean over all images of the class. Click one to see its images.")
    position = render_grid(
        np.round(means).astype(np.uint8),
        [
            f"{name}\n{formats.count(int(count))}"
            for name, count in zip(data.class_names, counts, strict=True)
        ],
        alts=[f"Mean of all images of the class {name}" for name in data.class_names],
        key="means",
        size=140,
        label="Mean image of each class",
    )
    if position is not None:
        url.write(classes=[position], view=None)
        st.rerun()
    st.subheader("Images per class")
    st.plotly_chart(plot_class_counts(counts, data.class_names), key="counts")


def render_table(images: np.ndarray, labels: np.ndarray, sample: np.ndarray, name: str) -> None:
    frame = table.table(images[sample], labels[sample], index=sample)
    st.caption(
        "The same images, one per row, as in the dataset's CSV form. "
        + " · ".join(table.describe_table(frame).values())
    )
    st.dataframe(frame, height=380)
    st.download_button(
        "Download as CSV",
        lambda: to_csv(frame),
        file_name=f"{name}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
    st.subheader("Distinct values of one column")
    left, right = st.columns(2)
    chosen = left.selectbox("Column", frame.columns, index=14 * 28 + 14 + 1)
    values = table.distinct_values(frame, chosen)
    left.write(
        f"{chosen} has {len(values)} distinct {'value' if len(values) == 1 else 'values'} "
        f"in these {len(frame)} images."
    )
    right.dataframe(values, hide_index=True, height=240)
