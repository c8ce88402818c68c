"""The one engine process that all sessions of this server share."""

from __future__ import annotations

import importlib
import threading

import streamlit as st

from fmnist.engine.client import Engine

FIRST_PAGE_SECONDS = 2.0  # TensorFlow's import would slow the first page's drawing in the browser


@st.cache_resource(show_spinner=False, on_release=Engine.close)
def get() -> Engine:
    return Engine()


@st.cache_resource(show_spinner=False)
def warm_soon() -> None:
    """Once a server: start the engine while the person looks at the first page."""
    timer = threading.Timer(FIRST_PAGE_SECONDS, _warm, args=(get(),))
    timer.daemon = True
    timer.start()


def _warm(engine: Engine) -> None:
    engine.warm()
    importlib.import_module("fmnist.drawing.preprocess")  # SciPy: no stroke should wait for it
