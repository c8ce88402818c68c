"""What the server settles once, so that many people at a time cost it less."""

from __future__ import annotations

import ctypes
import platform

import streamlit as st
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session
from streamlit.watcher.local_sources_watcher import LocalSourcesWatcher

_M_ARENA_MAX = -8  # of glibc's malloc.h


@st.cache_resource(show_spinner=False)
def do_once() -> None:
    """Once a server."""
    _leave_out_source_files()
    _remember_theme()
    _share_heaps()


def _leave_out_source_files() -> None:
    """For each person who comes, and again whenever something was imported, Streamlit goes through
    all modules, a tenth of a second in which nobody else is answered; only then does it find that
    it is to watch none.
    """
    if st.get_option("server.fileWatcherType") == "none":
        LocalSourcesWatcher.update_watched_modules = lambda _watcher: None  # type: ignore[method-assign]


def _remember_theme() -> None:
    """Every look begins with the whole theme, put together from all options of config.toml: more
    than a millisecond, for thirty who watch one training a thirtieth of a core. A theme that is
    changed there is seen after the next start.
    """
    populate = getattr(app_session, "_populate_theme_msg", None)
    if populate is None:  # another version of Streamlit does it otherwise
        return
    told: dict[str, CustomThemeConfig] = {}

    def populate_again(message: CustomThemeConfig, section: str = "theme") -> None:
        if section not in told:
            theme = CustomThemeConfig()
            populate(theme, section)
            told[section] = theme
        if told[section].ByteSize():
            message.MergeFrom(told[section])

    app_session._populate_theme_msg = populate_again


def _share_heaps() -> None:
    """Each look has a thread of its own, to which glibc gives a heap of its own: with many people
    up to eight for each processor, none of them ever full. With two, a session holds a third less.
    """
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)
