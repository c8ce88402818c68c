"""Draw: does it recognise what I draw?"""

from pathlib import Path

import numpy as np
import streamlit as st

from fmnist import runs
from fmnist.dataset import CLASS_NAMES
from fmnist.engine import EngineError
from fmnist.images import ImageError, read_image
from fmnist.runs import Run
from fmnist.sketch import Sketch, sketch_to_image
from pages import _draw_answer, _draw_canvas, _engine, _standin, _url
from pages._run_picker import render_run_picker

SOURCES = {"draw": "Draw", "upload": "Upload a picture"}
ICONS = {"draw": ":material/draw:", "upload": ":material/upload:"}
HINTS = {
    "draw": ("Draw {thing}", "The answer appears here after each stroke."),
    "upload": ("Choose a picture", "Of {thing}, photographed or drawn, on a plain background."),
}
BLANK = ("Nothing to see", "Nothing stands out from the background.")
CANVAS_WIDTH = 360  # CSS pixels; a phone's width holds it
FILE_TYPES = ["png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff"]


def can_answer(run: Run) -> bool:
    return run.has_model and not run.damaged and run.status.status in ("completed", "stopped")


def render_no_model(message: str) -> None:
    st.info(message, icon=":material/model_training:")
    st.page_link(
        "pages/train.py",
        label="Train a model",
        icon=":material/arrow_forward:",
        query_params=_url.link(),
    )


@st.fragment
def render_drawing(model: Path, class_names: tuple[str, ...]) -> None:
    """Where the drawing comes from, and the answer beside it; a stroke reruns only this."""
    source = st.segmented_control(
        "Source",
        SOURCES,
        format_func=lambda name: f"{ICONS[name]} {SOURCES[name]}",
        default="draw",
        required=True,
        label_visibility="collapsed",
        key="draw_source",
    )
    with st.container(horizontal=True, gap="large"):
        left, right = st.container(width=CANVAS_WIDTH), st.container(width="stretch")
    try:
        with left:
            sketch = read_upload() if source == "upload" else read_canvas()
        with right:
            render_result(model, class_names, sketch, source)
    except ImageError as error:
        right.error(str(error), icon=":material/broken_image:")


def read_canvas() -> Sketch | None:
    drawing = _draw_canvas.render_canvas("canvas")
    return None if drawing is None else sketch_to_image(drawing, background=_draw_canvas.PAPER)


def read_upload() -> Sketch | None:
    file = st.file_uploader(
        "One thing on a plain background", FILE_TYPES, key="draw_upload", max_upload_size=10
    )
    if file is None:
        return None
    sketch = sketch_to_image(read_image(file.getvalue()))
    st.image(sketch.stages["grey"], "As uploaded, in grey", width=CANVAS_WIDTH)
    return sketch


def render_result(
    model: Path, class_names: tuple[str, ...], sketch: Sketch | None, source: str
) -> None:
    if sketch is None or sketch.is_empty:
        thing = "a garment" if class_names == CLASS_NAMES else "one of the ten classes"
        title, detail = HINTS[source] if sketch is None else BLANK
        _draw_answer.render_hint(title.format(thing=thing), detail.format(thing=thing), class_names)
        return
    try:
        with st.spinner("The model is waking up …"):
            prediction = _engine.get().predict(model, sketch.image[np.newaxis])
    except EngineError as error:
        st.error(str(error), icon=":material/error:")
        return
    _draw_answer.render_answer(
        prediction.probabilities[0], sketch.image, prediction.milliseconds, class_names
    )


_standin.render_banner()
st.title("Draw")
introduction = st.empty()
run = render_run_picker(can_answer, "Which model answers")
if run is None:
    render_no_model("No model yet: train one, then draw for it.")
elif not can_answer(run):
    render_no_model(
        f"{run.title} has no model that can answer ({run.damaged or run.status.status}): "
        "choose another run, or train one."
    )
else:
    names = runs.read_class_names(run)
    what = "the ten garments" if names == CLASS_NAMES else f"its ten classes ({', '.join(names)})"
    introduction.markdown(f"Does a model recognise what you draw? Any of {what}, one at a time.")
    _engine.get().warm(run.file("model.keras"))
    render_drawing(run.file("model.keras"), names)
