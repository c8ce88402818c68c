"""Choosing a true and a predicted class, which the address names."""

from __future__ import annotations

import streamlit as st

from pages._shared import url


def render(class_names: tuple[str, ...], width: int) -> None:
    """width: of each of the two, CSS pixels."""
    for name, label in (("true", "True class"), ("predicted", "Predicted class")):
        st.selectbox(
            label,
            range(len(class_names)),
            index=None,
            format_func=class_names.__getitem__,
            placeholder="Any",
            width=width,
            **url.bind(name, "page"),
        )
