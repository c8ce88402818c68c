"""One sweep: how far it is, its best trial, its figures, all its trials."""

from __future__ import annotations

import streamlit as st

from fmnist import formats
from fmnist.plain_text import markdown
from fmnist.sweeps import driving
from fmnist.sweeps.results import Results, read_results
from fmnist.sweeps.sweep import SweepState, read_sweep
from pages._shared import url
from pages._sweeps import actions, charts, table, words

TICK = 2.0  # seconds between two looks while it runs


def render(state: SweepState) -> None:
    if state.damaged or state.sweep is None:
        st.error(
            markdown(f"This sweep is damaged: {state.damaged}"), icon=":material/broken_image:"
        )
        actions.render(state)
        return
    st.fragment(_render, run_every=TICK if state.is_live else None)(state, state.is_live)


def _render(state: SweepState, was_live: bool) -> None:
    driving.keep_driving()
    state = read_sweep(state.folder)
    if state.is_live != was_live or state.sweep is None:
        st.rerun()  # the whole page: it begins or ends to look again by itself, or this is deleted
    actions.render_problem()
    found = read_results(state.folder)
    _render_head(state, found)
    if not found.trials:
        if state.is_live:
            st.info("The first trial begins in a moment.", icon=":material/hourglass_top:")
        elif state.status.status == "stopped":
            st.info("It ended before a trial was finished.", icon=":material/stop_circle:")
        return
    _render_best(state, found)
    charts.render_trials(state, found)
    charts.render_comparison(state.sweep, found)
    table.render(state, found)


def _render_head(state: SweepState, found: Results) -> None:
    sweep = state.sweep
    word, icon, colour = words.STATUS[state.status.status]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(markdown(sweep.name), anchor=False, width="content")
        st.badge(word, icon=icon, color=colour)
        actions.render(state)
    parts = [
        words.METHODS[sweep.method],
        *(words.describe_axis(axis) for axis in sweep.axes),
        words.describe_size(sweep),
        *(["pruned by the median"] if sweep.prune else []),
        *([f"on {sweep.on}"] if sweep.on else []),
    ]
    st.caption(markdown(" · ".join(parts)))
    if state.status.status == "failed":
        st.error(markdown(state.status.message or "It failed."), icon=":material/error:")
    if state.is_live:
        _render_progress(state, found)


def _render_progress(state: SweepState, found: Results) -> None:
    most = state.sweep.most_trials()
    done = words.sum_over(found)
    text = words.describe_progress(state, found)
    if most and done and not state.is_stopping:
        left = found.seconds / done * (most - done)
        text += f" · about {formats.rough_duration(left)} left"
    st.progress(min(done / most, 1.0) if most else 0.0, markdown(text))


def _render_best(state: SweepState, found: Results) -> None:
    best = found.best
    if best is None:
        if not state.is_live:  # what went wrong is said there
            _render_links(state, ())
        return
    deviation = f" ± {100 * best.val_deviation:.1f}" if best.val_deviation is not None else ""
    columns = st.columns([2, 2, 3], vertical_alignment="top")
    columns[0].metric(
        "Best validation accuracy",
        f"{formats.percent(best.val_accuracy)}{deviation}",
        help="The only figure that chooses: the highest mean over the seeds of a finished trial.",
    )
    columns[1].metric(
        "Its test accuracy",
        formats.percent(best.test_accuracy),
        help="Told afterwards; it has chosen nothing. The highest test accuracy of all trials "
        "would be a choice by the test set, and too high.",
    )
    with columns[2]:
        st.markdown(
            f"Trial {best.number + 1}  \n**{markdown(words.describe_settings(best.settings))}**"
        )
        _render_links(state, best.run_ids)


def _render_links(state: SweepState, run_ids: tuple[str, ...]) -> None:
    with st.container(horizontal=True):
        if run_ids:
            st.page_link(
                "pages/evaluate.py",
                label="Evaluate it",
                icon=":material/query_stats:",
                query_params=url.link(model=run_ids[0]),
                width="content",
            )
        st.page_link(
            "pages/runs.py",
            label="All its runs",
            icon=":material/list_alt:",
            query_params=url.link(find=state.sweep_id),
            width="content",
        )
