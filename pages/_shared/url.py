"""What is being looked at, in the address bar: one table of parameters, parsed and validated.

A page reads with `read`, ties a widget to a parameter with `bind`, and links with `link`. Whatever
a stranger puts into an address becomes a valid value or the default, with a polite warning.

The model and the dataset go along to every page: links name them, and `carried.restore` puts them
back where an address was typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from fmnist.config import DATASET_SLUG
from fmnist.data.dataset import STANDARD
from fmnist.drawing.strokes import MAX_LINK, from_link, to_link
from fmnist.plain_text import clean, markdown
from fmnist.runs.store import RUN_ID

_MAX_LENGTH = 600  # characters of most parameters: ten run ids fit
CARRIED = ("model", "data")  # what goes along to every page


@dataclass(frozen=True)
class _Parameter:
    """`parse` turns the text into a value or raises ValueError; `expected` says what is allowed."""

    default: Any
    parse: Callable[[str], Any]
    expected: str
    format: Callable[[Any], str] = str
    longest: int = _MAX_LENGTH


def _whole(low: int, high: int, default: int | None = None) -> _Parameter:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,10}", text) or not low <= int(text) <= high:
            raise ValueError
        return int(text)

    return _Parameter(default, parse, f"a whole number from {low} to {high}")


def _choice(*choices: str) -> _Parameter:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError
        return text

    return _Parameter(choices[0], parse, f"one of {', '.join(choices)}")


def _list_of(one: _Parameter, most: int) -> _Parameter:
    def parse(text: str) -> list[Any]:
        values = [one.parse(part) for part in text.split(",")] if text else []
        if len(values) > most:
            raise ValueError
        return list(dict.fromkeys(values))

    expected = f"up to {most} values separated by commas, each {one.expected}"
    return _Parameter([], parse, expected, lambda values: ",".join(map(str, values)))


def _run_id(text: str) -> str:
    if text != "bundled" and not RUN_ID.fullmatch(text):
        raise ValueError
    return text


def _slug(text: str) -> str:
    if not DATASET_SLUG.fullmatch(text):
        raise ValueError
    return text


_CLASS = _whole(0, 9)
_A_RUN = _Parameter(None, _run_id, "the id of a run")

PARAMETERS: dict[str, _Parameter] = {
    "data": _Parameter(STANDARD, _slug, "the short name of a dataset"),
    "model": _A_RUN,
    "run": _A_RUN,
    "runs": _list_of(_A_RUN, 10),
    "shown": _Parameter(
        None,
        lambda text: [] if text == "none" else _list_of(_A_RUN, 10).parse(text),
        "the ids of up to 10 runs, separated by commas, or none",
        lambda run_ids: ",".join(run_ids) or "none",
    ),
    "metric": _choice("accuracy", "loss", "learning_rate"),
    "curves": _choice("val", "train", "both"),
    "along": _choice("epochs", "seconds"),
    "smoothing": _whole(0, 95, 0),
    "find": _Parameter("", lambda text: clean(text, 60), "words to look for"),
    "group": _Parameter(
        False, lambda text: bool(_whole(0, 1).parse(text)), "0 or 1", "{:d}".format
    ),
    "split": _choice("train", "test"),
    "seed": _whole(0, 2**31 - 1, 0),
    "classes": _list_of(_CLASS, 10),
    "count": _whole(25, 400, 100),
    "index": _whole(0, 999_999),
    "true": _CLASS,
    "predicted": _CLASS,
    "show": _choice("wrong", "right", "all"),
    "sort": _choice("mistake", "uncertain", "index"),
    "min_confidence": _whole(0, 100, 0),
    "max_confidence": _whole(0, 100, 100),
    "matrix": _choice("counts", "rows", "share", "errors"),
    "view": _Parameter(None, lambda text: _word(text), "a short word"),
    "page": _whole(1, 10_000, 1),
    "recipe": _Parameter(None, lambda text: _word(text), "the name of a recipe"),
    "section": _Parameter(None, lambda text: _word(text), "a short word"),
    "drawing": _Parameter((), from_link, "a drawing as the Draw page shares it", to_link, MAX_LINK),
}


def _word(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]{1,30}", text):
        raise ValueError
    return text


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
