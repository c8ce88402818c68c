"""The data every page shares: the dataset looked at, and a run's evaluation, each loaded once."""

from __future__ import annotations

import streamlit as st

from fmnist import catalogue, runs
from fmnist.dataset import Dataset, DatasetError, DatasetMissing
from fmnist.download import download_dataset
from pages._dataset_choice import choose, chosen, render_choice


@st.cache_resource(show_spinner="Loading the dataset …", max_entries=4)
def _load(slug: str, fingerprint: str) -> Dataset:
    """`fingerprint`, that of an import, only keys the cache: a name may be given anew."""
    return catalogue.load(slug)


def dataset() -> Dataset:
    """The dataset looked at; where it is not here, what to do about that, and the script ends."""
    entry = chosen()
    try:
        return _load(entry.slug, entry.fingerprint)
    except DatasetMissing as error:
        _render_missing(error)
    except DatasetError as error:
        render_choice()
        st.error(str(error), icon=":material/broken_image:")
    return st.stop()


def dataset_of(run: runs.Run) -> Dataset | None:
    """The dataset that the run saw, looked at from now on; None where it is not here."""
    seen = runs.read_environment(run).get("dataset_fingerprint")
    wanted = (chosen().slug, run.config.dataset)
    slug = catalogue.find_by_fingerprint(seen, wanted) if isinstance(seen, str) else wanted[0]
    if slug is None:
        return None
    if slug != wanted[0]:
        choose(slug)
    return dataset()


def _render_missing(error: DatasetMissing) -> None:
    st.header("The dataset is not here yet", divider="grey")
    render_choice()
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
    """The run's `Evaluation` against the labels of the dataset looked at.

    Raises:
        RunDamaged: its probabilities cannot be read.
        ValueError: they do not belong to this dataset's test images.
    """
    scores = run.file("test_probabilities.npy")
    seen = dataset()
    return _evaluate(run.run_id, scores.stat().st_mtime_ns, seen.fingerprint, seen.class_names)


@st.cache_data(show_spinner="Evaluating …", max_entries=20)
def _evaluate(run_id: str, written_at: int, fingerprint: str, class_names: tuple[str, ...]):
    # Without underscores, which would leave the time and the fingerprint out of the cache's key.
    from fmnist.evaluate import evaluate

    probabilities = runs.read_probabilities(runs.load_run(run_id))
    return evaluate(dataset().test_labels, probabilities, class_names)
