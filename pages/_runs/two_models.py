"""Two runs on the same test images: is the difference real, and which images make it?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from fmnist import formats
from fmnist.data.dataset import Dataset
from fmnist.evaluation.paired import PairedComparison
from fmnist.plain_text import markdown
from fmnist.runs.listing import Group
from fmnist.runs.seed_noise import describe_seed_noise, find_seed_noise
from fmnist.runs.store import Run
from fmnist.runs.tables import summarise
from pages._shared import url
from pages._shared.data import evaluate_run
from pages._shared.image_grid import render_grid

_IMAGES = 60  # shown of those that one alone gets right


def render_difference(
    first: tuple[Run, str], second: tuple[Run, str], data: Dataset, groups: Sequence[Group]
) -> None:
    """The second run against the first, both scored on `data`; each comes with its title.

    groups: all runs, grouped over seeds.
    """
    (first_run, first_title), (second_run, second_title) = first, second
    try:
        evaluations = evaluate_run(first_run, data), evaluate_run(second_run, data)
        from fmnist.evaluation.two_models import compare_models, describe_difference

        two = compare_models(*evaluations)
        said = describe_difference(two.paired, markdown(first_title), markdown(second_title))
    except ValueError as error:
        st.error(
            f"The scores of these runs cannot be compared: {markdown(error)}",
            icon=":material/broken_image:",
        )
        return
    noise = find_seed_noise(groups, summarise([first_run, second_run]))
    st.markdown(
        f"**Is the difference real?** {said} {describe_seed_noise(noise, two.paired.difference)}"
    )
    left, right = st.columns(2, gap="medium")
    with left:
        _render_recalls(two.by_class, data, first_title, second_title)
        _render_matrix(two.matrix_difference, data, first_title, second_title)
    with right:
        sides = {
            "first": (first_run, first_title, evaluations[1], two.only_first),
            "second": (second_run, second_title, evaluations[0], two.only_second),
        }
        side = st.radio(  # unlike a segmented control, it wraps long names
            "Images that only one gets right",
            sides,
            format_func=lambda name: (
                f"{markdown(sides[name][1])}: {formats.count(len(sides[name][3]))}"
            ),
            index=1,
            key="runs_only_right",
        )
        _render_images(*sides[side], data)


def _render_recalls(
    by_class: Sequence[PairedComparison | None], data: Dataset, first: str, second: str
) -> None:
    from fmnist.figures.runs import plot_recall_differences

    st.markdown(f"**Recall by class: {markdown(second)} less {markdown(first)}**")
    st.caption(
        "Lines are 95\N{NO-BREAK SPACE}% intervals; grey ones hold 0. With ten classes, chance "
        "alone colours at least one in two comparisons of five."
    )
    st.plotly_chart(
        plot_recall_differences(
            [one and (one.difference, *one.interval) for one in by_class], data.class_names
        ),
        key="runs_recall_differences",
        config={"displayModeBar": False},
        alt="How much higher the second model's recall is, by class, with intervals",
    )


def _render_matrix(difference: np.ndarray, data: Dataset, first: str, second: str) -> None:
    from fmnist.figures.runs import plot_matrix_difference

    st.markdown(f"**Confusion matrix: {markdown(second)} less {markdown(first)}**")
    st.caption("Blue: more right or fewer wrong. Orange: the other way round.")
    st.plotly_chart(
        plot_matrix_difference(difference, data.class_names, _text_colour()),
        key="runs_matrix_difference",
        config={"displayModeBar": False},
        alt="How many test images more or fewer fall into each cell of the confusion matrix",
    )


def _text_colour() -> str:
    """The theme's text colour: Streamlit's own for charts is a grey too faint for filled cells."""
    return st.get_option(f"theme.{st.context.theme.type or 'light'}.textColor")


def _render_images(run: Run, title: str, other, indices: np.ndarray, data: Dataset) -> None:
    """Images that `run` gets right; below each its class, and what the other model called it."""
    if not len(indices):
        st.caption(f"None: {markdown(title)} gets nothing right that the other gets wrong.")
        return
    shown = indices[:_IMAGES]
    names = data.class_names
    pairs = [(names[data.test_labels[i]], names[other.predictions[i]]) for i in shown]
    if len(shown) < len(indices):
        st.caption(f"The {len(shown)} that it is surest of.")
    with st.container(height=420, border=False):
        position = render_grid(
            data.test_images[shown],
            [f"{true}\nnot {wrong}" for true, wrong in pairs],
            alts=[
                f"Test image {index}: {true}, which the other model called {wrong}"
                for index, (true, wrong) in zip(shown, pairs, strict=True)
            ],
            key="runs_only_right_grid",
            label="Test images that only one of the two models gets right",
        )
    if position is not None:
        where = url.link(model=run.run_id, index=int(shown[position]))
        st.switch_page("pages/evaluate.py", query_params=where)
