"""The browser's memory of the drawing, for when the page is loaded again: a tab's own storage."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

_KEY = "drawing_memory"

# Keeps the drawing, as a link has it; hands it over when Python has none.
_component = st.components.v2.component(
    "fmnist_drawing_memory",
    js="""
const name = "fmnist-lab-drawing";
const met = new WeakSet();
export default function ({ data: [link], parentElement, setStateValue }) {
  try {
    const kept = met.has(parentElement) ? null : sessionStorage.getItem(name);
    met.add(parentElement);
    if (!link && kept) setStateValue("kept", kept);
    else sessionStorage.setItem(name, link);
  } catch {
    // Storage is full or forbidden: the drawing lasts as long as the session.
  }
}
""",
)


def keep_in_browser(link: str, bring_back: Callable[[str], None]) -> None:
    """Have the browser keep a drawing as a link has it; "" is none.

    bring_back: called with the one that the browser has kept when there is none here.
    """

    def hand_over() -> None:
        kept = st.session_state.get(_KEY, {}).get("kept")
        if isinstance(kept, str):
            bring_back(kept)

    _component(key=_KEY, data=[link], on_kept_change=hand_over)
