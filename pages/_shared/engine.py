"""The one engine process that all sessions of this server share."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

import streamlit as st

from fmnist.drawing import drawing_model
from fmnist.engine.child import asked_by, while_wanted
from fmnist.engine.client import Engine
from pages._shared.looks import viewer

LOOK_AGAIN = 0.2  # seconds between two looks at whether the person has gone on
FIRST_PAGE_SECONDS = 2.0  # TensorFlow's import would slow the first page's drawing in the browser


_Found = TypeVar("_Found")


@st.cache_resource(show_spinner=False, on_release=Engine.close)
def get() -> Engine:
    return Engine(who=viewer)


@st.cache_resource(show_spinner=False)
def warm_soon() -> None:
    """Once a server: start the engine while the person looks at the first page."""
    timer = threading.Timer(FIRST_PAGE_SECONDS, _warm, args=(get(),))
    timer.daemon = True
    timer.start()


def _warm(engine: Engine) -> None:
    model, _ = drawing_model.find_drawing_model()  # Start has a canvas, and so does Draw
    engine.warm(model if model.is_file() else None)
    importlib.import_module("fmnist.drawing.preprocess")  # SciPy: no stroke should wait for it


def drop_when_unseen(question: Callable[[], _Found]) -> _Found:
    """The answer to a question for the engine, which is dropped when the person goes on meanwhile.

    Streamlit ends a script that is to run anew, or whose page was closed, where it draws. So the
    question waits in a thread of its own, and this one draws nothing, again and again.
    """
    answer: Future[_Found] = Future()
    session = viewer()
    gone = threading.Event()

    def ask() -> None:
        try:
            with while_wanted(lambda: not gone.is_set()), asked_by(session):
                answer.set_result(question())
        except BaseException as error:  # noqa: BLE001 - raised again below, where it belongs
            answer.set_exception(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        nothing = st.empty()  # always, so that what follows keeps its place on the page
        while not wait([answer], LOOK_AGAIN).done:
            nothing.empty()
    finally:
        gone.set()
    return answer.result()
