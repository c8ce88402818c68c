"""What was found out about a model trained elsewhere, and two choices to correct it."""

from __future__ import annotations

import streamlit as st

from fmnist import formats
from fmnist.plain_text import markdown
from fmnist.runs import progress, store
from fmnist.runs.imported_record import INPUTS, OUTPUTS, ImportedModel
from fmnist.runs.store import Run
from pages._shared import allowed, role

CHECKED = "import_checked"  # in the session: the run whose outcome stands in the form
_SHOWN = 4  # ways of preparing the images whose accuracy is told


def render_findings(run: Run) -> None:
    """What was found out about an imported model, and two choices to correct it; of others nothing.

    While it is checked: how far that is.
    """
    imported_model = run.imported_model
    if imported_model is None or run.damaged:
        return
    with st.container(key="import_findings"):
        if run.is_live:
            if run.run_id != st.session_state.get(CHECKED):
                render_check(run, "findings")
            return
        if imported_model.summary:
            st.markdown(
                f"**{markdown(imported_model.file_name)}:** {markdown(imported_model.summary)}"
            )
        _render_accuracies(run)
        _render_choices(run, imported_model)


def render_check(run: Run, place: str) -> None:
    """How far the check of a model is, and Stop; `place` is where on the page this stands."""
    is_stopping, status = store.is_stop_requested(run.run_dir) and not run.is_silent, run.status
    message = "stopping" if is_stopping else status.message or "waiting in the queue"
    if run.is_silent:
        st.warning(
            f"{progress.describe_silence(run)}: its process hangs or has been suspended. Stop ends "
            "it.",
            icon=":material/heart_broken:",
        )
    done = (status.step or 0) / (status.steps_per_epoch or 1)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(
            min(max(done, 0.0), 1.0),
            markdown(f"Checking {run.imported_model.file_name}: {message} …"),
        )
        st.button(
            "Stop",
            icon=":material/stop:",
            key=f"import_stop_{place}",
            disabled=is_stopping or not role.may_stop(run),
            on_click=_try,
            args=(allowed.stop_run, run.run_id),
        )


def _render_accuracies(run: Run) -> None:
    imported_model = run.imported_model
    if not imported_model.accuracies or imported_model.checked_images is None:
        return
    images = "stand-in images" if run.trained_on_standin else "training images"
    best = sorted(imported_model.accuracies, key=imported_model.accuracies.get, reverse=True)[
        :_SHOWN
    ]
    told = "; ".join(
        f"{INPUTS[name]}: {formats.percent(imported_model.accuracies[name])}"
        f" (loss {formats.loss(imported_model.losses.get(name))})"
        for name in dict.fromkeys([*best, imported_model.effective_inputs])
        if name in imported_model.accuracies
    )
    st.caption(
        f"Accuracy on {formats.count(imported_model.checked_images)} {images}, by the pixel values "
        f"it is given: {told}."
    )
    if not imported_model.fits_well:
        st.warning(markdown(imported_model.warning), icon=":material/help:")


def _render_choices(run: Run, imported_model: ImportedModel) -> None:
    before = (imported_model.inputs, imported_model.outputs)
    choices = (
        ("inputs", "Pixel values it expects", INPUTS),
        ("outputs", "Its ten outputs", OUTPUTS),
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        now = tuple(
            st.selectbox(
                label,
                meanings,
                index=list(meanings).index(said),
                format_func=lambda value, meanings=meanings: (
                    meanings[value][:1].upper() + meanings[value][1:]
                ),
                key=f"import_{what}_{run.run_id}",
                width=320,
            )
            for (what, label, meanings), said in zip(choices, before, strict=True)
        )
        st.button(
            "Score again",
            icon=":material/refresh:",
            key="rescore_import",
            disabled=(run.has_scores and now == before) or not role.may_stop(run),
            on_click=_check_again,
            args=(run.run_id, *now),
        )


def _check_again(run_id: str, inputs: str, outputs: str) -> None:
    st.session_state[CHECKED] = run_id
    _try(allowed.rescore_import, run_id, inputs, outputs)


def _try(action, *arguments) -> None:
    try:
        action(*arguments)
    except ValueError as error:
        st.session_state["run_problem"] = str(error)
