"""Which model answers a drawing, and which one of photographs it is compared with."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from fmnist import predict, run_files
from fmnist.dataset import CLASS_NAMES
from fmnist.drawings import SLUG
from fmnist.runs import Run
from fmnist.sketch import Sketch
from pages import _url


def can_answer(run: Run) -> bool:
    return run.has_model and not run.damaged and run.status.status in ("completed", "stopped")


def choose_models(run: Run | None) -> tuple[Path | None, Path | None]:
    """The model that answers, and the run's own where that is another; None where there is none.

    The model for drawings answers, the Lab's own or a taught one, unless the run knows other
    classes or has seen drawings itself.
    """
    own = run.file("model.keras") if run is not None and can_answer(run) else None
    if own and (not knows_photos(run) or run_files.read_class_names(run) != CLASS_NAMES):
        return own, None
    if predict.DRAWING_MODEL.is_file():
        return predict.find_drawing_model()[0], own
    return own, None


def knows_photos(run: Run | None) -> bool:
    """Whether a run learnt from pictures of the things themselves."""
    return run is not None and run.config.dataset != SLUG and run.taught is None


def choose_answering(sketch: Sketch, model: Path, photograph_model: Path | None) -> Path:
    """Of the two that `choose_models` names, the one that answers for a drawing or photograph."""
    return photograph_model if sketch.is_photo and photograph_model else model


def render_no_model(run: Run | None) -> None:
    """Say why nothing can answer, and the way to a model."""
    message = "No model yet: train one, then draw for it."
    if run is not None:
        message = (
            f"{run.title} has no model that can answer ({run.damaged or run.status.status}): "
            "choose another run, or train one."
        )
    st.info(message, icon=":material/model_training:")
    st.page_link(
        "pages/train.py",
        label="Train a model",
        icon=":material/arrow_forward:",
        query_params=_url.link(),
    )
