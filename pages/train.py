"""What happens to accuracy and loss if I change the filters, the dropout, the epochs?"""

from __future__ import annotations

import streamlit as st

from fmnist.config import ConfigError
from fmnist.data.dataset import Dataset
from fmnist.models.feature_maps import check_architecture
from fmnist.plain_text import markdown
from fmnist.runs import settings, store
from fmnist.runs.store import Run
from pages._shared import dataset_choice, standin, url
from pages._shared.data import dataset
from pages._shared.style import style_beside
from pages._train import config_form, open_recipe
from pages._train.live import render_live, render_nothing_yet
from pages._train.plan import render_plan
from pages._train.same_run import render_same_run
from pages._train.start import start


def _choose_run(everything: list[Run]) -> Run | None:
    """The run in the address, or else the newest that trains, which the address then keeps."""
    wanted = url.read("run")
    if wanted:
        try:
            here = (run for run in everything if run.run_id == wanted)
            return next(here, None) or store.load_run(wanted)
        except store.RunNotFound as error:
            url.write(run=None)
            st.warning(markdown(error), icon=":material/link_off:")
    live = next((run for run in everything if run.is_training), None)
    if live:
        url.write(run=live.run_id)
    return live


@st.fragment
def _render_setup(data: Dataset) -> None:
    config_form.render_main_settings()
    try:
        config = config_form.read_form().replace(dataset=data.slug)
        check_architecture(config)
    except ConfigError as error:
        config = None
        st.warning(markdown(error), icon=":material/block:")
    with st.container(horizontal=True, vertical_alignment="center"):
        is_pressed = st.button(
            "Start training",
            type="primary",
            icon=":material/play_arrow:",
            disabled=config is None,
            key="train_start",
        )
        _render_queue_setting()
    if is_pressed and config:
        start(config)
    plan = st.container()
    config_form.render_more_settings()
    if config:  # last: the engine may have to start first, and nothing else waits for it
        with plan:
            render_same_run(config)
            render_plan(config, len(data.train_labels))


def _render_queue_setting() -> None:
    with st.popover("Queue", icon=":material/tune:", type="tertiary"):
        st.slider(
            "Trainings at once",
            1,
            settings.MAX_PARALLEL_TRAININGS,
            settings.read_parallel_trainings(),
            key="train_parallel",
            on_change=_set_parallel,
            help="More at once share the processor; the rest wait in the queue.",
        )
        if "train_problem" in st.session_state:
            st.error(markdown(st.session_state.pop("train_problem")), icon=":material/error:")


def _set_parallel() -> None:
    try:
        settings.write_parallel_trainings(st.session_state["train_parallel"])
    except store.RunsFolderError as error:
        st.session_state["train_problem"] = str(error)


notice = st.container()
st.title("Train")
st.caption(f"Choose a network, start it, and watch it learn{dataset_choice.name_choice()}.")
everything = store.list_runs()
watched = _choose_run(everything)
open_recipe.fill_from_address()
st.html(style_beside(__file__, "_train/train.css"))
with st.container(key="train_watching" if watched else "train_page"):
    setup, live = st.columns([3, 5], gap="large")
with live, st.container(key="train_live"):
    if watched:
        render_live(watched)
    else:
        render_nothing_yet(everything)
with setup:
    _render_setup(dataset())
with notice:  # last: the dataset may have come meanwhile
    standin.render_banner()
