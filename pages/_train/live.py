"""One run, watched: its progress, numbers and curves while it trains, its outcome afterwards.

The same rows in the same places in every state, so that nothing jumps when a run moves on.
"""

from __future__ import annotations

import functools
from collections.abc import Hashable

import streamlit as st

from fmnist import formats
from fmnist.figures.live import Before
from fmnist.pace import Pace
from fmnist.plain_text import markdown
from fmnist.runs import outputs, progress, store
from fmnist.runs.store import Run
from pages._shared import looks
from pages._train import live_states, recipe
from pages._train.live_curves import read_before, render_curves
from pages._train.start import render_shared
from pages._train.start_again import render_start_again
from pages._train.stop import render_problem, render_stop

# Seconds between two looks. A place in the queue changes seldom; a damaged run may only have been
# met while a file of it was being replaced.
TICKS = {"running": 0.5, "queued": 1.0, "damaged": 3.0}
_PACES = {state: Pace(seconds, most=36.0) for state, seconds in TICKS.items()}
_BADGES = {
    "queued": ("Waiting", ":material/hourglass_top:", "gray"),
    "running": ("Training", ":material/model_training:", "blue"),
    "completed": ("Finished", ":material/check_circle:", "green"),
    "stopped": ("Stopped", ":material/stop_circle:", "orange"),
    "failed": ("Failed", ":material/error:", "red"),
    "silent": ("Not responding", ":material/heart_broken:", "orange"),
}


def render_live(run: Run) -> None:
    """Draw a run in whatever state it is; a live one is kept up to date without a reload."""
    state = _state(run)
    render_shared(run.run_id)
    before = None if run.damaged or run.imported_model else read_before(run)
    if state not in TICKS:
        _render(run, before)
        return
    if not (run.damaged or run.imported_model):
        _render_head(run)
    look = functools.partial(_tick, run.run_id, _drawn(run), before, [run])
    looks.render_ticking(look, _PACES[state])


def _state(run: Run) -> str:
    return "damaged" if run.damaged else run.status.status


def _drawn(run: Run) -> Hashable:
    """What is to be seen of a run beside its numbers and curves."""
    return _state(run), run.title, run.is_silent, store.is_stop_requested(run.run_dir)


def render_nothing_yet(everything: list[Run]) -> None:
    """What will be seen here, and the last finished runs to look at meanwhile."""
    with st.container(border=True):
        st.markdown("##### :material/show_chart: Your training will appear here")
        st.markdown(
            "Choose the settings, then **Start training**. Accuracy and loss appear here as it "
            "learns. Training continues in the background, even if you close this page."
        )
    finished = [
        run
        for run in everything
        if run.status.status == "completed" and not (run.damaged or run.imported_model)
    ]
    for run in finished[:3]:
        accuracy = formats.percent(outputs.read_results(run).get("test_accuracy"))
        where = "stand-in" if run.trained_on_standin else "test set"
        label = f"{markdown(run.title)} · {accuracy} on the {where}"
        live_states.render_link("train", label, ":material/history:", run)


def _tick(run_id: str, drawn: Hashable, before: Before | None, just_read: list[Run]) -> None:
    """One look. Anything but more of the same is a matter for the whole page.

    before: curves that lie behind this run's. just_read: the run, for the first look; later ones
    find it taken and read the run again.
    """
    try:
        run = just_read.pop() if just_read else looks.load_run(run_id)
    except store.RunNotFound:
        st.rerun()
    if _drawn(run) != drawn:
        st.rerun()
    if run.damaged or run.imported_model:
        _render(run, before)
    else:
        _render_below_head(run, before)


def _render(run: Run, before: Before | None) -> None:
    if run.damaged:
        st.error(
            markdown(f"{run.title} is damaged: {run.damaged}."), icon=":material/broken_image:"
        )
        return
    if run.imported_model:
        st.info(
            f"“{markdown(run.title)}” was trained elsewhere and imported from a file, so there are "
            "no curves.",
            icon=":material/upload_file:",
        )
        live_states.render_link("runs", "See the run", ":material/list_alt:", run)
        return
    _render_head(run)
    _render_below_head(run, before)


def _render_below_head(run: Run, before: Before | None) -> None:
    curves = progress.read_curves(run)
    if run.fine_tuned:
        st.caption(f":material/school: {run.fine_tuned.explanation}")
    live_states.render(run, curves)
    is_bare = curves.batches.empty and curves.history.empty
    is_offered_first = run.status.status == "failed" or (is_bare and not run.is_live)
    if is_offered_first:
        render_start_again(run)
    if is_bare and run.status.status != "running":
        return
    render_curves(run, curves, before)
    # Not where Stop was: a hasty click would start one more.
    if run.has_scores and not is_offered_first:
        render_start_again(run)
    recipe.render_published_comparison(run)


def _render_head(run: Run) -> None:
    label, icon, colour = _BADGES["silent" if run.is_silent else run.status.status]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(markdown(run.title), anchor=False, width="content")
        st.badge(label, icon=icon, color=colour)
        if run.trained_on_standin:
            st.badge("Stand-in data", icon=":material/auto_awesome:", color="violet")
        st.space("stretch")
        if run.is_live:
            render_stop(run)
    render_problem()
