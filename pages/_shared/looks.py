"""How live parts of pages look at runs: together with everybody else's, and not too often.

What is read is read once for all sessions, and the more of them look, the less often each does.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

from fmnist.pace import Pace
from fmnist.runs import store
from fmnist.runs.file_state import state_of_all, state_of_run
from fmnist.runs.queue import Queue, Waiting
from fmnist.runs.store import Run
from fmnist.sharing import Shared

_lists: Shared[list[Run]] = Shared()
_runs: Shared[Run] = Shared()
_queues: Shared[Waiting] = Shared()


def viewer() -> str | None:
    """The session whose script this thread runs."""
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else None


def list_runs() -> list[Run]:
    """`store.list_runs`, shared; the list is the caller's own."""
    folder = store.runs_dir()
    return list(_lists.get(folder, lambda: state_of_all(folder), viewer(), store.list_runs))


def load_run(run_id: str) -> Run:
    """`store.load_run`, shared. Raises RunNotFound as it does."""
    folder = store.runs_dir() / run_id
    return _runs.get(folder, lambda: state_of_run(folder), viewer(), lambda: store.load_run(run_id))


def look_at_queue(queue: Queue) -> Waiting:
    """`Queue.look`, shared. Raises OSError as it does."""
    folder = store.runs_dir()
    return _queues.get(folder, lambda: state_of_all(folder), viewer(), queue.look)


def render_ticking(part: Callable[[], None], pace: Pace) -> None:
    """Draw a live part now, and again as often as the pace of all who look at one allows."""
    told = pace.look(viewer())
    is_first = True

    def look() -> None:
        nonlocal told, is_first
        if not is_first and (seconds := pace.look(viewer())) != told:
            told = seconds
            _tell_browser(seconds)
        is_first = False
        part()

    st.fragment(look, run_every=told)()


def _tell_browser(seconds: float) -> None:
    """That the part which is being drawn is to be asked for at another interval from now on.

    This is what `run_every` sends, and the browser takes the last that it was told; Streamlit has
    no function for a part that runs already.
    """
    context, part = get_script_run_ctx(), ThreadState.get().fragment_id
    if context and part:
        message = ForwardMsg()
        message.auto_rerun.interval = seconds
        message.auto_rerun.fragment_id = part
        context.enqueue(message)
