"""The questions about one scored model, a page each: links to them all on top of every one."""

from __future__ import annotations

import streamlit as st

from pages._shared import url

# By the page's address. The sidebar lists them below Evaluate while one of them is open.
BESIDE_SCORES = {
    "confidence": ("Confidence", ":material/speed:"),
    "slices": ("Weak spots", ":material/target:"),
    "map": ("Map", ":material/scatter_plot:"),
    "epochs": ("Epochs", ":material/history:"),
    "labels": ("Labels", ":material/label:"),
    "match": ("You against it", ":material/sports_score:"),
    "challenge": ("Challenge", ":material/groups:"),
}
QUESTIONS = {"evaluate": ("Scores", ":material/query_stats:"), **BESIDE_SCORES}


def render_links() -> None:
    with st.container(horizontal=True, gap="small", key="questions"):
        for page, (label, icon) in QUESTIONS.items():
            st.page_link(
                f"pages/{page}.py",
                label=label,
                icon=icon,
                query_params=url.link(),
                width="content",
            )
