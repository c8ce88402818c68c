"""An experiment under way: how much is trained, what trains now, and a way on where one failed."""

from __future__ import annotations

import streamlit as st

from fmnist import formats
from fmnist.classroom import attempts
from fmnist.classroom.attempts import Attempt, Progress
from fmnist.classroom.experiments import Experiment
from fmnist.data.dataset import Dataset
from fmnist.pace import Pace
from fmnist.plain_text import markdown
from fmnist.runs.store import Run
from pages._experiments.prediction import start
from pages._experiments.seconds import estimate_left
from pages._shared import looks, url

_PACE = Pace(usual=1.0, most=15.0)
_STATES = {
    "queued": (":material/hourglass_top:", "waiting"),
    "running": (":material/model_training:", "training"),
    "completed": (":material/check_circle:", ""),
    "stopped": (":material/stop_circle:", "stopped"),
    "failed": (":material/error:", "failed"),
}


def render(experiment: Experiment, attempt: Attempt, data: Dataset) -> None:
    looks.render_ticking(lambda: _look(experiment, attempt, data), _PACE)


def _look(experiment: Experiment, attempt: Attempt, data: Dataset) -> None:
    """One look; the whole page follows when all is trained."""
    found = attempts.look(experiment, attempt)
    if found.finished == len(found.runs):
        st.rerun()
    left = f" · about {formats.rough_duration(estimate_left(found, data))} left"
    st.progress(found.done, markdown(_describe(found)) + (left if found.waits else ""))
    if not found.waits:
        st.warning(
            "Some of its trainings were stopped, have failed or were deleted.",
            icon=":material/error:",
        )
        st.button(
            "Train what is missing",
            icon=":material/replay:",
            key="experiment_again",
            on_click=start,
            args=(experiment, data, attempt.guess),
        )
    for place, arm in enumerate(experiment.arms):
        runs = found.runs[place * experiment.seeds : (place + 1) * experiment.seeds]
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{arm.label}**", width=160)
            for seed, run in enumerate(runs):
                _render_run(seed, run)
    st.caption("It goes on in the background, even if you close this page.")


def _describe(found: Progress) -> str:
    words = f"{found.finished} of {len(found.runs)} trained"
    run = found.running
    if run is None:
        return f"{words} · waiting for a place in the queue" if found.waits else words
    if run.status.message == "scoring":
        return f"{words} · scoring “{run.title}”"
    return f"{words} · “{run.title}”, epoch {(run.status.epoch or 0) + 1} of {run.config.epochs}"


def _render_run(seed: int, run: Run | None) -> None:
    if run is None:
        st.caption(f"seed {seed}: deleted", width="content")
        return
    icon, word = _STATES[run.status.status]
    st.page_link(
        "pages/train.py",
        label=f"seed {seed}{f': {word}' if word else ''}",
        icon=icon,
        query_params=url.link(run=run.run_id),
        width="content",
    )
