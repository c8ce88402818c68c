"""A model trained elsewhere: bringing its file, and correcting what was found out about it."""

from __future__ import annotations

import streamlit as st

from fmnist import formats, jobs, run_files, runs
from fmnist.own_model_record import CHECK_SECONDS, INPUTS, MAX_FILE_BYTES, OUTPUTS, OwnModel
from fmnist.own_model_refusals import read_refusal
from fmnist.plain_text import markdown
from fmnist.runs import Run
from pages import _dataset_choice, _url

_TICK = 0.5  # seconds between two looks at a check under way
_SHOWN = 4  # ways of preparing the images whose accuracy is told
_CHECKED = "own_model_checked"  # in the session: the run whose outcome stands in the form


def render_form() -> None:
    """File, name, Start, and what became of it. Only the run's own process opens the file."""
    _remember_refused()
    run_id = st.session_state.get(_CHECKED)
    with st.expander("Bring a model", icon=":material/upload_file:", expanded=run_id is not None):
        st.markdown(
            'A network that you trained elsewhere, saved by `model.save("model.keras")` (or as '
            "`.h5`): one 28 × 28 image in, ten outputs. What values it expects and gives is found "
            "out; then it is scored on the test set, and can be used in Evaluate and Draw. One "
            f"model is checked at a time, for {CHECK_SECONDS / 60:.0f} minutes at most."
        )
        with st.form("own_model", clear_on_submit=True, border=False):
            file = st.file_uploader(
                "A .keras or .h5 file",
                type=None,  # whatever it is, our own sentence says what to do with it
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
            st.warning("Choose a .keras or .h5 file first.", icon=":material/upload_file:")
        elif is_pressed:
            _start(file.getvalue(), file.name, name)
        elif run_id is not None:
            run = _find(run_id)
            is_live = run is not None and run.is_live
            st.fragment(_render_outcome, run_every=_TICK if is_live else None)(run_id, is_live)


def _start(content: bytes, file_name: str, name: str) -> None:
    try:
        run_id = jobs.start_own_model(content, file_name, name, _dataset_choice.chosen().slug)
    except ValueError as error:
        st.error(markdown(error), icon=":material/error:")
        return
    st.session_state[_CHECKED] = run_id
    _url.write(run=None, runs=[run_id])
    st.rerun()


def _remember_refused() -> None:
    """A refused file left no run: the address need not name it, the form says what became of it."""
    wanted = st.query_params.get("runs", "")
    if read_refusal(wanted) and _find(wanted) is None:
        st.session_state[_CHECKED] = wanted
        _url.write(runs=None)


def _find(run_id: str) -> Run | None:
    try:
        return runs.load_run(run_id)
    except runs.RunNotFound:
        return None


def _render_outcome(run_id: str, was_live: bool) -> None:
    """How far the check is, or how it ended; its end is a matter for the whole page."""
    run = _find(run_id)
    if was_live and not (run and run.is_live):
        st.rerun()
    if run is None:  # refused, or deleted since
        if refusal := read_refusal(run_id):
            st.error(f"Refused: {markdown(refusal.reason)}", icon=":material/block:")
    elif run.is_live:
        _render_check(run, "form")
    elif run.has_scores and run.status.status == "completed":
        accuracy = formats.percent(run_files.read_results(run).get("test_accuracy"))
        which = "stand-in" if run.saw_standin else "test"
        st.success(
            markdown(
                f"Accepted: {run.own_model.file_name} recognises {accuracy} of the {which} images. "
                f"Found: {run.own_model.summary}."
            ),
            icon=":material/check_circle:",
        )
    elif run.status.status in ("failed", "stopped"):
        st.error(
            markdown(f"{run.own_model.file_name}: {run.status.message}"), icon=":material/error:"
        )


def render_findings(run: Run) -> None:
    """What was found out about a brought model, and two choices to correct it; of others nothing.

    While it is checked: how far that is.
    """
    own_model = run.own_model
    if own_model is None or run.damaged:
        return
    with st.container(key="own_model_findings"):
        if run.is_live:
            if run.run_id != st.session_state.get(_CHECKED):
                _render_check(run, "findings")
            return
        if own_model.summary:
            st.markdown(f"**{markdown(own_model.file_name)}:** {markdown(own_model.summary)}")
        _render_accuracies(run)
        is_open = (own_model.inputs, own_model.outputs) != ("auto", "auto")
        if own_model.summary or is_open or run.status.status == "stopped":
            _render_choices(run, own_model)


def _render_check(run: Run, place: str) -> None:
    is_stopping, status = runs.is_stop_requested(run.run_dir), run.status
    message = "stopping" if is_stopping else status.message or "waiting for its turn"
    done = (status.step or 0) / (status.steps_per_epoch or 1)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(
            min(max(done, 0.0), 1.0),
            markdown(f"Checking {run.own_model.file_name}: {message} …"),
        )
        st.button(
            "Stop",
            icon=":material/stop:",
            key=f"own_model_stop_{place}",
            disabled=is_stopping,
            on_click=_try,
            args=(jobs.stop_run, run.run_id),
        )


def _render_accuracies(run: Run) -> None:
    own_model = run.own_model
    if not own_model.accuracies or own_model.checked_images is None:
        return
    images = "stand-in images" if run.saw_standin else "training images"
    best = sorted(own_model.accuracies, key=own_model.accuracies.get, reverse=True)[:_SHOWN]
    told = "; ".join(
        f"{INPUTS[name]}: {formats.percent(own_model.accuracies[name])}"
        f" (loss {formats.loss(own_model.losses.get(name))})"
        for name in dict.fromkeys([*best, own_model.used_inputs])
        if name in own_model.accuracies
    )
    st.caption(
        f"Of {formats.count(own_model.checked_images)} {images} it recognises, by what values it "
        f"is given: {told}."
    )
    if not own_model.fits_well:
        st.warning(markdown(own_model.warning), icon=":material/help:")


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
                format_func=lambda value, meanings=meanings: (
                    meanings[value][:1].upper() + meanings[value][1:]
                ),
                key=f"own_{what}_{run.run_id}",
                width=320,
            )
            for (what, label, meanings), said in zip(choices, before, strict=True)
        )
        st.button(
            "Score again",
            icon=":material/refresh:",
            key="own_model_again",
            disabled=run.has_scores and now == before,
            on_click=_check_again,
            args=(run.run_id, *now),
        )


def _check_again(run_id: str, inputs: str, outputs: str) -> None:
    st.session_state[_CHECKED] = run_id
    _try(jobs.check_own_model_again, run_id, inputs, outputs)


def _try(action, *arguments) -> None:
    try:
        action(*arguments)
    except ValueError as error:
        st.session_state["run_problem"] = str(error)
