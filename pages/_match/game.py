"""One image at a time, five answers, one step back; what was answered so far is the session's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from fmnist.data.dataset import Dataset
from fmnist.data.idx import SIDE
from fmnist.evaluation.match import CONTESTED
from fmnist.images import image_png
from fmnist.plain_text import markdown
from pages._shared import url

_SCALE = 9


def read_answers(key: str) -> list[int]:
    """Positions in `CONTESTED`, one for each image answered so far; changed in place."""
    return st.session_state.setdefault(f"match_{key}", [])


def render(
    data: Dataset,
    indices: np.ndarray,
    number: int,
    answer: Callable[[int], None],
    step_back: Callable[[], None],
) -> None:
    """Image `number`, from 0, to be answered. answer: is given the position in `CONTESTED`."""
    total = len(indices)
    st.progress(number / total, f"Image {number + 1} of {total}")
    left, right = st.columns([2, 3], gap="medium")
    left.image(
        image_png(data.test_images[indices[number]], scale=_SCALE),
        width=_SCALE * SIDE,
        alt=f"Image {number + 1} of {total}, to be named",
    )
    with right:
        st.markdown("**What is it?** Click, or press the key.")
        with st.container(gap="xsmall"):
            for place, label in enumerate(CONTESTED):
                st.button(
                    markdown(data.class_names[label]),
                    key=f"match_answer_{place}",
                    shortcut=str(place + 1),
                    width=240,
                    on_click=answer,
                    args=(place,),
                )
            st.button(
                "Back",
                icon=":material/undo:",
                type="tertiary",
                shortcut="Backspace",
                disabled=not number,
                on_click=step_back,
            )


def step_back(answers: list[int]) -> None:
    if answers:
        answers.pop()


def render_again(answers: list[int], seed: int) -> None:
    """Once more, or with other images."""
    with st.container(horizontal=True):
        st.button("Same images again", icon=":material/replay:", on_click=answers.clear)
        st.button(
            "Other images",
            icon=":material/shuffle:",
            on_click=url.write,
            kwargs={"seed": seed + 1},
        )
        st.button(
            "Change the last answer",
            icon=":material/undo:",
            type="tertiary",
            on_click=step_back,
            args=(answers,),
        )
