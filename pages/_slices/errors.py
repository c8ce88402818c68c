"""Slices of the test images with significantly more errors, and the images of the one chosen."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist import formats
from fmnist.data.dataset import Dataset
from fmnist.evaluation.evaluate import Evaluation
from fmnist.plain_text import markdown
from fmnist.runs.store import Run
from pages._evaluate.linked_grid import render_pages
from pages._shared import url

_MOST_LISTED = 15


def render(run: Run, data: Dataset, evaluation: Evaluation) -> None:
    found = _find(evaluation.probabilities, data.fingerprint, run, data, evaluation)
    names = data.class_names
    label = st.selectbox(
        "Class",
        range(len(names)),
        index=None,
        format_func=names.__getitem__,
        placeholder="The worst of each class",
        width=260,
        **url.bind("true", "slice", "page"),
    )
    listed = found.worst_of_each if label is None else found.of(label)
    if not listed:
        _render_none(found.tested, label is not None)
        return
    wanted = url.read("slice")
    chosen = found.find(wanted) if wanted else listed[0]
    if chosen is None:
        st.info("The weak spot in the address is none of this model's.", icon=":material/link_off:")
        chosen = listed[0]
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _render_list(listed[:_MOST_LISTED], chosen.name, names)
        st.caption(
            f"{formats.count(found.tested)} comparisons by Fisher's exact test (one-sided): images "
            "of the lowest or highest third of their class in one or two attributes, against the "
            "rest of the class. Of those listed, 5\N{NO-BREAK SPACE}% at most are expected to be "
            "chance (Benjamini and Hochberg)."
        )
    with right:
        _render_chosen(chosen, evaluation, data.test_images)


@st.cache_data(show_spinner="Measuring the test images …", max_entries=20)
def _find(
    probabilities: np.ndarray, fingerprint: str, _run: Run, _data: Dataset, _evaluation: Evaluation
):
    """The first two are the cache's key."""
    from fmnist.evaluation.derived import find_slices

    return find_slices(_run, _data, _evaluation)


def _render_none(tested: int, of_one_class: bool) -> None:
    if tested:
        where = "this class" if of_one_class else "any class"
        said = f"No slice of {where} has significantly more errors than the rest."
    else:
        said = "There are too few images: 30 in a slice and 30 besides are needed."
    st.info(said, icon=":material/check_circle:")


def _render_list(listed, chosen: str, names: tuple[str, ...]) -> None:
    """A button for each; the one shown is marked."""
    from fmnist.evaluation.slices import describe_slice

    with st.container(gap="xxsmall"):
        for one in listed:
            is_shown = one.name == chosen
            st.button(
                markdown(describe_slice(one, names)),
                key=f"slice_{one.name}",
                type="secondary" if is_shown else "tertiary",
                icon=":material/visibility:" if is_shown else ":material/arrow_forward:",
                on_click=url.write,
                kwargs={"slice": one.name, "page": None},
            )


def _render_chosen(one, evaluation: Evaluation, images: np.ndarray) -> None:
    from fmnist.evaluation.slices import describe_worst

    names = evaluation.class_names
    st.subheader(markdown(describe_worst(one, names)))
    low, high = one.interval
    chance = "under 0.001" if one.adjusted < 0.001 else f"{one.adjusted:.3f}"
    st.caption(
        f"{formats.count(one.errors)} errors; 95\N{NO-BREAK SPACE}% interval "
        f"{100 * low:.1f}–{formats.percent(high)}; adjusted p-value {chance}. "
        + ("; ".join(one.bounds) or "Each word as it is meant for the image's own class")
        + "."
    )
    with st.container(height=560, border=False):
        render_pages(evaluation, images, one.indices)
