"""The training or fine-tuning under way, in the sidebar of every page."""

from __future__ import annotations

import contextlib
import functools

import streamlit as st

from fmnist import formats
from fmnist.pace import Pace
from fmnist.plain_text import markdown
from fmnist.runs import progress, queue, store
from fmnist.runs.fine_tuned_record import stage_fraction
from fmnist.runs.store import Run
from fmnist.sweeps import driving
from pages._shared import announcement, looks

TICK = 2.0  # seconds between two looks, while few look
_PACE = Pace(TICK, most=6.0)
_NO_BREAK = "\N{NO-BREAK SPACE}"
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


def render(everything: list[Run]) -> None:
    """What has ended, then name, epoch, validation accuracy and time left of what trains.

    everything: all runs, as just read.
    """
    live = _keep_moving(everything)
    announcement.follow(live)
    if live or announcement.is_due():
        with st.sidebar:
            st.fragment(_strip, key=_KEY)([live])


def _keep_moving(everything: list[Run]) -> list[Run]:
    """The live ones, of which the first in the queue starts where there is room; sweeps go on."""
    live = [run for run in everything if run.is_live and not run.imported_model]
    with contextlib.suppress(store.RunsFolderError):  # the Train page says so
        queue.keep_moving(live)
    driving.keep_driving()
    return live


def _strip(just_read: list[list[Run]]) -> None:
    """Ticks while something trains; without its ticking part, Streamlit ends the ticks.

    just_read: the live runs, for whoever looks first; later looks find them taken and read again.
    """
    live = just_read.pop() if just_read else _keep_moving(looks.list_runs())
    announcement.follow(live)
    announcement.render()
    if live:
        looks.render_ticking(functools.partial(_tick, [live]), _PACE)


def _tick(just_read: list[list[Run]]) -> None:
    live = just_read.pop() if just_read else _keep_moving(looks.list_runs())
    page = (st.context.url or "").rstrip("/").rsplit("/", 1)[-1]
    if announcement.has_ended(live):
        if page in _FOLLOWING_PAGES:
            st.rerun()
        _ask_for_rerun(key="strip_over", on_over_change=_rerun_strip)
    active = [run for run in live if run.fine_tuned or run.status.status == "running"]
    for run in active:
        (_render_fine_tuning if run.fine_tuned else _render_training)(run)
    waiting = len(live) - len(active)
    if waiting:
        st.caption(f":material/hourglass_top: {waiting} waiting in the queue")


def _rerun_strip() -> None:
    st.rerun(_KEY)


def _render_fine_tuning(run: Run) -> None:
    st.progress(stage_fraction(run.status.message), "**Fine-tuning on drawings**")
    announcement.render_link(run, "Watch")


def _render_training(run: Run) -> None:
    curves = progress.read_curves(run)
    accuracy = progress.latest(curves).get("val_accuracy")
    st.progress(progress.fraction_done(run.status), f"**{markdown(run.title)}**")
    if run.is_silent:
        st.caption(f":material/heart_broken: {progress.describe_silence(run)}")
        announcement.render_link(run, "See what to do")
        return
    parts = [
        f"epoch {(run.status.epoch or 0) + 1} of {run.status.epochs}",
        *([f"val {formats.percent(accuracy)}"] if accuracy is not None else []),
        *(["stand-in data"] if run.trained_on_standin else []),
        *_time_left(run, curves),
    ]
    # A line ends between two of them only: each says little when torn apart.
    st.caption(
        " ".join(f"{part} ·".replace(" ", _NO_BREAK) for part in parts).rstrip("·" + _NO_BREAK)
    )
    announcement.render_link(run, "Watch")


def _time_left(run: Run, curves: progress.Curves) -> list[str]:
    seconds = progress.seconds_left(run, curves.history)
    return [] if seconds is None else [f"{formats.duration(seconds)} left"]
