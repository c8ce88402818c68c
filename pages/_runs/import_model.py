"""A model trained elsewhere: the form that takes its file, and what became of it."""

from __future__ import annotations

import streamlit as st

from fmnist import formats
from fmnist.imported import start
from fmnist.imported.refused_files import read_refusal
from fmnist.plain_text import markdown
from fmnist.runs import outputs, store
from fmnist.runs.imported_record import CHECK_SECONDS, MAX_FILE_BYTES
from fmnist.runs.store import Run
from pages._runs import import_findings
from pages._runs.import_findings import CHECKED
from pages._shared import dataset_choice, role, url

_TICK = 0.5  # seconds between two looks at a check under way


def render_form() -> None:
    """File, name, Start, and what became of it. Only the run's own process opens the file."""
    _remember_refused()
    run_id = st.session_state.get(CHECKED)
    with st.expander("Import a model", icon=":material/upload_file:", expanded=run_id is not None):
        st.markdown(
            'A network you trained elsewhere and saved with `model.save("model.keras")` or as '
            "`.h5`: one 28 × 28 image in, ten outputs. The Lab detects its input and output "
            "format and scores it on the test set; then Evaluate and Draw can use it. The "
            f"check takes at most {CHECK_SECONDS / 60:.0f} minutes."
        )
        with st.form("import_model", clear_on_submit=True, border=False):
            file = st.file_uploader(
                "A .keras or .h5 file",
                type=None,  # whatever it is, our own sentence says what to do with it
                key="import_model_file",
                max_upload_size=MAX_FILE_BYTES // 1_000_000,
            )
            name = st.text_input(
                "Name", max_chars=60, placeholder="The file's name", key="import_model_name"
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
        slug = dataset_choice.mend_choice().slug
        run_id = start.start_import(content, file_name, name, slug, role.session_id())
    except ValueError as error:
        st.error(markdown(error), icon=":material/error:")
        return
    st.session_state[CHECKED] = run_id
    url.write(run=run_id)
    st.rerun()


def _remember_refused() -> None:
    """A refused file left no run: the address need not name it, the form says what became of it."""
    for name in ("run", "runs"):
        wanted = st.query_params.get(name, "")
        if read_refusal(wanted) and _find(wanted) is None:
            st.session_state[CHECKED] = wanted
            url.write(**{name: None})


def _find(run_id: str) -> Run | None:
    try:
        return store.load_run(run_id)
    except store.RunNotFound:
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
        import_findings.render_check(run, "form")
    elif run.has_scores and run.status.status == "completed":
        accuracy = formats.percent(outputs.read_results(run).get("test_accuracy"))
        which = "stand-in" if run.trained_on_standin else "test"
        st.success(
            f"Accepted: {markdown(run.imported_model.file_name)} recognises {accuracy} of the "
            f"{which} images. Found: {markdown(run.imported_model.summary)}.",
            icon=":material/check_circle:",
        )
    elif run.status.status in ("failed", "stopped"):
        st.error(
            markdown(f"{run.imported_model.file_name}: {run.status.message}"),
            icon=":material/error:",
        )
