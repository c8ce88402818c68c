"""The style sheets: files beside the parts that they are for, all loaded here."""

from __future__ import annotations

from pathlib import Path

import streamlit as st


def read_beside(part: str, name: str) -> str:
    """The text of the file `name` that lies beside a part, given by its `__file__`."""
    return (Path(part).parent / name).read_text(encoding="utf-8")


def style_beside(part: str, name: str) -> str:
    """The style sheet `name` beside a part as an element for `st.html`."""
    return f"<style>\n{read_beside(part, name)}</style>\n"


def render_frame() -> None:
    """What is around every page."""
    st.html(style_beside(__file__, "frame.css"))
