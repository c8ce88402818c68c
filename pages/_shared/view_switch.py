"""The switch between the views of a page, which the address names."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages._shared import url


def render(labels: Mapping[str, str], *resets: str) -> str:
    """The view chosen of these, by name; the first where the address names none of them.

    Another choice takes the parameters in `resets` out of the address.
    """
    binding = url.bind("view", *resets)
    if st.session_state[binding["key"]] not in labels:
        st.session_state[binding["key"]] = next(iter(labels))
    return st.segmented_control(
        "View",
        list(labels),
        format_func=labels.get,
        required=True,
        label_visibility="collapsed",
        **binding,
    )
