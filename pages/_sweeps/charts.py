"""A sweep's figures: the trials, the importance of each setting, parallel coordinates."""

from __future__ import annotations

import streamlit as st

from fmnist.sweeps.columns import list_scales, list_scored
from fmnist.sweeps.results import Results
from fmnist.sweeps.sweep import Sweep, SweepState
from pages._runs.words import name_setting
from pages._sweeps import words

_QUIET = {"displayModeBar": False}


def render_trials(state: SweepState, found: Results) -> None:
    from fmnist.figures.sweeps import TrialDot, plot_trials

    dots = [
        TrialDot(
            trial.number + 1,
            trial.state,
            trial.val_accuracy,
            trial.val_deviation,
            words.describe_settings(trial.settings),
        )
        for trial in list_scored(found.trials)
        if trial.is_over or state.is_live
    ]
    if not dots:
        return
    best = [
        (trial.number + 1, value)
        for trial, value in zip(found.trials, found.best_so_far(), strict=True)
        if value is not None
    ]
    st.markdown("**Validation accuracy of each trial**")
    if len(state.sweep.seeds) > 1:
        st.caption(f"Mean of {len(state.sweep.seeds)} seeds; bars show ± one standard deviation.")
    st.plotly_chart(
        plot_trials(dots, best),
        key="sweep_trials",
        config=_QUIET,
        alt="Validation accuracy of each trial, in the order they began, and the best so far",
    )


def render_comparison(sweep: Sweep, found: Results) -> None:
    """Side by side, once there are trials to compare."""
    scored = list_scored(found.trials)
    if len(scored) < 2:
        return
    from fmnist.figures.sweeps import plot_importance, plot_parallel

    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.markdown("**Each trial as a line**")
        st.plotly_chart(
            plot_parallel(
                [
                    (name_setting(scale.name), scale.positions, scale.ticks, scale.texts)
                    for scale in list_scales(sweep, scored)
                ],
                [trial.val_accuracy or 0.0 for trial in scored],
            ),
            key="sweep_parallel",
            config=_QUIET,
            alt="Parallel coordinates: the settings of each trial and its validation accuracy",
        )
        st.caption("Drag along a scale to pick out the lines through it; click it to undo.")
    with right:
        st.markdown("**Importance of each setting**")
        if not found.importance:
            st.caption(
                "One setting alone explains everything."
                if len(sweep.axes) == 1
                else "Told after four finished trials."
            )
            return
        st.plotly_chart(
            plot_importance(
                [(name_setting(name), share) for name, share in found.importance.items()]
            ),
            key="sweep_importance",
            config=_QUIET,
            alt="How much of the differences between trials each setting explains",
        )
        st.caption("By functional ANOVA over the finished trials.")
