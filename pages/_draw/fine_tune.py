"""Teaching the model for drawings what was corrected: fine-tuning, and its outcome."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from fmnist import formats
from fmnist.data import catalogue
from fmnist.data.dataset import CLASS_NAMES, STANDARD
from fmnist.drawing import drawing_model, fine_tuning_runs, start
from fmnist.drawing.fine_tuning_data import REHEARSAL
from fmnist.drawing.synthetic import SLUG
from fmnist.plain_text import markdown
from fmnist.runs import store
from fmnist.runs.fine_tuned_record import stage_fraction
from pages._draw.corrections import render_corrections
from pages._draw.fine_tuned import render_fine_tuned
from pages._shared import allowed, dataset_choice, role

KEY = "draw_fine_tune"  # for `st.rerun` in a widget's callback
TICK = 0.5  # seconds


def render_fine_tune(model: Path) -> None:
    """Corrections, the fine-tuning and its outcome; nothing where another kind of model is used."""
    chosen, problem = drawing_model.find_drawing_model()
    ended = [
        run
        for run in fine_tuning_runs.list_fine_tuned()
        if run.status.status in ("completed", "failed")
    ]
    if model != chosen:  # the address asks for a run
        ended = [run for run in ended if run.run_dir == model.parent]
    is_offered = model.is_file() and (model == chosen or bool(ended))
    if is_offered:
        st.subheader("Teach it")
    if is_offered and problem:
        st.warning(markdown(problem), icon=":material/broken_image:")
    _render_corrections(is_offered)
    if is_offered:  # no part of the fragment: what is chosen here concerns the whole page
        render_fine_tuned(next(iter(ended), None))


@st.fragment(key=KEY)
def _render_corrections(is_offered: bool) -> None:
    if not is_offered:
        return
    count = render_corrections()
    fine_tuned = fine_tuning_runs.list_fine_tuned()
    live = next((run for run in fine_tuned if run.is_live), None)
    if live:
        st.fragment(_tick, run_every=TICK)(live.run_id)
        return
    if fine_tuned and fine_tuned[0].status.status == "stopped":
        st.caption("You stopped the last fine-tuning: nothing has changed.")
    if not count:
        st.caption(
            "Where a prediction is wrong, choose the right class beside it; the model can learn "
            "from your corrections."
        )
    else:
        _render_start(count)


def _tick(run_id: str) -> None:
    """How far the fine-tuning is; the whole page follows when it has ended."""
    try:
        run = store.load_run(run_id)
    except store.RunNotFound:
        st.rerun()
    if not run.is_live:
        st.rerun()
    stage = run.status.message or "training the last layer"
    is_stopping = store.is_stop_requested(run.run_dir)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(stage_fraction(stage), f"Fine-tuning: {markdown(stage)} …")
        st.button(
            "Stopping …" if is_stopping else "Stop",
            icon=":material/stop:",
            key="fine_tune_stop",
            disabled=is_stopping or not role.may_stop(run),
            on_click=_stop,
            args=(run_id,),
        )


def _stop(run_id: str) -> None:
    try:
        allowed.stop_run(run_id)
    except ValueError as error:
        st.session_state["correct_problem"] = str(error)


def _render_start(count: int) -> None:
    photographs = dataset_choice.mend_choice()
    if photographs.class_names != CLASS_NAMES or photographs.slug == SLUG:
        photographs = catalogue.list_choices()[0]
    if photographs.slug == STANDARD and catalogue.why_standard_is_missing():
        st.info("Fine-tuning needs the photos: open Browse, which downloads them.")
        return
    is_pressed = st.button("Teach it", type="primary", icon=":material/school:")
    seconds = fine_tuning_runs.estimate_seconds()
    st.caption(
        f"It learns from {_count(count)}, redrawn in many ways, and practises {REHEARSAL:,} "
        "other drawings meanwhile so that it forgets little. Only the last layer of the model "
        f"changes (fine-tuning). This takes about {formats.rough_duration(seconds)} in the "
        "background; then you see what it gained and lost, and decide whether to use it."
    )
    if is_pressed:
        try:
            start.start_fine_tuning(photographs.slug, role.session_id())
        except ValueError as error:
            st.error(markdown(error), icon=":material/error:")
            return
        st.rerun()


def _count(corrections: int) -> str:
    return "your correction" if corrections == 1 else f"your {corrections:,} corrections"
