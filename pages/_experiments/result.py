"""What was predicted beside what happened, and why."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist import formats
from fmnist.classroom.attempts import Attempt, Progress
from fmnist.classroom.experiments import Experiment, Slider, find_next
from fmnist.classroom.measured import Outcome, find_shoes, measure
from fmnist.classroom.reasons import explain
from fmnist.data.dataset import Dataset
from fmnist.engine.client import EngineError
from fmnist.engine.rescore import predict_mirrored
from fmnist.plain_text import markdown
from fmnist.runs.store import Run
from pages._experiments.prediction import describe, describe_number
from pages._shared import engine, url

_NBSP = "\N{NO-BREAK SPACE}"


def render(experiment: Experiment, attempt: Attempt, found: Progress, data: Dataset) -> None:
    runs = [run for run in found.runs if run]
    try:
        mirrored = _ask_engine(runs, data) if experiment.measure == "mirrored shoes" else None
        outcome = measure(experiment, runs, data, mirrored)
        reasons = explain(outcome)
    except (ValueError, EngineError) as error:
        st.error(f"This cannot be scored: {markdown(error)}", icon=":material/broken_image:")
        return
    st.subheader(_verdict(outcome, attempt.guess), anchor=False)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _render_chart(outcome, attempt.guess)
    with right:
        _render_numbers(outcome, attempt.guess)
    st.markdown(f"**Why?** {reasons[0]} {reasons[1]}")
    _render_links(experiment, runs)


def _ask_engine(runs: list[Run], data: Dataset) -> list[np.ndarray]:
    """Each run's probabilities for the mirrored shoes, computed once."""
    shoes = find_shoes(data)
    with st.spinner("Showing the mirrored shoes to each network …"):
        return [predict_mirrored(run, data, shoes, engine.get()) for run in runs]


def _verdict(outcome: Outcome, guess: float | str) -> str:
    form, answer = outcome.experiment.guess, outcome.answer
    if not isinstance(form, Slider):
        return "You were right." if guess == answer else "It came out differently."
    low, high = (100 * edge for edge in outcome.asked.interval)
    off = abs(float(guess) - float(answer))
    if low <= float(guess) <= high:
        return "You were right: your guess lies within what was measured."
    unit = "points" if form.low < 0 else "of 100 shoes"
    return f"Your guess was {off:.1f} {unit} too {'high' if float(guess) > high else 'low'}."


def _render_chart(outcome: Outcome, guess: float | str) -> None:
    from fmnist.figures.classroom import ArmPoints, plot_arms

    form, about_shoes = outcome.experiment.guess, outcome.plain is not None
    points = []
    for place, arm in enumerate(outcome.experiment.arms):
        mean = outcome.repeats.estimate(place)
        expected = None
        if isinstance(form, Slider) and place == (0 if about_shoes else 1):
            before = 0.0 if about_shoes else outcome.repeats.estimate(0).value
            expected = before + float(guess) / 100
        accuracies = outcome.repeats.accuracies(place).tolist()
        points.append(ArmPoints(arm.label, accuracies, mean.value, mean.interval, expected))
    title = "Accuracy on mirrored shoes (%)" if about_shoes else "Test accuracy (%)"
    st.plotly_chart(
        plot_arms(points, title),
        key="experiment_chart",
        config={"displayModeBar": False},
        alt=f"{title} of each network: every run, the mean and its interval, and the prediction",
    )


def _render_numbers(outcome: Outcome, guess: float | str) -> None:
    experiment = outcome.experiment
    rows = []
    for place, arm in enumerate(experiment.arms):
        mean = outcome.repeats.estimate(place)
        low, high = (f"{100 * edge:.1f}" for edge in mean.interval)
        row = {"Network": arm.label, "Accuracy": f"{formats.percent(mean.value)} ({low}–{high})"}
        if outcome.plain:
            row["Accuracy"], row["Mirrored"] = (
                formats.percent(outcome.plain.estimate(place).value),
                row["Accuracy"],
            )
        rows.append(row)
    st.table(rows)
    is_choice = len(experiment.arms) > 2
    change = outcome.lead if is_choice else outcome.change
    low, high = map(formats.points, change.interval)
    what = "Best against second" if is_choice else "Difference"
    st.markdown(
        f"You: **{describe(experiment, guess)}**  \nMeasured: **{_measured(outcome)}**  \n"
        f"{what}: {formats.points(change.value)} points (95{_NBSP}% interval {low} to {high}), "
        f"**{'within' if change.is_noise else 'beyond'} noise**."
    )
    st.caption(
        f"{experiment.seeds} seeds each. The intervals count the chance in the seeds (standard "
        f"deviation {100 * outcome.repeats.deviation:.2f} points) and in the test images. As all "
        "networks are shown the same images, a difference can be real where intervals overlap."
    )


def _measured(outcome: Outcome) -> str:
    form, answer = outcome.experiment.guess, outcome.answer
    if isinstance(form, Slider):
        return describe_number(form, float(answer))
    return form.options[str(answer)]


def _render_links(experiment: Experiment, runs: list[Run]) -> None:
    firsts = [run.run_id for run in runs[:: experiment.seeds]]
    with st.container(horizontal=True):
        st.page_link(
            "pages/runs.py",
            label="Compare the first runs",
            icon=":material/list_alt:",
            query_params=url.link(runs=firsts),
        )
        following = find_next(experiment)
        st.page_link(
            "pages/experiments.py",
            label=f"Next: {markdown(following.title)}",
            icon=":material/arrow_forward:",
            query_params=url.link(experiment=following.name),
        )
