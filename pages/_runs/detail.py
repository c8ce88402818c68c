"""The run that was opened: its figures, its name, tags and note, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from fmnist import formats
from fmnist.plain_text import markdown, shorten
from fmnist.runs import store
from fmnist.runs.reader import MAX_NOTE, MAX_TAG, MAX_TAGS, MAX_TITLE
from fmnist.runs.store import Run
from fmnist.runs.tables import Summary
from pages._runs import actions, import_findings, take_away
from pages._runs.columns import STATUS_NAMES
from pages._runs.words import describe_settings
from pages._shared import allowed, role, url


def render_detail(run: Run, summary: Summary, known_tags: list[str]) -> None:
    """A frame about one run. known_tags: those of all runs, to choose from."""
    with st.container(border=True, key="run_detail"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{markdown(shorten(run.title, 44))}**", width="stretch")
            _render_links(run)
            take_away.render_downloads(run)
            if not run.is_bundled:
                actions.render_delete([run], "opened")
            st.button(
                "Close",
                icon=":material/close:",
                type="tertiary",
                key="close_run",
                on_click=url.write,
                kwargs={"run": None},
            )
        st.caption(_describe(summary))
        if run.config and summary.config:
            st.caption(f"Settings: {describe_settings(summary.config) or 'all defaults'}.")
        _render_remarks(run)
        if run.is_bundled:
            st.caption("The bundled run comes with the Lab; it cannot be renamed or deleted.")
        else:
            _render_words(run, known_tags)
        import_findings.render_findings(run)


def _describe(summary: Summary) -> str:
    parts = [STATUS_NAMES[summary.status]]
    for label, value in (
        ("test", summary.test_accuracy),
        ("validation", summary.best_val_accuracy),
    ):
        if value is not None:
            parts.append(f"{label} {formats.percent(value)}")
    if summary.epochs is not None:
        parts.append(f"{summary.epochs_done} of {summary.epochs} epochs")
    if summary.seconds is not None:
        parts.append(formats.duration(summary.seconds))
    if summary.parameters is not None:
        parts.append(f"{formats.count(summary.parameters)} parameters")
    if summary.started_at is None:
        parts.append(summary.origin)
    else:
        parts.append(formats.local_time(summary.started_at, st.context.timezone))
    return " · ".join(parts)


def _render_links(run: Run) -> None:
    if not (run.damaged or run.imported_model):
        st.page_link(
            "pages/train.py",
            label="Curves",
            icon=":material/monitoring:",
            query_params=url.link(run=run.run_id),
        )
    if run.has_scores:
        st.page_link(
            "pages/evaluate.py",
            label="Evaluate",
            icon=":material/query_stats:",
            query_params=url.link(model=run.run_id),
        )


def _render_remarks(run: Run) -> None:
    if run.damaged:
        st.warning(
            markdown(f"{run.title} is damaged: {run.damaged}."), icon=":material/broken_image:"
        )
    elif run.status.status == "failed":
        st.error(markdown(f"{run.title} failed: {run.status.message}"), icon=":material/error:")
    elif run.fine_tuned:
        st.caption(f":material/school: **{markdown(run.title)}**: {run.fine_tuned.explanation}")


def _render_words(run: Run, known_tags: list[str]) -> None:
    """Name, tags and note; each is saved by Enter, or by leaving its field."""
    name, tags, note = st.columns([2, 3, 4], vertical_alignment="bottom")
    is_others = not role.may_stop(run)
    name.text_input(
        "Name",
        value=run.title,
        max_chars=MAX_TITLE,
        key=f"rename_{run.run_id}",
        help="Enter saves it. Empty: the original name comes back.",
        disabled=is_others,
        on_change=_save,
        args=(_rename, run.run_id),
    )
    tags.multiselect(
        "Tags",
        known_tags,
        default=list(run.tags),
        max_selections=MAX_TAGS,
        accept_new_options=True,
        placeholder="Add a tag",
        key=f"tags_{run.run_id}",
        help=f"Words to sort runs by, of at most {MAX_TAG} characters each.",
        disabled=is_others,
        on_change=_save,
        args=(_tag, run.run_id),
    )
    note.text_input(
        "Note",
        value=run.note,
        max_chars=MAX_NOTE,
        placeholder="What you tried, what you saw",
        key=f"note_{run.run_id}",
        disabled=is_others,
        on_change=_save,
        args=(_write_note, run.run_id),
    )


def _rename(run_id: str) -> None:
    allowed.rename_run(run_id, st.session_state[f"rename_{run_id}"])


def _tag(run_id: str) -> None:
    allowed.annotate_run(run_id, tags=st.session_state[f"tags_{run_id}"])


def _write_note(run_id: str) -> None:
    allowed.annotate_run(run_id, note=st.session_state[f"note_{run_id}"])


def _save(write: Callable[[str], None], run_id: str) -> None:
    try:
        write(run_id)
    except (role.NotAllowed, store.RunsFolderError, store.RunNotFound) as error:
        st.session_state["run_problem"] = str(error)
