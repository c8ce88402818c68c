"""The suspected labels of a dataset, found once: in the test set by the run, in the training set by
models made for that.
"""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist.analysis import FILES
from fmnist.data.dataset import Dataset
from fmnist.evaluation.label_issues import LabelIssues
from fmnist.plain_text import markdown
from fmnist.runs import analyses, verdicts
from fmnist.runs.analyses import Analysis
from fmnist.runs.store import Run, load_run
from fmnist.runs.verdicts import VerdictError, VerdictsFile
from pages._shared.data import dataset, evaluate_run, was_scored_on


def find_in_test_set(run: Run, data: Dataset) -> LabelIssues:
    """By the run's own test probabilities, which are out of sample."""
    scores = run.file("test_probabilities.npy" if was_scored_on(run, data) else "model.keras")
    return _in_test_set(run.run_id, scores.stat().st_mtime_ns, data.fingerprint)


def training_analysis(data: Dataset) -> Analysis:
    return analyses.find_analysis("label-issues", data)


def find_in_training_set(data: Dataset) -> LabelIssues | None:
    """By models that were not trained on the images in question; None while that is not done."""
    analysis = training_analysis(data)
    status = analysis.status
    if not status or status.status != "completed":
        return None
    return _in_training_set(data.fingerprint, status.finished_at)


def read_nearest(data: Dataset) -> np.ndarray | None:
    """What the search for near-duplicates found; None while it is not done."""
    return near_duplicates(data).read_result(FILES["near-duplicates"], (len(data.test_images), 3))


def near_duplicates(data: Dataset) -> Analysis:
    return analyses.find_analysis("near-duplicates", data)


def read_verdicts(data: Dataset) -> VerdictsFile:
    """What was said of this dataset's labels; where that cannot be read, why, and nothing."""
    try:
        return verdicts.read_verdicts(data.fingerprint)
    except VerdictError as error:
        st.error(markdown(error), icon=":material/broken_image:")
        return VerdictsFile({})


# Without underscores, which would leave the times and the fingerprint out of the caches' keys.
@st.cache_data(show_spinner="Looking for suspected labels …", max_entries=20)
def _in_test_set(run_id: str, written_at: int, fingerprint: str) -> LabelIssues:
    from fmnist.evaluation.label_issues import find_label_issues

    data = dataset()
    probabilities = evaluate_run(load_run(run_id), data).probabilities
    return find_label_issues(data.test_labels, probabilities)


@st.cache_data(show_spinner="Looking for suspected labels …", max_entries=4)
def _in_training_set(fingerprint: str, finished_at: float | None) -> LabelIssues | None:
    from fmnist.evaluation.label_issues import find_label_issues

    data = dataset()
    found = training_analysis(data).read_result(FILES["label-issues"], (len(data.train_labels), 10))
    return None if found is None else find_label_issues(data.train_labels, found)
