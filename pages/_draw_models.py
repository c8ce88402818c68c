"""Which model answers a drawing, and which one of photographs it is compared with."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from fmnist import predict, run_files
from fmnist.dataset import CLASS_NAMES
from fmnist.drawings import SLUG
from fmnist.plain_text import markdown
from fmnist.runs import Run
from pages import _url


def can_answer(run: Run) -> bool:
    return run.has_model and not run.damaged and run.status.status in ("completed", "stopped")


def choose_models(run: Run | None) -> tuple[Path | None, Path | None]:
    """The model that answers, and the run's own where that is another; None where there is none.

    The model for drawings answers, the Lab's own or a taught one, unless the run knows other
    classes or has seen drawings itself.
    """
    own = run.file("model.keras") if run is not None and can_answer(run) else None
    knows_drawings = run is not None and (run.config.dataset == SLUG or run.taught is not None)
    if own and (knows_drawings or run_files.read_class_names(run) != CLASS_NAMES):
        return own, None
    if predict.DRAWING_MODEL.is_file():
        return predict.find_drawing_model()[0], own
    return own, None


def name_classes(names: tuple[str, ...]) -> str:
    """What may be drawn, as Markdown."""
    if names == CLASS_NAMES:
        return "the ten garments"
    return f"its ten classes ({markdown(', '.join(names))})"


def render_no_model(run: Run | None) -> None:
    """Say why nothing can answer, and the way to a model."""
    advice = "No model yet: train one, then draw for it."
    if run is not None:
        advice = (
            f"{markdown(run.title)} has no model that can answer "
            f"({markdown(run.damaged or run.status.status)}): choose another run, or train one."
        )
    st.info(advice, icon=":material/model_training:")
    st.page_link(
        "pages/train.py",
        label="Train a model",
        icon=":material/arrow_forward:",
        query_params=_url.link(),
    )
