"""Draw: does it recognise what I draw?"""

import contextlib

import streamlit as st
from streamlit.errors import StreamlitAPIException
from streamlit.runtime.scriptrunner import get_script_run_ctx

from fmnist.data.dataset import CLASS_NAMES
from fmnist.drawing.preprocess import Sketch, sketch_to_image
from fmnist.drawing.strokes import DrawingError, render
from fmnist.images import ImageError
from fmnist.plain_text import markdown
from fmnist.runs import outputs
from pages._draw import canvas, correction, explanation, fine_tune
from pages._draw.files import render_files
from pages._draw.models import Models, choose_models, name_classes, render_no_model
from pages._draw.picture import read_picture, render_sources
from pages._draw.prediction import predict_and_render, render_hint
from pages._shared import engine, model_in_hand, url
from pages._shared.standin import render_banner

HINTS = {
    "draw": ("Draw {thing}", "The prediction appears here after each stroke."),
    "upload": ("Choose a picture", "A photo or drawing of {thing}, on a plain background."),
    "camera": ("Take a photo", "Of {thing} or a drawing of it, on a plain background."),
}
BLANK = ("Nothing to see", "Nothing stands out from the background.")
BOARD = "draw_board"  # the part of the page that a stroke runs again, the prediction first
CANVAS_WIDTH = 336  # CSS pixels; a phone's width holds it


@st.fragment(key=BOARD)
def render_board(models: Models, class_names: tuple[str, ...]) -> None:
    """The drawing or picture, the prediction beside it and, below, how that came about."""
    source = render_sources()
    with st.container(horizontal=True, gap="medium"):
        left, right = st.container(width=CANVAS_WIDTH), st.container(width="stretch")
    st.session_state["sketch"] = st.session_state["predicted"] = None
    try:
        with left:
            if source == "draw":
                sketch = read_canvas()
            else:
                sketch = read_picture(source, CANVAS_WIDTH, models.trained_on_photos)
        st.session_state["sketch"] = sketch
        with right:
            render_result(models, class_names, sketch, source)
    except (DrawingError, ImageError) as error:
        right.error(markdown(error), icon=":material/broken_image:")
    if source == "draw":
        render_files()
    explanation.render_explanation(models, class_names)


def read_canvas() -> Sketch | None:
    st.caption("Draw here, white on black.")  # the canvas shows its own tools above it, on hover
    drawing = canvas.render_canvas(forget_link)
    return sketch_to_image(render(drawing), background=canvas.PAPER) if drawing else None


def forget_link() -> None:
    """The address's drawing is no longer the one on the canvas."""
    url.write(drawing=None)


def follow_correction() -> None:
    """Run what shows the corrections again."""
    if get_script_run_ctx().fragment_ids_this_run:  # else it would replace the run of a click
        with contextlib.suppress(StreamlitAPIException):  # the page was left meanwhile
            st.rerun([BOARD, fine_tune.KEY])


def render_result(
    models: Models, class_names: tuple[str, ...], sketch: Sketch | None, source: str
) -> None:
    if sketch is None or sketch.is_empty:
        thing = "a garment" if class_names == CLASS_NAMES else "one of the ten classes"
        title, detail = HINTS[source] if sketch is None else BLANK
        words = title.format(thing=thing), detail.format(thing=thing)
        render_hint(*words, class_names, models.drawings)
        return
    model = models.choose(sketch)
    label = predict_and_render(model, sketch.image, class_names)
    if label is None:
        return
    st.session_state["predicted"] = label
    correction.render_question(model, source, follow_correction)
    drawing = canvas.drawing() if source == "draw" else None
    st.page_link(
        "pages/inside.py",
        label="See it layer by layer",
        icon=":material/visibility:",
        query_params=url.link(drawing=drawing, view="network"),
        help="What the layers of the network that answered make of it.",
    )


render_banner()
st.title("Draw")
canvas.open_shared()
run = model_in_hand.read()
models = choose_models(run)
if models.drawings is None:
    render_no_model(run)
    st.stop()
names = outputs.read_class_names(run) if run else CLASS_NAMES
what = name_classes(names)
st.markdown(f"Does a model recognise what you draw? Any of {what}, one at a time.")
for path in filter(None, (models.drawings, models.photographs)):
    engine.get().warm(path)
render_board(models, names)
fine_tune.render_fine_tune(models.drawings)
