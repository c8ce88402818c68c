"""The model's features of the test images, and their places on the plane."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist.analysis.tsne import read_tsne
from fmnist.data.dataset import Dataset
from fmnist.engine import features as engine_features
from fmnist.engine.client import EngineError
from fmnist.evaluation.derived import find_projection
from fmnist.evaluation.projection import to_plane
from fmnist.plain_text import markdown
from fmnist.runs import analyses
from fmnist.runs.store import Run
from pages._shared import analysis, engine, url

_TSNE_SECONDS = 90.0


def read(run: Run, data: Dataset) -> np.ndarray:
    """float32 (N, features); where the model cannot say, why, and the script ends."""
    found = engine_features.find_cached(run, data)
    if found is not None:
        return found
    bar = st.progress(0.0, "Asking the model what it makes of each image, just this once …")
    try:
        found = engine_features.find_features(run, data, engine.get(), bar.progress)
    except EngineError as error:
        st.error(markdown(error), icon=":material/error:")
        st.stop()
    bar.empty()
    return found


def place(run: Run, data: Dataset, values: np.ndarray) -> np.ndarray:
    """The points of the projection chosen, float32 (N, 2); those of PCA while it has none."""
    model = run.file("model.keras")
    key = (run.run_id, model.stat().st_mtime_ns, data.fingerprint)
    if url.read("projection") == "tsne":
        tsne = analyses.find_analysis("tsne", data, run)
        points = None
        if analysis.render(tsne, "Compute t-SNE", _TSNE_SECONDS):
            points = read_tsne(tsne.folder, len(values))
        if points is not None:
            return to_plane(points)
        st.caption("Until then, this is PCA.")
    return _project(*key, run, data, values)


@st.cache_data(show_spinner="Projecting …", max_entries=8)
def _project(
    run_id: str, written_at: int, fingerprint: str, _run: Run, _data: Dataset, _values: np.ndarray
) -> np.ndarray:
    """The first three are the cache's key."""
    return to_plane(find_projection(_run, _data, _values))
