"""A new sweep: where it starts from, what it varies, with which seeds and for how long."""

from __future__ import annotations

import streamlit as st

from fmnist import formats
from fmnist.config import ConfigError, TrainConfig, field_bounds
from fmnist.data.dataset import Dataset
from fmnist.plain_text import markdown
from fmnist.recipes import RECIPES
from fmnist.runs import settings, store, time_estimate
from fmnist.runs.time_estimate import PastRun
from fmnist.sweeps.estimate import estimate_sweep_seconds
from fmnist.sweeps.space import Axis
from fmnist.sweeps.sweep import MOST_SEEDS, MOST_TRIALS, Sweep
from pages._shared.style import style_beside
from pages._sweeps import actions, axes, words
from pages._train import config_form

_FROM_TRAIN = "The settings on Train"
_KEPT = {"persist_state": "session"}


@st.fragment
def render(data: Dataset, *, is_first: bool) -> None:
    """is_first: whether there is no sweep yet."""
    st.html(style_beside(__file__, "sweeps.css"))
    with st.container(border=True, key="sweep_form"):
        st.markdown("##### :material/add: New sweep")
        if is_first:
            st.markdown(
                "A sweep trains many settings, each with one seed or several, and compares them "
                "by validation accuracy. It goes on when this page is closed."
            )
        base = _render_base(data)
        chosen, problem = axes.render()
        method = _render_method(chosen)
        sweep, problem = _render_budget(base, chosen, method, problem)
        _render_start(sweep, problem, data)


def _render_base(data: Dataset) -> TrainConfig:
    left, right = st.columns(2)
    with left:
        name = st.selectbox(
            "Start from",
            [_FROM_TRAIN, *RECIPES],
            index=1,
            key="sweep_base",
            help="What all trials have in common.",
            **_KEPT,
        )
    base = config_form.read_form() if name == _FROM_TRAIN else RECIPES[name].config
    with right:
        bounds = field_bounds("epochs")
        epochs = st.number_input(
            "Epochs",
            int(bounds.low),
            int(bounds.high),
            base.epochs,
            key=f"sweep_epochs_{name}_{base.epochs}",
        )
    return base.replace(dataset=data.slug, epochs=epochs, name="" if name == _FROM_TRAIN else name)


def _render_method(chosen: list[Axis]) -> str:
    needs_search = any(axis.is_range for axis in chosen)
    if needs_search:
        st.caption(":material/search: A range is searched: Optuna proposes each trial.")
        return "tpe"
    return st.segmented_control(
        "Method",
        ["grid", "tpe"],
        default="grid",
        required=True,
        format_func={"grid": "Grid: every combination", "tpe": "Search"}.__getitem__,
        key="sweep_method",
        help="A search has Optuna's TPE propose each trial from the results before it.",
        **_KEPT,
    )


def _render_budget(
    base: TrainConfig, chosen: list[Axis], method: str, problem: str
) -> tuple[Sweep | None, str]:
    """The sweep, or why there is none yet."""
    seeds, *trials, minutes, pruning = st.columns(
        4 if method == "tpe" else 3, vertical_alignment="bottom"
    )
    with seeds:
        count = st.number_input(
            "Seeds",
            1,
            MOST_SEEDS,
            1,
            key="sweep_seeds",
            help="Each trial is trained with so many seeds; its mean counts.",
            **_KEPT,
        )
    most = None
    if trials:
        with trials[0]:
            most = st.number_input("Trials", 1, MOST_TRIALS, 20, key="sweep_trials", **_KEPT)
    with minutes:
        limit = st.number_input(
            "Minutes at most",
            1,
            10_000,
            None,
            key="sweep_minutes",
            placeholder="no limit",
            help="No trial begins later; those that train are finished.",
            **_KEPT,
        )
    with pruning:
        prune = st.toggle(
            "Stop poor trials early",
            method == "tpe",
            key=f"sweep_prune_{method}",
            help="Pruning: a trial below the median of the earlier ones after the same epoch, by "
            "validation accuracy, is stopped.",
        )
    if problem:
        return None, problem
    try:
        return (
            Sweep(
                base=base,
                axes=tuple(chosen),
                method=method,
                seeds=tuple(range(base.seed, base.seed + count)),
                trials=most,
                minutes=float(limit) if limit else None,
                prune=prune,
            ),
            "",
        )
    except ConfigError as error:
        return None, str(error)


def _render_start(sweep: Sweep | None, problem: str, data: Dataset) -> None:
    if problem:
        st.warning(markdown(problem), icon=":material/block:")
    with st.container(horizontal=True, vertical_alignment="center"):
        is_pressed = st.button(
            "Start sweep",
            type="primary",
            icon=":material/play_arrow:",
            key="sweep_start",
            disabled=sweep is None,
        )
        if sweep is not None:
            st.markdown(_describe_cost(sweep, data), width="content")
    if is_pressed and sweep is not None:
        actions.start(sweep)
        st.rerun()  # the whole page, of which this form is a part of its own


def _describe_cost(sweep: Sweep, data: Dataset) -> str:
    at_once = settings.read_parallel_trainings()
    seconds = estimate_sweep_seconds(
        sweep, len(data.train_labels), _past_runs(str(store.runs_dir())), at_once
    )
    together = f", {at_once} at a time" if at_once > 1 else ""
    return f"{words.describe_size(sweep)}{together}: about **{formats.rough_duration(seconds)}**"


@st.cache_resource(show_spinner=False, max_entries=4, ttl=5)
def _past_runs(_folder: str) -> tuple[PastRun, ...]:
    return tuple(time_estimate.past_runs())
