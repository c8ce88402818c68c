"""What the engine says of the model in hand and an image, each question asked once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import streamlit as st

from fmnist.data.dataset import Dataset
from fmnist.engine import explanations, filters
from fmnist.engine.client import EngineError
from fmnist.explain.results import Attribution, Excitement, LayerMaps, NetworkOnImage, PatchSearch
from fmnist.plain_text import markdown
from fmnist.runs.store import Run
from pages._draw.models import can_predict, render_no_model
from pages._shared import engine

_Found = TypeVar("_Found")


def network(run: Run, image: np.ndarray) -> NetworkOnImage:
    return _ask(run, lambda path, written_at: _network(path, written_at, image))


def maps(run: Run, image: np.ndarray, layer: str) -> LayerMaps:
    return _ask(run, lambda path, written_at: _maps(path, written_at, image, layer))


def attribution(run: Run, image: np.ndarray) -> Attribution:
    return _ask(run, lambda path, written_at: _attribution(path, written_at, image))


def patch(run: Run, image: np.ndarray, target: int) -> PatchSearch:
    return _ask(
        run,
        lambda path, written_at: _patch(path, written_at, image, target),
        "Trying a few hundred squares …",
    )


def probabilities(run: Run, images: np.ndarray) -> np.ndarray:
    """float32 (N, 10), for `images` uint8 (N, 28, 28)."""
    return _ask(run, lambda path, written_at: _probabilities(path, written_at, images))


def exciting(
    run: Run, data: Dataset, layer: str, macs: int, place: st.delta_generator.DeltaGenerator
) -> Excitement:
    """Asked in parts, with the progress in `place`; a rerun in between ends it."""
    said = "Looking at the test images …"
    place.progress(0.0, said)
    try:
        return filters.find_exciting(
            run, data, layer, macs, engine.get(), lambda done: place.progress(done, said)
        )
    except (EngineError, OSError) as error:
        place.error(markdown(str(error)), icon=":material/error:")
        st.stop()


def _ask(
    run: Run, question: Callable[[str, int], _Found], said: str = "Looking inside …"
) -> _Found:
    """The answer; where there is none, why, and the script ends."""
    if not can_predict(run):
        render_no_model(run)
        st.stop()
    path = run.file("model.keras")
    if not engine.get().is_awake(path):
        said = "The model is waking up; this takes a few seconds …"
    with st.spinner(said):
        try:
            written_at = path.stat().st_mtime_ns
            return engine.drop_when_unseen(lambda: question(str(path), written_at))
        except (EngineError, OSError) as error:
            st.error(markdown(str(error)), icon=":material/error:")
            return st.stop()


@st.cache_data(max_entries=64, show_spinner=False)
def _network(path: str, written_at: int, image: np.ndarray) -> NetworkOnImage:
    return explanations.ask_network(engine.get(), Path(path), image)


@st.cache_data(max_entries=64, show_spinner=False)
def _maps(path: str, written_at: int, image: np.ndarray, layer: str) -> LayerMaps:
    return explanations.ask_maps(engine.get(), Path(path), image, layer)


@st.cache_data(max_entries=64, show_spinner=False)
def _attribution(path: str, written_at: int, image: np.ndarray) -> Attribution:
    return explanations.ask_attribution(engine.get(), Path(path), image)


@st.cache_data(max_entries=64, show_spinner=False)
def _probabilities(path: str, written_at: int, images: np.ndarray) -> np.ndarray:
    return engine.get().predict(Path(path), images).probabilities


@st.cache_data(max_entries=64, show_spinner=False)
def _patch(path: str, written_at: int, image: np.ndarray, target: int) -> PatchSearch:
    return explanations.ask_patch(engine.get(), Path(path), image, target)
