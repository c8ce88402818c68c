"""Streamlit's list of the source files that it would watch, left out where it watches none."""

from __future__ import annotations

import streamlit as st
from streamlit.watcher.local_sources_watcher import LocalSourcesWatcher


@st.cache_resource(show_spinner=False)
def leave_out() -> None:
    """Once a server. For each person who comes, and again whenever something was imported,
    Streamlit goes through all modules, a tenth of a second in which nobody else is answered; only
    then does it find that it is to watch none.
    """
    if st.get_option("server.fileWatcherType") == "none":
        LocalSourcesWatcher.update_watched_modules = lambda _watcher: None  # type: ignore[method-assign]
