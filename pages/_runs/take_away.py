"""What can be taken away of one run: programs, a report, a receipt, its files."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from fmnist.data import catalogue
from fmnist.export.script import make_notebook, make_script, why_not
from fmnist.plain_text import markdown
from fmnist.runs import receipt, store
from fmnist.runs.store import Run

_FILES = (
    ("Receipt", ":material/receipt_long:", receipt.FILE, "application/json"),
    ("Model (model.keras)", ":material/neurology:", "model.keras", "application/octet-stream"),
    ("Curves (history.csv)", ":material/monitoring:", "history.csv", "text/csv"),
)


def render_downloads(run: Run) -> None:
    """One popover; each thing is made on the click that asks for it."""
    with st.popover("Take it away", icon=":material/download:", key="take_away"):
        reason = why_not(run)
        for label, icon, name, make in (
            ("Script", ":material/terminal:", "train.py", make_script),
            ("Notebook", ":material/book_2:", "train.ipynb", make_notebook),
        ):
            _render_button(
                run, label, icon, name, "text/plain", lambda make=make: make(run), problem=reason,
                help="This training in plain Keras, without the Lab.",
            )  # fmt: skip
        if run.has_scores:
            slug = _find_data(run.run_id, run.stamp)
            gone = "" if slug else "The dataset that this run was scored on is not here."
            _render_button(
                run, "Report", ":material/article:", "report.html", "text/html",
                lambda: _make_report(run, slug), problem=gone,
                help="Curves, matrix, mistakes, settings and model card in one file that opens "
                "offline.",
            )  # fmt: skip
            _render_button(
                run, "Model card", ":material/id_card:", "model-card.md", "text/markdown",
                lambda: _write_card(run, slug), problem=gone,
            )  # fmt: skip
        for label, icon, name, mime in _FILES:
            if run.file(name).is_file():
                _render_button(run, label, icon, name, mime, run.file(name).read_bytes)
        _render_button(
            run, "Everything (zip)", ":material/folder_zip:", "", "application/zip",
            lambda: store.zip_runs([run]),
        )  # fmt: skip


def _render_button(
    run: Run,
    label: str,
    icon: str,
    name: str,
    mime: str,
    make: Callable[[], str | bytes],
    *,
    problem: str = "",
    help: str = "",  # noqa: A002 - Streamlit's own word
) -> None:
    """problem: why there is nothing to be had."""
    st.download_button(
        label,
        make,
        f"{run.run_id}-{name}" if name else f"{run.run_id}.zip",
        mime,
        icon=icon,
        key=f"take_{name or 'zip'}",
        on_click="ignore",
        disabled=bool(problem),
        help=markdown(problem) if problem else help or None,
        width="stretch",
    )


@st.cache_data(show_spinner=False, max_entries=50, ttl=60)
def _find_data(run_id: str, stamp: int) -> str | None:
    """By what its files say; a page with a live run asks again and again."""
    from fmnist.export.report import find_data

    return find_data(store.load_run(run_id))


def _make_report(run: Run, slug: str) -> str:
    from fmnist.export.report import make_report

    return make_report(run, catalogue.load(slug))


def _write_card(run: Run, slug: str) -> str:
    from fmnist.evaluation.model_card import compute_model_card
    from fmnist.evaluation.model_card_text import format_model_card

    return format_model_card(compute_model_card(run, catalogue.load(slug).test_labels))
