"""The selected runs side by side: their settings, and of two runs every image they differ on."""

from __future__ import annotations

import streamlit as st

from fmnist.config import FIELDS
from fmnist.plain_text import markdown
from fmnist.runs import outputs
from fmnist.runs.listing import group_over_seeds
from fmnist.runs.store import Run
from fmnist.runs.tables import (
    Summary,
    describe_datasets,
    differing_settings,
    summarise,
    used_different_data,
)
from pages._runs import two_models
from pages._runs.words import name_setting, name_value
from pages._shared.data import dataset_if_here

_MOST_IN_TABLE = 10


def render_comparison(chosen: list[Run], titles: list[str], everything: list[Summary]) -> None:
    """What differs between two runs or more; a warning where they were trained on different data.

    titles: short ones, no two of which are the same. everything: all runs, in which repeats with
    other seeds are looked for.
    """
    if used_different_data([run for run in chosen if not run.damaged]):
        names = ", ".join(dict.fromkeys(describe_datasets(chosen)))
        st.warning(
            f"These runs were trained on different data ({markdown(names)}): neither their "
            "accuracies nor their losses say which network is better.",
            icon=":material/difference:",
        )
    _render_settings(chosen[:_MOST_IN_TABLE], titles)
    if len(chosen) == 2:
        _render_two(chosen, titles, everything)
    elif len(chosen) > 2:
        st.caption("Select exactly two runs to see which images they differ on.")


def _render_settings(chosen: list[Run], titles: list[str]) -> None:
    """Plain names in rows, runs in columns; of runs trained here by a config of their own."""
    trained = [
        (run.config, title, summary)
        for run, title, summary in zip(chosen, titles, summarise(chosen), strict=False)
        if summary.config
    ]
    if len(trained) < 2:
        return
    names = differing_settings([summary for *_, summary in trained])
    if not names:
        st.markdown("**Settings:** the same in all of them.")
        return
    st.markdown("**Settings that differ**")
    st.table(
        {
            "": [name_setting(name) for name in FIELDS if name in names],
            **{
                markdown(title): [
                    markdown(name_value(getattr(config, name))) for name in FIELDS if name in names
                ]
                for config, title, _ in trained
            },
        }
    )


def _render_two(chosen: list[Run], titles: list[str], everything: list[Summary]) -> None:
    """The older against the newer, by what they predict for the same test images."""
    if not all(run.has_scores for run in chosen):
        st.caption("Two finished runs can be compared image by image; here one has no scores.")
        return
    seen = {outputs.read_fingerprint(run) for run in chosen} - {""}  # some runs do not say
    if len(seen) > 1:
        return  # the warning has said why
    data = dataset_if_here()
    if data is None or not seen <= {data.fingerprint}:
        st.caption(
            "Choose the dataset that these runs were trained on in Browse to compare them image by "
            "image."
        )
        return
    second, first = zip(chosen, titles, strict=True)  # the newer run is listed first
    two_models.render_difference(first, second, data, group_over_seeds(everything))
