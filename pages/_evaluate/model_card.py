"""The model card of the run on screen, to read and to keep."""

from __future__ import annotations

import re
from pathlib import Path

import streamlit as st

from fmnist.plain_text import for_streamlit
from fmnist.runs import store
from fmnist.runs.store import Run
from pages._shared.data import dataset


def render(run: Run) -> None:
    """A section, closed at first, with the card computed from the run's own folder."""
    card = _write_card(str(run.run_dir), run.title, _stamp(run), dataset().fingerprint)
    with st.expander("Model card", icon=":material/id_card:"):
        shown = re.sub("^#", "####", card, flags=re.MULTILINE)  # smaller than the page's own
        st.markdown(for_streamlit(shown))
        st.download_button(
            "Download as Markdown",
            card,
            f"{run.run_id}-model-card.md",
            "text/markdown",
            icon=":material/download:",
            key="download_model_card",
            on_click="ignore",
        )


@st.cache_data(show_spinner=False, max_entries=20)
def _write_card(run_dir: str, title: str, written_at: int, fingerprint: str) -> str:
    """The card as Markdown; all that may change it is among the arguments."""
    from fmnist.evaluation.model_card import compute_model_card
    from fmnist.evaluation.model_card_text import format_model_card

    run = store.read_run(Path(run_dir))
    return format_model_card(compute_model_card(run, dataset().test_labels))


def _stamp(run: Run) -> int:
    """When the scores were written; 0 without them."""
    try:
        return run.file("results.json").stat().st_mtime_ns
    except OSError:
        return 0
