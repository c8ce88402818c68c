"""The model card of the run on screen, to read and to keep."""

from __future__ import annotations

import re

import streamlit as st

from fmnist import runs
from fmnist.runs import Run
from pages import _data


def render(run: Run) -> None:
    """A section, closed at first, with the card computed from the run's own folder."""
    written_at = run.file("results.json").stat().st_mtime_ns
    card = _write_card(run.run_id, run.title, written_at, _data.dataset().fingerprint)
    with st.expander("Model card", icon=":material/id_card:"):
        st.markdown(re.sub("^#", "####", card, flags=re.MULTILINE))  # smaller than the page's own
        st.download_button(
            "Download (Markdown)",
            card,
            f"{run.run_id}-model-card.md",
            "text/markdown",
            icon=":material/download:",
            key="download_model_card",
            on_click="ignore",
        )


@st.cache_data(show_spinner=False, max_entries=20)
def _write_card(run_id: str, _title: str, _written_at: int, _fingerprint: str) -> str:
    from fmnist.model_card import compute_model_card, format_model_card

    run = runs.load_run(run_id)
    return format_model_card(compute_model_card(run, _data.dataset().test_labels))
