"""The prediction before the start, which stays as it is afterwards."""

from __future__ import annotations

import streamlit as st

from fmnist.classroom import attempts
from fmnist.classroom.experiments import Choice, Experiment, Slider
from fmnist.data.dataset import CLASS_NAMES, Dataset
from fmnist.plain_text import markdown
from fmnist.runs.store import Run
from pages._experiments.cards import describe_time
from pages._shared.role import most_waiting, session_id


def render(experiment: Experiment, data: Dataset, everything: list[Run]) -> None:
    """The question to the person, and Start."""
    if experiment.measure == "mirrored shoes" and data.class_names != CLASS_NAMES:
        st.info("This is about the shoes of Fashion-MNIST; the data here has other classes.")
        return
    with st.container(border=True):
        st.markdown("**:material/psychology: Your prediction**")
        guess = _ask(experiment)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Start the experiment",
                type="primary",
                icon=":material/play_arrow:",
                key="experiment_start",
                disabled=guess is None,
                on_click=start,
                args=(experiment, data, guess),
            )
            st.caption(describe_time(experiment, data, everything), width="content")
        st.caption("Once it has started, the prediction stays as it is.")


def _ask(experiment: Experiment) -> float | str | None:
    form, key = experiment.guess, f"experiment_guess_{experiment.name}"
    if isinstance(form, Choice):
        return st.radio(
            form.question, list(form.options), format_func=form.options.get, index=None, key=key
        )
    decimals = 1 if form.step < 1 else 0
    return st.slider(
        form.question,
        form.low,
        form.high,
        form.start,
        form.step,
        format=f"%+.{decimals}f points" if form.low < 0 else f"%.{decimals}f of 100",
        key=key,
    )


def start(experiment: Experiment, data: Dataset, guess: float | str) -> None:
    """Keep the guess and queue what is missing; a toast says why that is impossible."""
    try:
        attempts.start(experiment, data.slug, data.fingerprint, session_id(), guess, most_waiting())
    except ValueError as error:
        st.toast(markdown(error), icon=":material/error:", duration="long")


def render_made(experiment: Experiment, guess: float | str) -> None:
    """What was predicted, in a line."""
    st.markdown(
        f":material/psychology: {experiment.guess.question} "
        f"**Your prediction: {describe(experiment, guess)}.**"
    )


def describe(experiment: Experiment, guess: float | str) -> str:
    """In words, with its unit."""
    form = experiment.guess
    if isinstance(form, Choice):
        return form.options[str(guess)]
    return describe_number(form, float(guess))


def describe_number(form: Slider, number: float) -> str:
    """What a slider asks for: "+0.5 points" or "63 of 100"."""
    if form.low < 0:
        return f"{number:+.1f} points".replace("-", "\N{MINUS SIGN}")
    return f"{number:.0f} of 100"
