"""The one engine process that all sessions of this server share."""

from __future__ import annotations

import streamlit as st

from fmnist.engine import Engine


@st.cache_resource(show_spinner=False, on_release=Engine.close)
def get() -> Engine:
    return Engine()


def warm() -> None:
    """Start the engine while the person looks at the first page; returns at once."""
    get().warm()
