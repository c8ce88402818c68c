"""The training under way, in the sidebar of every page."""

from __future__ import annotations

import streamlit as st

from fmnist import formats, progress, runs
from fmnist.runs import Run
from pages import _url

TICK = 2.0  # seconds
# Pages that show what a finished training changes; elsewhere nobody is interrupted.
_FOLLOWING_PAGES = ("train", "runs", "evaluate")


def render() -> None:
    """Name, epoch, validation accuracy and time left of what trains; nothing while nothing does."""
    live = [run for run in runs.list_runs() if run.is_live]
    if live:
        st.session_state["strip_followed"] = [run.run_id for run in live]
        with st.sidebar:
            st.fragment(_tick, run_every=TICK)()


def _tick() -> None:
    live = [run for run in runs.list_runs() if run.is_live]
    followed = st.session_state["strip_followed"]
    ended = [run_id for run_id in followed if run_id not in {run.run_id for run in live}]
    page = (st.context.url or "").rstrip("/").rsplit("/", 1)[-1]
    if ended and page in _FOLLOWING_PAGES:
        st.rerun()
    training = [run for run in live if run.status.status == "running"]
    for run in training:
        _render_training(run)
    waiting = len(live) - len(training)
    if waiting:
        st.caption(f":material/hourglass_top: {waiting} waiting in line")
    if not live:
        st.markdown("**Training finished**")
        _render_link(ended[0], "See how it went")


def _render_training(run: Run) -> None:
    curves = progress.read_curves(run)
    accuracy = progress.latest(curves).get("val_accuracy")
    st.progress(progress.share_done(run.status), f"**{run.title}**")
    st.caption(
        " · ".join(
            [
                f"epoch {(run.status.epoch or 0) + 1} of {run.status.epochs}",
                *([f"val {formats.percent(accuracy)}"] if accuracy is not None else []),
                *_time_left(run, curves),
            ]
        )
    )
    _render_link(run.run_id, "Watch")


def _time_left(run: Run, curves: progress.Curves) -> list[str]:
    seconds = progress.seconds_left(run, curves.history)
    return [] if seconds is None else [f"{formats.duration(seconds)} left"]


def _render_link(run_id: str, label: str) -> None:
    st.page_link(
        "pages/train.py",
        label=label,
        icon=":material/monitoring:",
        query_params=_url.link(run=run_id),
    )
