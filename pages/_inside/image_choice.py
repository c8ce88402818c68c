"""The image that Inside looks into: one of the dataset, or the person's own drawing.

The address names it: `split` and `index`, or `drawing`. Where it names none, it is what was last
drawn in this tab, or else the first test image.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from fmnist import formats
from fmnist.data.dataset import Dataset
from fmnist.data.idx import SIDE
from fmnist.drawing.preprocess import Sketch
from fmnist.images import image_png
from fmnist.plain_text import markdown
from pages._inside import changed
from pages._shared import url
from pages._shared.pager import render_no_such_image

_SCALE = 4


@dataclass(frozen=True, eq=False)
class Choice:
    """`image` uint8 (28, 28); `title` is plain text; `sketch`: what was drawn or photographed;
    `original`: the image without the changes that `image` has.
    """

    image: np.ndarray
    title: str
    detail: str
    sketch: Sketch | None = None
    original: np.ndarray | None = None


def render(read_data: Callable[[], Dataset]) -> Choice:
    """Show the chosen image and the ways to another one; returns it.

    read_data: loads the dataset. A drawing does without it until another image is asked for.
    """
    chosen = _carry_changes(_read_drawing() or _read_from_dataset(read_data()))
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.image(
            image_png(chosen.image, scale=_SCALE),
            width=_SCALE * SIDE,
            alt=f"{chosen.title}, enlarged {_SCALE} times",
        )
        with st.container(width="stretch", gap="xsmall"):
            st.markdown(f"**{markdown(chosen.title)}**")
            st.caption(markdown(chosen.detail))
            with st.container(horizontal=True):
                if st.button("Another image", icon=":material/shuffle:"):
                    _open_any(read_data())
                if chosen.original is not None:
                    st.button(
                        "Without the changes",
                        icon=":material/undo:",
                        on_click=changed.explain,
                        args=(chosen.original, False),
                    )
                if chosen.sketch is None and _last_drawn() is not None:
                    st.button("My drawing", icon=":material/draw:", on_click=_open_own)
    return chosen


def _carry_changes(chosen: Choice) -> Choice:
    """With what was changed on it, where that is to be explained."""
    if not changed.read(chosen.image)["is_explained"] or url.read("view") == "change":
        return chosen
    image = changed.apply(chosen.image)
    return replace(chosen, image=image, title=f"{chosen.title}, changed", original=chosen.image)


def _read_drawing() -> Choice | None:
    if url.read("index") is not None:
        return None
    drawn = url.read("drawing")
    if drawn:
        from fmnist.drawing.preprocess import sketch_to_image
        from fmnist.drawing.strokes import render as draw

        sketch = sketch_to_image(draw(drawn), background=0)
        if not sketch.is_empty:
            detail = "As the model sees it: filled, shaded, centred, 28 × 28 pixels."
            return Choice(sketch.image, "Your drawing", detail, sketch)
    own = _last_drawn()
    if own is None:
        return None
    detail = "The last one from Draw, as the model sees it."
    return Choice(own.image, "Your drawing", detail, own)


def _last_drawn() -> Sketch | None:
    """What Draw last prepared in this tab: a drawing, or a picture."""
    sketch = st.session_state.get("sketch")
    return None if sketch is None or sketch.is_empty else sketch


def _read_from_dataset(data: Dataset) -> Choice:
    split, index = url.read("split"), url.read("index")
    if index is not None and index >= len(data.split(split)[0]):
        render_no_such_image(index, len(data.split(split)[0]), "the first test image")
        index = None
    if index is None:
        split, index = "test", 0
    images, labels = data.split(split)
    kind = "Test image" if split == "test" else "Training image"
    detail = f"{kind} {formats.count(index)}, 28 × 28 grey pixels from 0 to 255."
    return Choice(images[index], data.class_names[labels[index]], detail)


def _open_any(data: Dataset) -> None:
    """A test image, as the model has not been trained on it."""
    url.write(split="test", index=random.randrange(len(data.test_images)), drawing=None)
    st.rerun()


def _open_own() -> None:
    url.write(split=None, index=None)
