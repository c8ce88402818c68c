"""To the previous or next image, and what is said of one that is not there."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist import formats
from pages._shared import url


def render_pager(index: int, seen: np.ndarray, count: int, back: str, icon: str) -> None:
    """A button back to where the person came from, and one image on or back.

    seen: the images there, in their order; where `index` is none of them, all `count` are stepped
    through. back, icon: label and Material icon of the way back.
    """
    order = seen if index in seen else np.arange(count)
    position = int(np.flatnonzero(order == index)[0])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(back, icon=icon, on_click=url.write, kwargs={"index": None})
        for label, arrow, step in (("Previous", "back", -1), ("Next", "forward", 1)):
            inside = 0 <= position + step < len(order)
            st.button(
                label,
                icon=f":material/arrow_{arrow}:",
                disabled=not inside,
                on_click=url.write,
                kwargs={"index": int(order[position + step]) if inside else index},
            )
        st.caption(f"{formats.count(position + 1)} of {formats.count(len(order))}", width="content")


def render_no_such_image(index: int, count: int, instead: str) -> None:
    """Say that there are only `count` images and what is shown `instead`; mend the address."""
    st.warning(
        f"The address asks for image {formats.count(index)}; the last one is "
        f"{formats.count(count - 1)}. Showing {instead} instead.",
        icon=":material/link_off:",
    )
    url.write(index=None)
