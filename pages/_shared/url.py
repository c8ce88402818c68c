"""What is being looked at, in the address bar: parsed and validated by the table of `parameters`.

A page reads with `read`, ties a widget to a parameter with `bind`, and links with `link`. Whatever
a stranger puts into an address becomes a valid value or the default, with a polite warning.

The model and the dataset go along to every page: links name them, and `carried.restore` puts them
back where an address was typed.
"""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from fmnist.plain_text import markdown
from pages._shared.parameters import PARAMETERS

CARRIED = ("model", "data")  # what goes along to every page


def read(name: str) -> Any:
    """The parameter's value, or its default when absent or senseless (then with a warning)."""
    parameter = PARAMETERS[name]
    text = st.query_params.get(name)
    if text is None:
        return parameter.default
    try:
        if len(text) > parameter.longest:
            raise ValueError
        return parameter.parse(text)
    except ValueError:
        shown = re.sub(r"[^\w.,-]", "·", text[:40])
        st.warning(
            f"The address asks for {markdown(f'{name} “{shown}”')}, which should be "
            f"{parameter.expected}. Showing the default instead.",
            icon=":material/link_off:",
        )
        del st.query_params[name]
        return parameter.default


def write(**values: Any) -> None:
    """Put values into the address; None, or a parameter's default, takes it out.

    All at once, so that the browser's Back never stops halfway.
    """
    query = st.query_params.to_dict()
    for name, value in values.items():
        parameter = PARAMETERS[name]
        query.pop(name, None)
        if value is not None and value != parameter.default:
            query[name] = parameter.format(value)
    if query != st.query_params.to_dict():
        st.query_params.from_dict(query)
    st.session_state["carried"] = carried()


def show() -> None:
    """Make the browser's address say what this run was asked for; once a run, before any `write`.

    Streamlit follows a link from a page to itself without moving the address. Where the address
    says so already, this does nothing, also to the browser's history.
    """
    st.query_params.from_dict(st.query_params.to_dict())


def carried() -> dict[str, str]:
    """Of what goes along to every page, what the address says, as it stands there."""
    return {name: st.query_params[name] for name in CARRIED if name in st.query_params}


def link(**values: Any) -> dict[str, str]:
    """`query_params` of a link to another page, which carries the model and the dataset along."""
    kept = carried()
    values = {**kept, **values}
    return {
        name: PARAMETERS[name].format(value) for name, value in values.items() if value is not None
    }


def bind(name: str, *resets: str) -> dict[str, Any]:
    """Keyword arguments that tie a widget to a parameter: the address holds the value.

    A change writes the address; the parameters in `resets` (a page number, say) are taken out.
    """
    key = f"url_{name}"
    st.session_state[key] = read(name)

    def keep() -> None:
        write(**dict.fromkeys(resets), **{name: st.session_state[key]})

    return {"key": key, "on_change": keep}
