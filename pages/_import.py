"""A person's own files become a dataset: chosen, named, read with progress, then opened."""

from __future__ import annotations

import time

import streamlit as st

from fmnist.dataset import MAX_NAME, DatasetError
from fmnist.import_data import CLASSES_FILE, Source, import_dataset, open_source
from fmnist.plain_text import markdown
from pages import _dataset_choice

MAX_FILE = 200  # MB; the CSV file of 60,000 images has 133
_DIGITS = "\n".join("0123456789")
_FORMS = (
    "Ten classes of 28 × 28 grey pixels, for training and for testing: the four IDX files "
    "(`train-images-idx3-ubyte.gz` …, compressed or not), two CSV files (train and test; the "
    "label, then 784 pixels), or a zip of these or of PNG images in one folder for each class. "
    f"`{CLASSES_FILE}`, a list of the ten names, may come along."
)


@st.fragment
def render() -> None:
    """A section, closed at first; what happens in it reruns only itself until the data is here."""
    with st.expander("Add your own data", icon=":material/upload_file:"):
        st.caption(_FORMS)
        done = st.session_state.setdefault("imports_done", 0)  # a new uploader after each
        files = st.file_uploader(
            "Files, or one zip",
            accept_multiple_files=True,
            key=f"import_files_{done}",
            max_upload_size=MAX_FILE,
        )
        if not files:
            return
        try:
            with open_source(files) as source:
                name, class_names = _render_names(source)
        except DatasetError as error:
            st.error(markdown(error), icon=":material/broken_image:")
            return
        if st.button("Import", type="primary", icon=":material/add:", key="import_start"):
            _import(files, name, class_names)


def _render_names(source: Source) -> tuple[str, list[str] | None]:
    """The name, and the class names where none came along."""
    name = st.text_input("Name", source.name, max_chars=MAX_NAME, key="import_name")
    if source.class_names:
        st.caption(f"Classes: {markdown(', '.join(source.class_names))}")
        return name, None
    text = st.text_area(
        "Class names, one a line, in the order of the labels",
        _DIGITS,
        height=290,
        max_chars=600,
        key="import_classes",
    )
    return name, text.strip().split("\n")


def _import(files: list, name: str, class_names: list[str] | None) -> None:
    """Read the files, which takes seconds; any click ends it, and nothing is kept."""
    bar = st.progress(0.0, "Reading …")
    st.button("Stop", icon=":material/stop:", key="import_stop")
    began, shown = time.monotonic(), -1

    def show(file: str, done: int, total: int) -> None:
        nonlocal shown
        percent = 100 * done // max(total, 1)
        if percent != shown:
            shown = percent
            left = (time.monotonic() - began) * (total - done) / max(done, 1)
            bar.progress(percent, f"{markdown(file)} · {percent} % · about {left:.0f} s left")

    try:
        entry = import_dataset(files, name, class_names, show)
    except DatasetError as error:
        st.error(markdown(error), icon=":material/broken_image:")
        return
    st.session_state["imports_done"] += 1
    _dataset_choice.open_dataset(entry.slug)
    st.toast(f"{markdown(entry.name)} is here.", icon=":material/check:")
    st.rerun()
