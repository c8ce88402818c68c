"""What happens to accuracy and loss if I change the filters, the dropout, the epochs?"""

from __future__ import annotations

import streamlit as st

from fmnist.data.dataset import Dataset
from fmnist.plain_text import markdown
from fmnist.runs import store
from fmnist.runs.store import Run
from pages._shared import all_runs, dataset_choice, standin, url
from pages._shared.data import dataset
from pages._shared.style import style_beside
from pages._train import config_form, open_recipe
from pages._train.bring_into_view import bring_into_view
from pages._train.live import render_live, render_nothing_yet
from pages._train.queue_setting import render_queue_setting
from pages._train.recipe_choice import render_recipe_choice
from pages._train.same_run import list_recent
from pages._train.start_bar import render_start_bar


def _choose_run(everything: list[Run]) -> Run | None:
    """The run in the address, or else one that trains or waits, which the address then keeps."""
    wanted = url.read("run")
    if wanted:
        try:
            here = (run for run in everything if run.run_id == wanted)
            return next(here, None) or store.load_run(wanted)
        except store.RunNotFound as error:
            url.write(run=None)
            st.warning(markdown(error), icon=":material/link_off:")
    unfinished = [run for run in everything if run.is_training]
    running = (run for run in unfinished if run.status.status == "running")
    live = next(running, None) or next(iter(unfinished), None)
    if live:
        url.write(run=live.run_id)
    return live


@st.fragment
def _render_setup(data: Dataset) -> None:
    image_count = len(data.train_labels)
    bar = st.container(key="train_bar", gap="xsmall")
    config_form.fill_once()
    render_recipe_choice(image_count)
    config_form.render_main_settings()
    config_form.render_more_settings()
    render_queue_setting()
    with bar:  # above the settings, and so drawn when they are known
        config = config_form.read_form().replace(dataset=data.slug)
        render_start_bar(config, image_count, data.fingerprint)


notice = st.container()
everything = all_runs.take_own()
list_recent(str(store.runs_dir()), everything)  # the form has them at hand
with notice:
    watched = _choose_run(everything)
    open_recipe.fill_from_address()
with st.container(key="train_title", gap="xxsmall"):
    st.title("Train", anchor=False)
    st.caption(f"Choose a network, start it, and watch it learn{dataset_choice.name_choice()}.")
st.html(style_beside(__file__, "_train/train.css"))
with st.container(key="train_watching" if watched else "train_page"):
    setup, live = st.columns([2, 3], gap="medium")
with live, st.container(key="train_live"):
    if watched:
        render_live(watched)
    else:
        render_nothing_yet(everything)
with setup:
    _render_setup(dataset())
bring_into_view(watched.run_id if watched else "")
with notice:  # last: the dataset may have come meanwhile
    standin.render_banner()
