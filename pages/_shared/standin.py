"""The stand-in: how it, or the real dataset, comes to be here, and what every page says about it.

The work is one thread's for all visitors: pages look at it and go on when it is done.
"""

from __future__ import annotations

import functools

import streamlit as st

from fmnist.data import catalogue
from fmnist.data.dataset import FILES, STAND_IN, STANDARD, DatasetMissing
from fmnist.data.fetch import Fetcher
from fmnist.plain_text import markdown
from pages._shared import dataset_choice, dataset_import, url

_TICK = 0.3  # seconds between two looks
_NOTICE = (
    ":material/auto_awesome: **Stand-in data:** generated look-alikes of Fashion-MNIST. Fine for "
    "trying the Lab; accuracy figures mean little."
)


@st.cache_resource(show_spinner=False)
def fetcher() -> Fetcher:
    return Fetcher()


def render_arrival(missing: DatasetMissing) -> None:
    """In place of a page that has no dataset: what is done about that, and what a person can do."""
    st.header("The dataset is not here yet", divider="grey")
    if fetcher().failure:
        st.error(markdown(fetcher().failure), icon=":material/error:")
        st.button("Try again", icon=":material/refresh:", on_click=fetcher().start)
    else:
        st.markdown(
            "Downloading Fashion-MNIST. If that fails, the Lab generates look-alikes, so that you "
            "can try everything."
        )
        fetcher().start()
        st.fragment(_render_step, run_every=_TICK)()
    dataset_choice.render_choice()
    st.info(markdown(missing), icon=":material/folder_open:")
    dataset_import.render()


def render_arrival_in_a_line() -> None:
    """How far the dataset is on its way, for a page that can do without it meanwhile."""
    if fetcher().failure:
        st.info(
            "The dataset is not here yet; Browse says what to do about it.",
            icon=":material/folder_open:",
        )
        return
    fetcher().start()
    st.fragment(_render_step, run_every=_TICK)()


def _render_step() -> None:
    """How far the download or the generation is; the whole page follows when it has ended."""
    if not fetcher().is_running:
        st.rerun()
    step = fetcher().step
    st.progress(min(1.0, step.fraction), step.text)


def render_banner() -> None:
    """For every page, as long as the stand-in is what is looked at; nothing otherwise."""
    if dataset_choice.mend_choice().slug != STAND_IN:
        return
    with st.container(border=True, key="standin_banner"):
        notice, way_out = st.columns([4, 1], vertical_alignment="center")
    notice.markdown(_NOTICE)
    with way_out:
        missing = catalogue.why_standard_is_missing()
        if missing is None:
            open_real = functools.partial(dataset_choice.open_dataset, STANDARD)
            st.button("Open Fashion-MNIST", icon=":material/arrow_forward:", on_click=open_real)
        elif fetcher().is_running:
            st.fragment(_render_step, run_every=_TICK)()
        else:
            with st.popover("Get the real data", icon=":material/download:"):
                _render_ways(missing)


def _render_ways(missing: DatasetMissing) -> None:
    """The three ways to the real data."""
    if missing.can_download:
        st.markdown("**Download** it (30 MB)")
        if fetcher().refusal:
            st.caption(f":material/cloud_off: Last time: {markdown(fetcher().refusal)}")
        st.button("Try the download again", icon=":material/refresh:", on_click=fetcher().start)
    st.markdown("**Use a folder** that has the four files")
    st.caption(
        f"Set `FMNIST_DATA_DIR` to it and restart the app, or put {', '.join(FILES)} into "
        f"`{missing.folder}`."
    )
    st.markdown("**Upload** the four files, or a zip of them")
    st.page_link(
        "pages/browse.py",
        label="Add your own data, at the end of Browse",
        icon=":material/upload_file:",
        query_params=url.link(),
    )
