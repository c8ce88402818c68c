"""Which dataset the app looks at: the address's, chosen in Browse.

An address without one means the standard dataset, or what takes its place while that is not here.
"""

from __future__ import annotations

import streamlit as st

from fmnist.data import catalogue
from fmnist.data.catalogue import DatasetInfo
from fmnist.data.dataset import STANDARD, DatasetError
from fmnist.plain_text import markdown
from pages._shared import allowed, role, url

# What an address says about one dataset, and what means nothing in another.
_OF_ONE_DATASET = ("run", "runs", "index", "classes", "true", "predicted", "page")


def mend_choice() -> DatasetInfo:
    """The dataset looked at. Where the address's is not here, that of no choice: a warning says so,
    and the address is changed.
    """
    wanted, (usual, *others) = url.read("data"), catalogue.list_choices()
    for entry in others:
        if entry.slug == wanted:
            return entry
    if wanted not in (STANDARD, usual.slug):
        st.warning(f"There is no dataset “{markdown(wanted)}” here.", icon=":material/link_off:")
    if wanted != STANDARD:
        choose(STANDARD)
    return usual


def choose(slug: str, **values) -> None:
    """Look at another dataset from now on; `values` are put into the address with it.

    The usual one stays out of the address, so that what takes the standard dataset's place gives it
    back as soon as that is here.
    """
    is_usual = slug == catalogue.list_choices()[0].slug
    url.write(**{"data": STANDARD if is_usual else slug, **values})


def render_choice() -> None:
    """A select box, where there is more than one; beside it, to delete what was imported."""
    usual, *others = catalogue.list_choices()
    if others:
        entry = mend_choice()  # the box has no other choices
        names = {STANDARD: usual.name, **{entry.slug: entry.name for entry in others}}
        st.selectbox(
            "Dataset",
            names,
            format_func=names.get,
            label_visibility="collapsed",
            width=240,
            **url.bind("data", *_OF_ONE_DATASET),
        )
        if entry.is_imported:
            _render_delete(entry)


def _render_delete(entry: DatasetInfo) -> None:
    may = role.is_teacher()
    why_not = None if may else "Only the teacher may delete datasets."
    with st.popover("Delete", icon=":material/delete:", disabled=not may, help=why_not):
        st.markdown(
            f"Permanently delete “{markdown(entry.name)}” with its images? Runs trained on it "
            "stay, with their scores, but Evaluate will have no images to show for them."
        )
        st.button(
            "Delete permanently",
            type="primary",
            icon=":material/delete_forever:",
            key="delete_dataset",
            on_click=_delete,
            args=(entry.slug,),
        )


def _delete(slug: str) -> None:
    try:
        allowed.delete_dataset(slug)
        open_dataset(STANDARD)
    except (role.NotAllowed, DatasetError) as error:
        st.toast(markdown(error), icon=":material/error:", duration="infinite")


def name_choice() -> str:
    """Markdown: " on My digits, the data chosen in Browse"; nothing where there is one dataset."""
    several = len(catalogue.list_choices()) > 1
    return f" on {markdown(mend_choice().name)}, the data chosen in Browse" if several else ""


def open_dataset(slug: str) -> None:
    """Look at a dataset from its beginning."""
    choose(slug, **dict.fromkeys(_OF_ONE_DATASET))
