"""All trials of a sweep as a table; a click on one leads to its runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from fmnist import formats
from fmnist.sweeps.results import Results, Trial
from fmnist.sweeps.sweep import SweepState
from pages._runs.words import name_setting
from pages._shared import url
from pages._sweeps import words


def render(state: SweepState, found: Results) -> None:
    st.markdown("**Trials**")
    rows = [_row(trial, state.is_live) for trial in found.trials]
    chosen = st.dataframe(
        rows,
        hide_index=True,
        key=f"sweep_table_{state.sweep_id}",
        on_select="rerun",
        selection_mode="single-row",
        height="auto" if len(rows) < 12 else 420,
    )
    places = chosen.selection.rows if chosen else []
    if not places or places[0] >= len(found.trials):
        st.caption("Select a trial to see its runs. The test accuracy chooses nothing.")
        return
    _render_runs(found.trials[places[0]])


def _row(trial: Trial, is_live: bool) -> dict[str, Any]:
    settings = {
        name_setting(name): words.describe_value(text) for name, text in trial.settings.items()
    }
    return {
        "Trial": trial.number + 1,
        "Status": words.describe_state(trial, is_live=is_live),
        **settings,
        "Validation": _mean(trial.val_accuracy, trial.val_deviation),
        "Test": _mean(trial.test_accuracy, trial.test_deviation),
        "Epochs": trial.epochs,
        "Time": formats.duration(trial.seconds),
    }


def _mean(value: float | None, deviation: float | None) -> str:
    text = formats.percent(value)
    return f"{text} ± {100 * deviation:.1f}" if deviation is not None else text


def _render_runs(trial: Trial) -> None:
    run_ids: Sequence[str] = trial.run_ids
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Runs of trial {trial.number + 1}:", width="content")
        for run_id in run_ids:
            st.page_link(
                "pages/runs.py",
                label=run_id,
                icon=":material/list_alt:",
                query_params=url.link(run=run_id, find=run_id),
                width="content",
            )
        if not run_ids:
            st.caption("deleted", width="content")
