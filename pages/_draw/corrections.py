"""The corrections saved, on the Draw page: seen, opened, removed, exported and imported."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from fmnist.data.dataset import CLASS_NAMES
from fmnist.drawing import corrections
from fmnist.drawing.corrections import Correction, CorrectionError, CorrectionsFile
from fmnist.plain_text import markdown
from pages._draw import canvas
from pages._shared import allowed, role
from pages._shared.image_grid import render_grid

MOST_SHOWN = 60
SIZE = 56  # CSS pixels of an image


def try_change(change: Callable[[], None]) -> bool:
    """Make a change; what cannot be done is said below."""
    try:
        change()
    except (role.NotAllowed, CorrectionError) as error:
        st.session_state["correct_problem"] = str(error)
        return False
    return True


def render_corrections() -> int:
    """The corrections saved, newest first, each to be removed; returns how many there are."""
    if "correct_problem" in st.session_state:
        st.error(markdown(st.session_state.pop("correct_problem")), icon=":material/error:")
    try:
        kept = corrections.read_corrections()
    except CorrectionError as error:
        st.error(markdown(error), icon=":material/broken_image:")
        return 0
    if kept.unreadable:
        st.warning(
            f"{kept.unreadable} of the corrections in `{corrections.corrections_file()}` cannot "
            "be read. They stay in the file; the others are used.",
            icon=":material/broken_image:",
        )
    newest = kept.corrections[::-1]
    if newest:
        count = len(newest)
        st.markdown(f"**{count:,} correction{'s' if count > 1 else ''} saved** on this computer")
        _render_images(newest[:MOST_SHOWN])
    with st.container(horizontal=True):
        if newest:
            _render_change(
                "Undo the last correction", "undo", lambda: allowed.remove_correction(newest[0].key)
            )
        with st.popover("Export, import, remove all", icon=":material/import_export:"):
            _render_files(kept)
    return len(newest)


def _render_images(shown: tuple[Correction, ...]) -> None:
    pairs = [(CLASS_NAMES[one.label], CLASS_NAMES[one.predicted]) for one in shown]
    captions = [f"{label}\npredicted {predicted}" for label, predicted in pairs]
    said = [f"{label}; the model predicted {predicted}" for label, predicted in pairs]
    images = _images(tuple(one.key for one in shown), shown)
    position = render_grid(
        images, captions, alts=said, key="corrections", size=SIZE, label="Corrections"
    )
    if position is not None:
        st.session_state["correct_chosen"] = shown[position].key
    keys = [one.key for one in shown]
    if (chosen := st.session_state.get("correct_chosen")) not in keys:
        st.caption("Click one to open it on the canvas or to remove it.")
        return
    one = shown[keys.index(chosen)]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.image(images[keys.index(chosen)], width=SIZE)
        st.markdown(f"{said[keys.index(chosen)]}.", width="content")
        if one.drawing and st.button("Open", icon=":material/gesture:", key="correct_open"):
            canvas.replace(one.drawing)
            st.rerun()
        _render_change("Remove", "delete", lambda: allowed.remove_correction(chosen))


def _render_change(label: str, icon: str, change: Callable[[], None]) -> None:
    may = role.is_teacher()
    st.button(
        label,
        icon=f":material/{icon}:",
        disabled=not may,
        help=None if may else "Only the teacher may remove corrections that are saved.",
        on_click=try_change,
        args=(change,),
    )


@st.cache_data(show_spinner=False, max_entries=4)
def _images(keys: tuple[str, ...], _shown: tuple[Correction, ...]) -> np.ndarray:
    """uint8 (N, 28, 28); `keys` say what is shown."""
    return np.stack([one.image for one in _shown])


def _render_files(kept: CorrectionsFile) -> None:
    if kept.corrections:
        st.download_button(
            "Export (JSON)",
            lambda: corrections.to_json(kept.corrections),  # written only on the click
            "corrections.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
        )
    done = st.session_state.setdefault("corrections_imported", 0)  # a new uploader after each
    key = f"corrections_{done}"
    st.file_uploader("Import", "json", key=key, max_upload_size=8, on_change=_import, args=(key,))
    if kept.corrections or kept.unreadable:
        _render_change("Remove all corrections", "delete_sweep", allowed.clear_corrections)


def _import(key: str) -> None:
    if file := st.session_state[key]:
        try_change(lambda: corrections.add(*corrections.from_json(file.getvalue())))
        st.session_state["corrections_imported"] += 1
