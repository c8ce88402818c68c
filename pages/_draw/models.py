"""Which model classifies a drawing, and which one of photographs it is compared with."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import streamlit as st

from fmnist.data.dataset import CLASS_NAMES
from fmnist.drawing import drawing_model
from fmnist.drawing.preprocess import Sketch
from fmnist.drawing.synthetic import SLUG
from fmnist.plain_text import markdown
from fmnist.runs import outputs
from fmnist.runs.reader import read_run
from fmnist.runs.store import Run
from pages._shared import url


class Models(NamedTuple):
    """`drawings` classifies drawings; `photographs`, where that is another, the run's own; None
    where there is none. `trained_on_photos`: whether either was trained on pictures of the things
    themselves.
    """

    drawings: Path | None
    photographs: Path | None
    trained_on_photos: bool

    def choose(self, sketch: Sketch) -> Path:
        """The one for a drawing or a photograph."""
        return (sketch.is_photo and self.photographs) or self.drawings


def can_predict(run: Run) -> bool:
    return run.has_model and not run.damaged and run.status.status in ("completed", "stopped")


def choose_models(run: Run | None) -> Models:
    """The model for drawings classifies these, the Lab's own or a fine-tuned one, unless the run
    has other classes or was trained on drawings itself.
    """
    own = run.file("model.keras") if run is not None and can_predict(run) else None
    trained_on_photos = own is not None and run.config.dataset != SLUG and run.fine_tuned is None
    if own and (not trained_on_photos or outputs.read_class_names(run) != CLASS_NAMES):
        return Models(own, None, trained_on_photos)
    if drawing_model.DRAWING_MODEL.is_file():
        return Models(drawing_model.find_drawing_model()[0], own, trained_on_photos)
    return Models(own, None, trained_on_photos)


def find_answering(run: Run | None, sketch: Sketch) -> Run | None:
    """The run whose model answers for this drawing or photograph, with `run` in hand."""
    path = choose_models(run).choose(sketch)
    return read_run(path.parent) if path else run


def name_classes(names: tuple[str, ...]) -> str:
    """What may be drawn, as Markdown."""
    if names == CLASS_NAMES:
        return "the ten garments"
    return f"its ten classes ({markdown(', '.join(names))})"


def render_no_model(run: Run | None) -> None:
    """Say why there is no model to use, and the way to one."""
    advice = "No model yet: train one, then draw."
    if run is not None:
        advice = (
            f"{markdown(run.title)} has no model that can be "
            f"used ({markdown(run.damaged or run.status.status)}): choose another run, or train "
            "one."
        )
    st.info(advice, icon=":material/model_training:")
    st.page_link(
        "pages/train.py",
        label="Train a model",
        icon=":material/arrow_forward:",
        query_params=url.link(),
    )
