"""The training or fine-tuning under way, in the sidebar of every page."""

from __future__ import annotations

import contextlib

import streamlit as st

from fmnist import formats
from fmnist.plain_text import markdown
from fmnist.runs import progress, queue, store
from fmnist.runs.fine_tuned_record import stage_fraction
from fmnist.runs.store import Run
from pages._shared import url

TICK = 2.0  # seconds
# Pages that show what a finished training changes; elsewhere nobody is interrupted.
_FOLLOWING_PAGES = ("train", "runs", "evaluate")
_KEY = "live_strip"

# A ticking fragment cannot end its own ticks, and only a widget's callback may rerun the fragment
# around it, which ends them: so the browser answers the last tick with a trigger.
_ask_for_rerun = st.components.v2.component(
    "fmnist_live_strip_over",
    html="<span></span>",
    js='export default ({ setTriggerValue }) => { setTriggerValue("over", true); };',
)


def render() -> None:
    """Name, epoch, validation accuracy and time left of what trains; nothing while nothing does."""
    live = _keep_live_runs_moving()
    if live:
        st.session_state["strip_followed"] = [run.run_id for run in live]
        with st.sidebar:
            st.fragment(_strip, key=_KEY)([live])


def _keep_live_runs_moving() -> list[Run]:
    live = [run for run in store.list_runs() if run.is_live and not run.imported_model]
    with contextlib.suppress(store.RunsFolderError):  # the Train page says so
        queue.keep_moving(live)
    return live


def _strip(just_read: list[list[Run]]) -> None:
    """Ticks while something trains; without its ticking part, Streamlit ends the ticks.

    just_read: the live runs, for whoever looks first; later looks find them taken and read again.
    """
    live = just_read.pop() if just_read else _keep_live_runs_moving()
    if live:
        st.fragment(_tick, run_every=TICK)([live])
    else:
        _render_finished()


def _tick(just_read: list[list[Run]]) -> None:
    live = just_read.pop() if just_read else _keep_live_runs_moving()
    followed = st.session_state["strip_followed"]
    has_ended = not {run.run_id for run in live}.issuperset(followed)
    page = (st.context.url or "").rstrip("/").rsplit("/", 1)[-1]
    if has_ended and page in _FOLLOWING_PAGES:
        st.rerun()
    active = [run for run in live if run.fine_tuned or run.status.status == "running"]
    for run in active:
        (_render_fine_tuning if run.fine_tuned else _render_training)(run)
    waiting = len(live) - len(active)
    if waiting:
        st.caption(f":material/hourglass_top: {waiting} waiting in the queue")
    if not live:
        _render_finished()
        _ask_for_rerun(key="strip_over", on_over_change=_rerun_strip)


def _rerun_strip() -> None:
    st.rerun(_KEY)


def _render_finished() -> None:
    try:
        run = store.load_run(st.session_state["strip_followed"][0])
    except store.RunNotFound:  # deleted meanwhile
        return
    how = "failed" if run.status.status == "failed" else "finished"
    st.markdown(f"**{'Fine-tuning' if run.fine_tuned else 'Training'} {how}**")
    _render_link(run, "See how it went")


def _render_fine_tuning(run: Run) -> None:
    st.progress(stage_fraction(run.status.message), "**Fine-tuning on drawings**")
    _render_link(run, "Watch")


def _render_training(run: Run) -> None:
    curves = progress.read_curves(run)
    accuracy = progress.latest(curves).get("val_accuracy")
    st.progress(progress.fraction_done(run.status), f"**{markdown(run.title)}**")
    if run.is_silent:
        st.caption(f":material/heart_broken: {progress.describe_silence(run)}")
        _render_link(run, "See what to do")
        return
    st.caption(
        " · ".join(
            [
                f"epoch {(run.status.epoch or 0) + 1} of {run.status.epochs}",
                *([f"val {formats.percent(accuracy)}"] if accuracy is not None else []),
                *(["stand-in data"] if run.trained_on_standin else []),
                *_time_left(run, curves),
            ]
        )
    )
    _render_link(run, "Watch")


def _time_left(run: Run, curves: progress.Curves) -> list[str]:
    seconds = progress.seconds_left(run, curves.history)
    # Without a place to break a line, or "left" alone would often stand on the next.
    return [] if seconds is None else [f"{formats.duration(seconds)} left".replace(" ", "\xa0")]


def _render_link(run: Run, label: str) -> None:
    st.page_link(
        "pages/draw.py" if run.fine_tuned else "pages/train.py",
        label=label,
        icon=":material/school:" if run.fine_tuned else ":material/monitoring:",
        query_params=None if run.fine_tuned else url.link(run=run.run_id),
    )
