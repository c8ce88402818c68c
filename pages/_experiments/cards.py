"""The six experiments side by side, and the head of one of them."""

from __future__ import annotations

import streamlit as st

from fmnist import formats
from fmnist.classroom import attempts
from fmnist.classroom.experiments import EXPERIMENTS, Experiment
from fmnist.data.dataset import Dataset
from fmnist.plain_text import markdown
from fmnist.runs.store import Run
from pages._experiments.seconds import estimate_missing
from pages._shared import dataset_choice, standin, url
from pages._shared.role import session_id


def render(data: Dataset, everything: list[Run]) -> None:
    """everything: all runs."""
    st.title("Experiments", anchor=False)
    st.markdown(
        "Change one thing about a network, predict what that does, then see. Each trains small "
        f"networks with several seeds{dataset_choice.name_choice()}; what others have trained is "
        "not trained again."
    )
    standin.render_banner()
    names = list(EXPERIMENTS.values())
    for row in (names[:3], names[3:]):
        for column, experiment in zip(st.columns(3, gap="small"), row, strict=True):
            with column, st.container(border=True, height="stretch", gap="xsmall"):
                _render_card(experiment, data, everything)


def _render_card(experiment: Experiment, data: Dataset, everything: list[Run]) -> None:
    st.page_link(
        "pages/experiments.py",
        label=f"**{markdown(experiment.title)}**",
        icon=f":material/{experiment.icon}:",
        query_params=url.link(experiment=experiment.name),
    )
    st.markdown(experiment.question)
    attempt = attempts.read_attempt(experiment, data.slug, session_id())
    if attempt is None:
        st.caption(describe_time(experiment, data, everything))
        return
    found = attempts.look(experiment, attempt)
    if found.finished == len(found.runs):
        st.caption(":material/check_circle: Finished: see your guess beside it")
    else:
        st.caption(f":material/model_training: {found.finished} of {len(found.runs)} trained")


def describe_time(experiment: Experiment, data: Dataset, everything: list[Run]) -> str:
    """E.g. "About 2 min: 6 short trainings"."""
    count, seconds = estimate_missing(experiment, data, everything)
    if not count:
        return ":material/bolt: Everything is trained already"
    trainings = "1 short training" if count == 1 else f"{count} short trainings"
    return f":material/timer: About {formats.rough_duration(seconds)}: {trainings}"


def render_head(experiment: Experiment) -> None:
    """Its title and question, and the way back to all of them."""
    st.page_link(
        "pages/experiments.py",
        label="All experiments",
        icon=":material/arrow_back:",
        query_params=url.link(),
    )
    st.title(markdown(experiment.title), anchor=False)
    st.markdown(f"**{experiment.question}** {experiment.setup}")
