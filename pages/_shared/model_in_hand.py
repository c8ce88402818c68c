"""The model in hand: the one that every page is about, chosen at the top of the sidebar.

The address names it (`model`); one that names none means the model that comes with the Lab. Only a
person changes it: a training that ends is announced, and its model stays where it is until taken.
"""

from __future__ import annotations

from collections import Counter

import streamlit as st

from fmnist import formats
from fmnist.data.dataset import STANDARD
from fmnist.plain_text import markdown, shorten
from fmnist.runs import store
from fmnist.runs.folder import BUNDLED_ID
from fmnist.runs.store import Run
from fmnist.runs.tables import summarise
from pages._shared import url

_LONGEST_TITLE = 22  # characters: its accuracy is in sight beside it
_KEY = "model_in_hand"
_ABOUT_ONE_MODEL = ("index", "page")  # in Evaluate's address: an image, and a page of a selection
_FOLLOWING = ("evaluate", "draw")  # pages that once named their model `run`
_HELP = (
    "The model that Evaluate, Inside and Draw work with. It changes only when you choose another "
    "one. “bundled” comes with the Lab."
)


def read() -> Run | None:
    """The model in hand; None where there is none yet. Whether it can be used is for the page."""
    return _read(url.read("model"))


def take(run_id: str) -> None:
    """Take another model in hand."""
    # Of all pages only Evaluate has these in its address because of the model.
    is_evaluating = st.session_state.get("carried_page") == "evaluate"
    resets = dict.fromkeys(_ABOUT_ONE_MODEL if is_evaluating else ())
    url.write(model=None if run_id == BUNDLED_ID and _has_bundled() else run_id, **resets)


def put_back_fine_tuned() -> None:
    """Where a fine-tuned model is in hand, take the usual one instead."""
    run = read()
    if run and run.fine_tuned:
        url.write(model=None)


def render_choice(page: str, everything: list[Run]) -> None:
    """The choice, for the sidebar of `page`; what is wrong with the address is said on the page.

    everything: all runs there are, and the bundled one.
    """
    if page in _FOLLOWING and "run" in st.query_params:  # a link of the days before `model`
        url.write(model=url.read("run") or url.read("model"), run=None)
    wanted = url.read("model")
    if wanted and all(run.run_id != wanted for run in everything):
        st.warning(
            f"There is no model “{markdown(wanted)}”: it may have been deleted.",
            icon=":material/link_off:",
        )
        url.write(model=None)
    chosen = _read(url.read("model"), everything)
    if chosen is None:
        return
    choices = [run for run in everything if can_be_chosen(run) or run.run_id == chosen.run_id]
    labels = _label(sorted(choices, key=_group))
    st.session_state[_KEY] = chosen.run_id
    st.sidebar.selectbox(
        "Model",
        labels,
        format_func=labels.get,
        key=_KEY,
        help=_HELP,
        on_change=lambda: take(st.session_state[_KEY]),
    )


def can_be_chosen(run: Run) -> bool:
    """Whether there is anything to be done with its model."""
    is_usable = run.has_model and run.status.status in ("completed", "stopped")
    return not (run.damaged or run.is_live) and (is_usable or run.has_scores)


def _describe(run: Run, accuracy: float | None) -> str:
    """E.g. "conv-32 · 90.1 %": its name and its accuracy on the test images, and what is special
    about it.
    """
    title = shorten(run.title, _LONGEST_TITLE)
    parts = [title, run.status.status if accuracy is None else formats.percent(accuracy)]
    if run.imported_model:
        parts.append("imported")
    elif run.fine_tuned:
        parts.append("for drawings")
    if run.trained_on_standin:
        parts.append("stand-in")
    elif run.config.dataset != STANDARD:
        parts.append(run.config.dataset)
    return " · ".join(parts)


def _read(wanted: str | None, everything: list[Run] | None = None) -> Run | None:
    if wanted is None:
        return _find_usual(everything)
    try:
        return store.load_run(wanted)
    except store.RunNotFound:
        return _find_usual(everything)


def _find_usual(everything: list[Run] | None) -> Run | None:
    """The bundled model; without one, the newest of one's own, which the address then keeps.

    One on the dataset looked at comes first, then completed ones. Imported and fine-tuned models
    are only chosen by a person.
    """
    if _has_bundled():
        return store.load_run(BUNDLED_ID)
    everything = store.list_runs() if everything is None else everything
    own = [
        run
        for run in everything
        if can_be_chosen(run) and not (run.imported_model or run.fine_tuned)
    ]
    completed = [run for run in own if run.status.status == "completed"]
    looked_at = [run for run in completed if run.config.dataset == url.read("data")]
    usual = next(iter([*looked_at, *completed, *own]), None)
    if usual:
        url.write(model=usual.run_id)
    return usual


def _has_bundled() -> bool:
    return store.BUNDLED_DIR.is_dir()


def _group(run: Run) -> int:
    """The bundled model first, then one's own, then those for drawings, then imported ones."""
    return 0 if run.is_bundled else 1 + bool(run.fine_tuned) + 2 * bool(run.imported_model)


def _label(choices: list[Run]) -> dict[str, str]:
    """By run id, which is said where two would read the same."""
    summaries = summarise(choices)
    labels = [
        _describe(run, one.test_accuracy) for run, one in zip(choices, summaries, strict=True)
    ]
    counts = Counter(labels)
    return {
        run.run_id: f"{label} · {run.run_id}" if counts[label] > 1 else label
        for run, label in zip(choices, labels, strict=True)
    }
