"""How long a training will take on this machine, and what accuracy its recipe reaches."""

from __future__ import annotations

import functools

import streamlit as st

from fmnist import formats
from fmnist.config import TrainConfig
from fmnist.recipes import find_recipe
from fmnist.runs import store, time_estimate
from fmnist.runs.time_estimate import Estimate, PastRun
from pages._train.same_run import list_recent


def estimate(config: TrainConfig, image_count: int) -> Estimate:
    """The time of a config that can be built. image_count: those for validation included."""
    return _estimate(config, image_count, _past_runs(str(store.runs_dir())))


@functools.lru_cache(maxsize=64)  # every recipe has a card
def _estimate(config: TrainConfig, image_count: int, past: tuple[PastRun, ...]) -> Estimate:
    return time_estimate.estimate_training(config, image_count, past)


def render_plan(config: TrainConfig, image_count: int) -> None:
    """The time in all and the accuracy to expect, in two short lines."""
    guess = estimate(config, image_count)
    total = formats.rough_duration(guess.total_seconds(config.epochs))
    recipe = find_recipe(config)
    accuracy = recipe and recipe.test_accuracy
    aim = "  \non this machine"
    if accuracy:
        aim = f" to reach  \n**{formats.percent(accuracy)}** test accuracy"
    st.markdown(
        f"About **{total}**{aim}",
        help=f"{formats.rough_duration(guess.seconds_per_epoch)} per epoch, and "
        f"{formats.rough_duration(guess.seconds_beside_epochs)} to start and to score: "
        f"{guess.basis}." + (" The accuracy is what this recipe reached once." if accuracy else ""),
    )


@st.cache_resource(show_spinner=False, max_entries=4, ttl=5)
def _past_runs(folder: str) -> tuple[PastRun, ...]:
    return tuple(time_estimate.past_runs(list_recent(folder)))
