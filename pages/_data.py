"""The data every page shares: the dataset, and a run's evaluation, each loaded once and kept."""

from __future__ import annotations

import streamlit as st

from fmnist import dataset as data
from fmnist import runs
from fmnist.dataset import Dataset, DatasetError, DatasetMissing
from fmnist.download import download_dataset


@st.cache_resource(show_spinner="Loading the dataset …", max_entries=1)
def _load() -> Dataset:
    return data.load_dataset()


def dataset() -> Dataset:
    """The dataset; when there is none, offers the download, says what to put where, and stops."""
    try:
        return _load()
    except DatasetMissing as error:
        _render_missing(error)
    except DatasetError as error:
        st.error(str(error), icon=":material/broken_image:")
    return st.stop()


def _render_missing(error: DatasetMissing) -> None:
    st.header("The dataset is not here yet", divider="grey")
    if error.can_download:
        _render_download()
    st.info(str(error), icon=":material/folder_open:")


def _render_download() -> None:
    """Download at the first visit; after a failure, say why and wait for a click."""
    if "download_error" in st.session_state:
        st.warning(st.session_state["download_error"], icon=":material/cloud_off:")
        if not st.button("Try the download again", icon=":material/refresh:"):
            return
    bar = st.progress(0.0, "Looking for a mirror …")

    def show(name: str, done: int, total: int) -> None:
        megabytes = f"{done / 1e6:.1f} of {total / 1e6:.1f} MB"
        bar.progress(min(1.0, done / max(total, 1)), f"{name}: {megabytes}")

    try:
        download_dataset(progress=show)
        st.session_state.pop("download_error", None)
    except DatasetError as failure:
        st.session_state["download_error"] = str(failure)
    st.rerun()


def evaluation(run: runs.Run):
    """The run's `Evaluation` against the labels of the dataset loaded now.

    Raises:
        RunDamaged: its probabilities cannot be read.
        ValueError: they do not belong to this dataset's test images.
    """
    scores = run.file("test_probabilities.npy")
    return _evaluate(run.run_id, scores.stat().st_mtime_ns, dataset().fingerprint)


@st.cache_data(show_spinner="Evaluating …", max_entries=20)
def _evaluate(run_id: str, _written_at: int, _fingerprint: str):
    from fmnist.evaluate import evaluate

    return evaluate(dataset().test_labels, runs.read_probabilities(runs.load_run(run_id)))
