"""The data every page shares: the dataset looked at, and a run's evaluation, each loaded once."""

from __future__ import annotations

import streamlit as st

from fmnist.data import catalogue
from fmnist.data.dataset import Dataset, DatasetError, DatasetMissing
from fmnist.engine.rescore import predict_test_images
from fmnist.plain_text import markdown
from fmnist.runs import outputs, store
from pages._shared import dataset_import, engine, standin
from pages._shared.dataset_choice import choose, mend_choice, render_choice


@st.cache_resource(show_spinner="Loading the dataset …", max_entries=4)
def _load(slug: str, fingerprint: str) -> Dataset:
    """`fingerprint`, that of an import, only keys the cache: a name may be given anew."""
    return catalogue.load(slug)


def dataset() -> Dataset:
    """The dataset looked at; where it is not here, what to do about that, and the script ends."""
    entry = mend_choice()
    try:
        return _load(entry.slug, entry.fingerprint)
    except DatasetMissing as error:
        standin.render_arrival(error)
    except DatasetError as error:
        render_choice()
        st.error(markdown(error), icon=":material/broken_image:")
        dataset_import.render()
    return st.stop()


def dataset_if_here() -> Dataset | None:
    """The dataset looked at, for a page that can do without; None where it cannot be read."""
    entry = mend_choice()
    try:
        return _load(entry.slug, entry.fingerprint)
    except DatasetError:
        return None


def switch_to_dataset_of(run: store.Run) -> Dataset:
    """The dataset that the run was trained on, which the address names from now on; where it is not
    here, the one chosen.
    """
    seen, wanted = outputs.read_fingerprint(run), (mend_choice().slug, run.config.dataset)
    slug = catalogue.find_by_fingerprint(seen, wanted) if seen else None
    if slug not in (None, wanted[0]):
        choose(slug)
    return dataset()


def was_scored_on(run: store.Run, data: Dataset) -> bool:
    """Whether the run was scored on these test images; one that does not say was."""
    return outputs.read_fingerprint(run) in ("", data.fingerprint)


def can_evaluate(run: store.Run, data: Dataset) -> bool:
    """Whether `evaluate_run` can: by its scores, or by its model where the classes agree."""
    same_classes = outputs.read_class_names(run) == data.class_names
    return was_scored_on(run, data) or (run.has_model and same_classes)


def evaluate_run(run: store.Run, data: Dataset):
    """The run's `Evaluation` on the dataset looked at.

    By its scores; on data that it was not scored on, by what its model predicts now.

    Raises:
        RunDamaged: its probabilities cannot be read.
        ValueError: they do not belong to this dataset's test images, or the model cannot predict.
    """
    is_scored = was_scored_on(run, data)
    source = run.file("test_probabilities.npy" if is_scored else "model.keras")
    find = _evaluate if is_scored else _evaluate_anew
    return find(run.run_id, source.stat().st_mtime_ns, data.fingerprint, data.class_names)


# Without underscores, which would leave the time and the fingerprint out of the caches' keys.
@st.cache_data(show_spinner="Evaluating …", max_entries=20)
def _evaluate(run_id: str, written_at: int, fingerprint: str, class_names: tuple[str, ...]):
    from fmnist.evaluation.evaluate import evaluate

    probabilities = outputs.read_probabilities(store.load_run(run_id))
    return evaluate(dataset().test_labels, probabilities, class_names)


@st.cache_data(show_spinner="Classifying all test images, just this once …", max_entries=20)
def _evaluate_anew(run_id: str, written_at: int, fingerprint: str, class_names: tuple[str, ...]):
    from fmnist.evaluation.evaluate import evaluate

    data = dataset()
    probabilities = predict_test_images(store.load_run(run_id), data, engine.get())
    return evaluate(data.test_labels, probabilities, class_names)
