"""On a phone, Start lies at the bottom of the settings and the panel that it fills above them."""

from __future__ import annotations

import streamlit as st

from pages._shared.style import read_beside

_component = st.components.v2.component(
    "fmnist_bring_into_view", html="<i></i>", js=read_beside(__file__, "bring_into_view.js")
)


def bring_into_view(run_id: str) -> None:
    """Scroll to the watched run's panel when another run than before is watched and it is away."""
    _component(key="train_bring_into_view", data=run_id, height=1)
