"""A model trained elsewhere: bringing its file, and correcting what was found out about it."""

from __future__ import annotations

import streamlit as st

from fmnist import formats, jobs, runs
from fmnist.own_model_record import INPUTS, MAX_FILE_BYTES, OUTPUTS, OwnModel
from fmnist.plain_text import markdown
from fmnist.runs import Run
from pages import _dataset_choice, _url

_FEW = 0.5  # share of training images; below it something else must be wrong


def render_form() -> None:
    """File, name, Start. The bytes go into a run folder; only the run's process opens them."""
    with st.expander("Bring a model", icon=":material/upload_file:"):
        st.markdown(
            'A network that you trained elsewhere, saved by `model.save("model.keras")`: one '
            "28 × 28 image in, ten outputs. What values it expects and gives is found out; then it "
            "is scored on the test set, and can be used in Evaluate and Draw."
        )
        with st.form("own_model", clear_on_submit=True, border=False):
            file = st.file_uploader(
                "A .keras file",
                ["keras"],
                key="own_model_file",
                max_upload_size=MAX_FILE_BYTES // 1_000_000,
            )
            name = st.text_input(
                "Name", max_chars=60, placeholder="The file's name", key="own_model_name"
            )
            is_pressed = st.form_submit_button(
                "Check and score it", type="primary", icon=":material/play_arrow:"
            )
        if is_pressed and file is None:
            st.warning("Choose a .keras file first.", icon=":material/upload_file:")
        elif is_pressed:
            _start(file.getvalue(), file.name, name)


def _start(content: bytes, file_name: str, name: str) -> None:
    try:
        run_id = jobs.start_own_model(content, file_name, name, _dataset_choice.chosen().slug)
    except ValueError as error:
        st.error(markdown(error), icon=":material/error:")
        return
    _url.write(run=None, runs=[run_id])
    st.rerun()


def render_findings(run: Run) -> None:
    """What was found out about a brought model, and two choices to correct it; of others nothing.

    While it is checked: how far that is.
    """
    own_model = run.own_model
    if own_model is None or run.damaged:
        return
    with st.container(key="own_model_findings"):
        if run.is_live:
            _render_check(run)
            return
        if own_model.summary:
            st.markdown(f"**{markdown(own_model.file_name)}:** {own_model.summary}")
        _render_accuracies(run)
        is_open = (own_model.inputs, own_model.outputs) != ("auto", "auto")
        if own_model.summary or is_open or run.status.status == "stopped":
            _render_choices(run, own_model)


def _render_check(run: Run) -> None:
    is_stopping = runs.is_stop_requested(run.run_dir)
    with st.container(horizontal=True, vertical_alignment="center"):
        message = "stopping" if is_stopping else run.status.message
        what = markdown(f"Checking {run.own_model.file_name}: {message} …")
        st.markdown(f":material/hourglass_top: {what}")
        st.button(
            "Stop",
            icon=":material/stop:",
            key="own_model_stop",
            disabled=is_stopping,
            on_click=_try,
            args=(jobs.stop_run, run.run_id),
        )


def _render_accuracies(run: Run) -> None:
    own_model = run.own_model
    raw, unit = own_model.accuracy_raw, own_model.accuracy_unit
    if raw is None or unit is None or own_model.checked_images is None:
        return
    images = "stand-in images" if run.saw_standin else "training images"
    st.caption(
        f"Of {formats.count(own_model.checked_images)} {images} it recognises "
        f"{formats.percent(unit)} with values from 0 to 1 (loss {formats.loss(own_model.loss_unit)}"
        f") and {formats.percent(raw)} with values from 0 to 255 (loss "
        f"{formats.loss(own_model.loss_raw)})."
    )
    if max(raw, unit) < _FEW:
        st.warning(
            "That is little either way: its classes may stand in another order, or it expects "
            "images prepared in another way (inverted, or with a mean of 0).",
            icon=":material/help:",
        )


def _render_choices(run: Run, own_model: OwnModel) -> None:
    before = (own_model.inputs, own_model.outputs)
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
                format_func=lambda value, meanings=meanings: _spell(meanings[value]),
                key=f"own_{what}_{run.run_id}",
                width=220,
            )
            for (what, label, meanings), said in zip(choices, before, strict=True)
        )
        st.button(
            "Score again",
            icon=":material/refresh:",
            key="own_model_again",
            disabled=run.has_scores and now == before,
            on_click=_try,
            args=(jobs.check_own_model_again, run.run_id, *now),
        )


def _spell(text: str) -> str:
    return text[:1].upper() + text[1:]


def _try(action, *arguments) -> None:
    try:
        action(*arguments)
    except ValueError as error:
        st.session_state["run_problem"] = str(error)
