"""A person's own files become a dataset: chosen, looked at, named, read with progress, opened."""

from __future__ import annotations

import streamlit as st

from fmnist.data import catalogue
from fmnist.data.dataset import DatasetError
from fmnist.data.import_job import ImportJob, ImportStopped
from fmnist.data.import_names import CLASSES_FILE
from fmnist.data.import_process import Proposal, look_at_uploads
from fmnist.data.import_roles import SourceIncomplete
from fmnist.data.names import MAX_NAME, check_class_names
from fmnist.plain_text import markdown
from pages._shared import dataset_choice

_TICK = 0.5  # s between two looks at an import
MAX_FILE = 200  # MB; the CSV file of 60,000 images has 133
_FORMS = (
    "Ten classes of 28 × 28 grey images: IDX files (`train-images-idx3-ubyte.gz` …), CSV files (a "
    "label and 784 pixels per row), NumPy arrays (`.npz`), or PNG or JPEG images in one folder per "
    "class; loose, or in a zip or tar. Put train or test into their names. Class names can come in "
    f"`{CLASSES_FILE}`, a list of ten."
)


@st.fragment
def render() -> None:
    """A section, closed at first; what happens in it reruns only itself until the data is here."""
    with st.expander("Add your own data", icon=":material/upload_file:", key="import_data"):
        st.caption(_FORMS)
        # A new uploader after each import and each refusal: what was refused is not kept.
        number = st.session_state.setdefault("import_number", 0)
        job: ImportJob | None = st.session_state.get("import_job")
        if job and not job.is_running:
            _finish(job)
        _render_outcome()
        files = st.file_uploader(
            "Files, or one zip",
            accept_multiple_files=True,
            key=f"import_files_{number}",
            max_upload_size=MAX_FILE,
            on_change=_forget_outcome,
        )
        if job and job.is_running:
            st.fragment(_render_job, run_every=_TICK)()
            return
        if not files:
            return
        files, proposal = _look(files)
        if proposal is None:
            return
        name, class_names = _render_names(proposal)
        if st.button("Import", type="primary", icon=":material/add:", key="import_start"):
            _start(files, name, class_names)


def _render_outcome() -> None:
    """What became of the files chosen last, until others are chosen."""
    if outcome := st.session_state.get("import_outcome"):
        show, text, icon = outcome
        getattr(st, show)(markdown(text), icon=f":material/{icon}:")


def _look(files: list) -> tuple[list, Proposal | None]:
    """What the files are, found out once; no proposal, and a word, where one is still missing.

    Files that another was missing for are left out where that one does without them.
    """
    ids = [file.file_id for file in files]
    seen, used, proposal = st.session_state.get("import_look", (None, [], None))
    if seen != ids:
        waiting = st.session_state.get("import_waiting", [])
        newest = [file for file in files if file.file_id not in waiting]
        used, proposal = _try_to_look(files, newest)
        st.session_state["import_look"] = (ids, used, proposal)
        st.session_state["import_waiting"] = [] if proposal else ids
        if proposal:
            st.session_state["import_name"] = proposal.name
            st.session_state["import_classes"] = "\n".join(proposal.proposed)
    if proposal is None:
        st.warning(markdown(st.session_state["import_lack"]), icon=":material/upload_file:")
    return [file for file in files if file.file_id in used], proposal


def _try_to_look(files: list, newest: list) -> tuple[list[str], Proposal | None]:
    """The ids of the files that make a dataset, all of them or the newest, and what they are."""
    text = "Checking the files …"
    bar = st.progress(0.0, text)
    try:
        used, proposal = look_at_uploads(files, newest, lambda: bar.progress(0.0, text))
        return [file.file_id for file in used], proposal
    except SourceIncomplete as lack:
        st.session_state["import_lack"] = str(lack)
    except DatasetError as error:
        _refuse(error)
    finally:
        bar.empty()
    return [], None


def _render_names(proposal: Proposal) -> tuple[str, list[str] | None]:
    """The name, and the class names where none came along."""
    st.session_state.setdefault("import_name", proposal.name)
    name = st.text_input("Name", max_chars=MAX_NAME, key="import_name")
    for note in proposal.notes:
        st.caption(markdown(note))
    if proposal.class_names:
        st.caption(f"Classes: {markdown(', '.join(proposal.class_names))}")
        return name, None
    st.session_state.setdefault("import_classes", "\n".join(proposal.proposed))
    text = st.text_area(
        "Class names, one per line, in label order",
        height=290,
        max_chars=600,
        key="import_classes",
    )
    return name, text.strip().split("\n")


def _start(files: list, name: str, class_names: list[str] | None) -> None:
    """Have the files read, in the background; a wrong name or class name is said at once."""
    try:
        catalogue.check_name(name)
        class_names = class_names and check_class_names(class_names)
    except DatasetError as error:
        st.error(markdown(error), icon=":material/edit:")
        return
    _forget_outcome()
    st.session_state["import_job"] = ImportJob(files, name, class_names)
    st.rerun()


def _render_job() -> None:
    """How far the import is, and Stop; the whole page follows when it has ended."""
    job: ImportJob = st.session_state["import_job"]
    if not job.is_running:
        st.rerun()
    st.progress(job.fraction, markdown(job.text))
    st.button("Stop", icon=":material/stop:", key="import_stop", on_click=job.stop)


def _finish(job: ImportJob) -> None:
    """Look at what was imported, or say why nothing was."""
    del st.session_state["import_job"]
    if isinstance(job.error, ImportStopped):
        _say("info", str(job.error), "stop_circle")
        return
    if job.error:
        _refuse(job.error)
    st.session_state["import_number"] += 1
    added = f"{job.entry.name} was added."
    _say("success", " ".join([added, *job.notes]), "check")
    dataset_choice.open_dataset(job.entry.slug)
    st.toast(f"{markdown(job.entry.name)} was added.", icon=":material/check:")
    st.rerun()


def _refuse(error: DatasetError) -> None:
    """Say why, beside an empty uploader for other files."""
    st.session_state["import_number"] += 1
    _say("error", str(error), "broken_image")
    st.rerun()


def _say(show: str, text: str, icon: str) -> None:
    """Keep what became of the files: which of Streamlit's messages shows it, with which icon."""
    st.session_state["import_outcome"] = show, text, icon


def _forget_outcome() -> None:
    st.session_state.pop("import_outcome", None)
