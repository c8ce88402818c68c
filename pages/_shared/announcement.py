"""A training that has ended: said on every page until it is answered, and its model offered."""

from __future__ import annotations

import streamlit as st

from fmnist import formats
from fmnist.classroom import experiments
from fmnist.plain_text import markdown
from fmnist.runs import outputs, store
from fmnist.runs.store import Run
from pages._shared import model_in_hand, url

_MOST = 3  # at a time, the newest
_ENDED = "announced"  # ids of runs, newest first
_LIVE = "announcement_followed"
_SAID = {"completed": "finished", "stopped": "stopped", "failed": "failed"}


def follow(live: list[Run]) -> None:
    """Notice what has ended since this tab last saw it; `live` is what still trains.

    A sweep's trainings are not told one by one.
    """
    ids = [run.run_id for run in live if run.sweep is None]
    ended = [run_id for run_id in st.session_state.get(_LIVE, ()) if run_id not in ids]
    ended = dict.fromkeys([*ended, *st.session_state.get(_ENDED, ())])
    # What could not be read for a moment, and so seemed to have ended, may be live again.
    st.session_state[_ENDED] = [run_id for run_id in ended if run_id not in ids][:_MOST]
    st.session_state[_LIVE] = ids


def has_ended(live: list[Run]) -> bool:
    """Whether something has ended that `follow` has not noticed yet."""
    return not {run.run_id for run in live}.issuperset(st.session_state[_LIVE])


def is_due() -> bool:
    return bool(st.session_state[_ENDED])


def render() -> None:
    for run_id in st.session_state[_ENDED]:
        try:
            run = store.load_run(run_id)
        except store.RunNotFound:  # deleted meanwhile
            _dismiss(run_id)
            continue
        # Who takes a training out of the queue, or stops it before it has a model, knows; and where
        # many are trained for one question, it is answered on a page of its own.
        is_of_many = run.sweep or experiments.TAG in run.tags
        is_told = run.status.status == "failed" or model_in_hand.can_be_chosen(run)
        if is_told and not is_of_many:
            _render(run)
        else:
            _dismiss(run_id)


def _render(run: Run) -> None:
    said = _SAID.get(run.status.status, "ended")
    is_offered = (
        run.status.status != "failed"
        and not run.fine_tuned
        and model_in_hand.can_be_chosen(run)
        and not _is_in_hand(run)
    )
    with st.container(border=True, gap="small", key=f"announced_{run.run_id}"):
        accuracy = outputs.read_results(run).get("test_accuracy")
        if is_offered and accuracy is not None:
            which = "on the stand-in data" if run.trained_on_standin else ""
            said += f", {formats.percent(accuracy)} {which}".rstrip()
        what = "Fine-tuning" if run.fine_tuned else markdown(run.title)
        st.markdown(f"**{what}** {said}.{' Use it?' if is_offered else ''}")
        render_link(run, "See how it went")
        with st.container(horizontal=True, gap="small"):
            if is_offered and st.button("Use it", type="primary", key=f"use_{run.run_id}"):
                model_in_hand.take(run.run_id)
                _dismiss(run.run_id)
                st.rerun()
            label = "Not now" if is_offered else "OK"
            st.button(label, key=f"dismiss_{run.run_id}", on_click=_dismiss, args=(run.run_id,))


def render_link(run: Run, label: str) -> None:
    """To where a training or fine-tuning is watched."""
    st.page_link(
        "pages/draw.py" if run.fine_tuned else "pages/train.py",
        label=label,
        icon=":material/school:" if run.fine_tuned else ":material/monitoring:",
        query_params=url.link() if run.fine_tuned else url.link(run=run.run_id),
    )


def _is_in_hand(run: Run) -> bool:
    in_hand = model_in_hand.read()
    return in_hand is not None and in_hand.run_id == run.run_id


def _dismiss(run_id: str) -> None:
    st.session_state[_ENDED] = [other for other in st.session_state[_ENDED] if other != run_id]
