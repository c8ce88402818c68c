"""The model and the dataset stay the same from page to page, in addresses that do not name them.

A link without them is answered from the session. An address that a person types is a new session:
for that, the browser remembers them in a cookie, which counts where the address says nothing.
"""

from __future__ import annotations

import contextlib
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from fmnist.data import catalogue
from fmnist.runs import store
from pages._shared import url

COOKIE = "fmnist_lab"
_LONGEST = 600  # characters that are looked at


def restore(page: str) -> None:
    """Put what was carried so far into the address of `page`, unless that says otherwise."""
    before = st.session_state.get("carried")
    if before is None and not st.query_params:
        before = _parse(read_cookie())
    # The same page without them is the browser's Back.
    if before and st.session_state.get("carried_page") != page:
        url.write(**{name: value for name, value in before.items() if name not in st.query_params})
    st.session_state["carried"], st.session_state["carried_page"] = url.carried(), page


def to_cookie() -> str:
    """What `restore` is to find in another session of this browser; "" where there is nothing."""
    return urlencode(url.carried())


def read_cookie() -> str:
    """What this browser remembers, in whatever state it is."""
    return st.context.cookies.get(COOKIE, "")


def _parse(text: str) -> dict[str, str]:
    """The values in a cookie, as far as it makes sense and is still here.

    Another Lab on this computer shares the cookie, so that nothing is said of what is not.
    """
    found: dict[str, str] = {}
    for name, given in parse_qsl(text[:_LONGEST]):
        with contextlib.suppress(ValueError):
            if name in url.CARRIED:
                value = url.PARAMETERS[name].parse(given)
                _find(name, value)
                found[name] = value
    return found


def _find(name: str, value: str) -> None:
    """Raises ValueError where there is no such model or dataset."""
    if name == "model":
        store.load_run(value)
    elif value not in [entry.slug for entry in catalogue.list_choices()]:
        raise ValueError
