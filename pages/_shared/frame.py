"""What the browser itself has to do on every page: remember, close the phone's menu, scroll."""

from __future__ import annotations

import streamlit as st

from pages._shared import carried, role, url
from pages._shared.style import read_beside

_component = st.components.v2.component(
    "fmnist_frame", html="<span></span>", js=read_beside(__file__, "frame.js")
)


def render(page: str) -> None:
    """For the page of this address; last in the sidebar, where it takes no room."""
    cookie = carried.to_cookie()
    with st.sidebar:
        _component(
            key="frame",
            # In a list: given a dictionary, Streamlit imports pandas to look for tables in it.
            data=[
                {
                    "cookies": [(carried.COOKIE, cookie), *role.cookies()],
                    "place": f"{page}?{cookie}",
                    "section": url.read("section") or "",
                }
            ],
        )
