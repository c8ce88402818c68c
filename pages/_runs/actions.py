"""What can be done with the runs selected: compare, export, delete."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from fmnist import formats
from fmnist.plain_text import markdown, shorten, to_csv
from fmnist.runs import store
from fmnist.runs.store import Run
from fmnist.runs.tables import summary_table
from pages._runs import choice
from pages._shared import allowed, role


def tell_apart(some: list[Run], most: int = 60) -> list[str]:
    """Titles of runs; the same title twice gets its run's seed, the time, and its id if need be.

    most: characters of a title, without what tells it apart.
    """
    zone = st.context.timezone
    titles = [shorten(run.title, most) for run in some]
    labels = titles
    for more in (
        lambda run: f"seed {run.config.seed}",
        lambda run: formats.local_time(formats.seconds_of(run.run_id), zone),
        lambda run: run.run_id,
    ):
        counts = Counter(labels)
        labels = [
            f"{title} ({more(run)})" if counts[label] > 1 else label
            for run, title, label in zip(some, titles, labels, strict=True)
        ]
    return labels


def render_problem() -> None:
    """Why the last change could not be made, once."""
    if "run_problem" in st.session_state:
        st.error(markdown(st.session_state.pop("run_problem")), icon=":material/error:")


def render_actions(chosen: list[Run], listed: list[Run]) -> None:
    """A row about the runs selected; without any, how to select and all those listed as a file."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if not chosen:
            st.caption(
                "A click on a row opens it. Select two rows to compare them, or more to export or "
                "delete them.",
                width="content",
            )
            st.download_button(
                "All as CSV",
                lambda: to_csv(summary_table(listed)),
                "runs.csv",
                "text/csv",
                icon=":material/download:",
                key="download_table",
                on_click="ignore",
            )
            return
        count = "1 run" if len(chosen) == 1 else f"{len(chosen)} runs"
        st.markdown(f"**{count} selected**", width="content")
        _render_export(chosen)
        own = [run for run in chosen if not run.is_bundled]
        if own:
            render_delete(own, "selected")
        st.button(
            "Clear selection",
            icon=":material/deselect:",
            type="tertiary",
            on_click=choice.select,
            args=([],),
        )
        if len(own) < len(chosen):
            st.caption("The bundled run comes with the Lab; it cannot be deleted.", width="content")


def _render_export(chosen: list[Run]) -> None:
    size = _count_bytes(tuple(run.run_id for run in chosen), chosen)
    is_large = len(chosen) > 1 and size > store.MAX_ZIP_BYTES
    st.download_button(
        "Export",
        lambda: store.zip_runs(chosen),
        f"{chosen[0].run_id}.zip" if len(chosen) == 1 else f"{len(chosen)}-runs.zip",
        "application/zip",
        icon=":material/download:",
        key="export_runs",
        on_click="ignore",
        disabled=is_large,
        help=f"{size / 1e6:,.0f} MB in {len(chosen)} runs: at most "
        f"{store.MAX_ZIP_BYTES / 1e6:.0f} MB are exported at once."
        if is_large
        else f"All files of {'this run' if len(chosen) == 1 else 'these runs'} as a zip, "
        f"{max(size / 1e6, 0.1):,.1f} MB.",
    )


@st.cache_data(show_spinner=False, max_entries=16, ttl=30)
def _count_bytes(run_ids: tuple[str, ...], _runs: list[Run]) -> int:
    """Of the runs with these ids: while something trains, the page looks again and again."""
    try:
        return store.count_bytes(_runs)
    except FileNotFoundError:  # deleted meanwhile
        return 0


def render_delete(some: list[Run], place: str) -> None:
    """Delete, after a question that names the run or how many there are.

    place: where on the page this stands.
    """
    is_live = any(run.is_live for run in some)
    may = all(role.may_delete(run) for run in some)
    why_not = "Stop a run before you delete it." if is_live else "Only the teacher may delete runs."
    with st.popover(
        "Delete",
        icon=":material/delete:",
        disabled=is_live or not may,
        help=why_not if is_live or not may else None,
        key=f"delete_{place}",
    ):
        if len(some) == 1:
            what = f"“{markdown(some[0].title)}” with its model, curves and scores"
        else:
            what = f"these {len(some)} runs with their models, curves and scores"
        st.markdown(f"Permanently delete {what}?")
        st.button(
            "Delete permanently",
            type="primary",
            icon=":material/delete_forever:",
            key=f"delete_{place}_confirm",
            on_click=_delete,
            args=(some,),
        )


def _delete(some: list[Run]) -> None:
    gone = []
    try:
        for run in some:
            allowed.delete_run(run)
            gone.append(run.run_id)
    except ValueError as error:
        st.session_state["run_problem"] = str(error)
    choice.forget(gone)
