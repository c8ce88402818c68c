"""The sidebar of every page: the model in hand, the pages, and what trains."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from pages._evaluate import questions
from pages._shared import all_runs, carried, frame, live_strip, model_in_hand, teacher, url


def render(page: StreamlitPage, pages: Sequence[StreamlitPage]) -> None:
    """For `page` of `pages`. The links name the model and the dataset, also in a new tab."""
    url.show()
    carried.restore(page.url_path)
    everything = all_runs.read()
    model_in_hand.render_choice(page.url_path, everything)
    with st.sidebar, st.container(key="pages", gap="xxsmall"):
        for other in pages:
            if other.url_path not in questions.BESIDE_SCORES:
                st.page_link(other, query_params=url.link())
            if other.url_path == "evaluate" and page.url_path in questions.QUESTIONS:
                _render_more_questions(pages)
    live_strip.render(everything)
    teacher.render()
    frame.render(page.url_path)


def _render_more_questions(pages: Sequence[StreamlitPage]) -> None:
    with st.container(key="more_questions", gap="xxsmall"):
        for other in pages:
            if other.url_path in questions.BESIDE_SCORES:
                st.page_link(other, icon="", query_params=url.link())
