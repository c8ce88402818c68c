"""What can be done with the runs selected: open, download, rename, delete."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import streamlit as st

from fmnist.plain_text import markdown, to_csv
from fmnist.runs import store
from fmnist.runs.store import Run
from pages._shared import url

if TYPE_CHECKING:
    import pandas as pd


def tell_apart(some: list[Run]) -> list[str]:
    """Titles of runs; the same title twice gets its run's origin, and its id if need be."""
    labels = [run.title for run in some]
    for more in (lambda run: run.origin, lambda run: run.run_id):
        counts = Counter(labels)
        labels = [
            f"{run.title} ({more(run)})" if counts[label] > 1 else label
            for run, label in zip(some, labels, strict=True)
        ]
    return labels


def render_without_choice(table: pd.DataFrame) -> None:
    """What can be done with all runs, as `tables.summary_table` lists them."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            "Select rows to open, compare, rename, delete or download runs.", width="content"
        )
        st.download_button(
            "All as CSV",
            lambda: to_csv(table),
            "runs.csv",
            "text/csv",
            icon=":material/download:",
            key="download_table",
            on_click="ignore",
        )


def render_actions(chosen: list[Run]) -> None:
    """A row of links and menus; those about one run only when one is chosen."""
    if "run_problem" in st.session_state:
        st.error(markdown(st.session_state.pop("run_problem")), icon=":material/error:")
    with st.container(horizontal=True, vertical_alignment="center"):
        if len(chosen) == 1:
            run = chosen[0]
            st.markdown(f"**{markdown(run.title)}**", width="content")
            _render_links(run)
            if not run.is_bundled:
                _render_rename(run)
            _render_downloads(run)
        else:
            st.markdown(f"**{len(chosen)} runs**", width="content")
        if any(run.is_bundled for run in chosen):
            st.caption("The bundled run comes with the Lab; it cannot be renamed or deleted.")
        else:
            _render_delete(chosen)
    for run in chosen:
        if run.damaged:
            st.warning(
                markdown(f"{run.title} is damaged: {run.damaged}."), icon=":material/broken_image:"
            )
        elif run.status.status == "failed":
            st.error(markdown(f"{run.title} failed: {run.status.message}"), icon=":material/error:")
        elif run.fine_tuned:
            st.caption(f":material/school: **{markdown(run.title)}**: {run.fine_tuned.explanation}")


def _render_links(run: Run) -> None:
    link = url.link(run=run.run_id)
    if not (run.damaged or run.imported_model):
        st.page_link(
            "pages/train.py", label="Curves", icon=":material/monitoring:", query_params=link
        )
    if run.has_scores:
        st.page_link(
            "pages/evaluate.py", label="Evaluate", icon=":material/query_stats:", query_params=link
        )


def _render_rename(run: Run) -> None:
    with st.popover("Rename", icon=":material/edit:"):
        st.text_input(
            "New name",
            value=run.title,
            max_chars=60,
            key=f"rename_{run.run_id}",
            help="Empty: the original name comes back.",
        )
        st.button("Save the name", key="rename_save", on_click=_rename, args=(run,))


def _rename(run: Run) -> None:
    try:
        store.rename_run(run, st.session_state[f"rename_{run.run_id}"])
    except store.RunsFolderError as error:
        st.session_state["run_problem"] = str(error)


def _render_downloads(run: Run) -> None:
    with st.popover("Download", icon=":material/download:"):
        # Read and zipped only on the click: a page with many runs stays light.
        for label, name, mime in (
            ("Model (model.keras)", "model.keras", "application/octet-stream"),
            ("Curves (history.csv)", "history.csv", "text/csv"),
        ):
            if run.file(name).is_file():
                st.download_button(
                    label,
                    run.file(name).read_bytes,
                    f"{run.run_id}-{name}",
                    mime,
                    key=f"download_{name}",
                    on_click="ignore",
                    width="stretch",
                )
        st.download_button(
            "Everything (zip)",
            lambda: store.zip_run(run),
            f"{run.run_id}.zip",
            "application/zip",
            key="download_zip",
            on_click="ignore",
            width="stretch",
        )


def _render_delete(chosen: list[Run]) -> None:
    is_live = any(run.is_live for run in chosen)
    with st.popover("Delete", icon=":material/delete:", disabled=is_live):
        what = f"“{markdown(chosen[0].title)}”" if len(chosen) == 1 else f"these {len(chosen)} runs"
        st.markdown(f"Delete {what} for good? The model, its curves and scores are lost.")
        st.button(
            "Delete for good",
            type="primary",
            icon=":material/delete_forever:",
            key="delete_confirm",
            on_click=_delete,
            args=(chosen,),
        )
    if is_live:
        st.caption("Stop a run before deleting it.")


def _delete(chosen: list[Run]) -> None:
    try:
        for run in chosen:
            store.delete_run(run)
            if st.query_params.get("run") == run.run_id:
                url.write(run=None)
        url.write(runs=None)
    except ValueError as error:
        st.session_state["run_problem"] = str(error)
