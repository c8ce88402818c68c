"""Choosing the run a page is about: the address's, or else the newest completed one that fits.

While there is no completed run of one's own, the bundled one is chosen.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from fmnist import formats
from fmnist.plain_text import markdown
from fmnist.runs import outputs, store
from fmnist.runs.store import Run
from pages._shared import dataset_choice, url


def render_run_picker(fits: Callable[[Run], bool], label: str = "Run") -> Run | None:
    """A select box of the runs that fit, and the run in the address even if it does not.

    Returns None when there is nothing to choose from. The choice is kept in the address.
    """
    wanted = url.read("run")
    everything = store.list_runs_and_bundled()
    choices = [run for run in everything if fits(run) or run.run_id == wanted]
    ids = [run.run_id for run in choices]
    if wanted and wanted not in ids:
        st.warning(
            f"There is no run “{markdown(wanted)}”: it may have been deleted.",
            icon=":material/link_off:",
        )
    if not choices:
        return None
    chosen = choices[ids.index(wanted)] if wanted in ids else _choose(choices)
    url.write(run=chosen.run_id)
    titles = {run.run_id: _describe(run) for run in choices}
    st.selectbox(label, ids, format_func=titles.get, **url.bind("run", "index", "page"))
    if chosen.is_bundled:
        st.caption("This model comes with the Lab; train your own to see how it compares.")
    return chosen


def _choose(choices: list[Run]) -> Run:
    """The newest completed run on the dataset looked at, or else on any; else the newest.

    The bundled one comes after all others; a fine-tuned model, which is for drawings, is only
    chosen by a person.
    """
    choices = [run for run in choices if not run.fine_tuned] or choices
    completed = [run for run in choices if run.status.status == "completed"]
    slug = dataset_choice.mend_choice().slug
    return next((run for run in completed if run.config.dataset == slug), [*completed, *choices][0])


def _describe(run: Run) -> str:
    accuracy = outputs.read_results(run).get("test_accuracy")
    which = "stand-in" if run.trained_on_standin else "test"
    end = run.status.status if accuracy is None else f"{which} {formats.percent(accuracy)}"
    return f"{run.title} · {end} · {run.origin}"
