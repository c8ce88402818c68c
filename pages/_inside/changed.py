"""What was changed on the image in this tab; it lasts until another image is looked at."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import streamlit as st

from fmnist.explain import edits
from fmnist.explain.edits import Moves

_KEY = "inside_changed"


def read(image: np.ndarray) -> dict:
    """`paint` as `edits.read_paint` reads it, `moves`, `begun` (which names this beginning), and
    `is_explained`: whether the other views show the image with its changes.
    """
    of = hashlib.sha1(image.tobytes(), usedforsecurity=False).hexdigest()[:12]
    kept = st.session_state.get(_KEY)
    if kept is None or kept["of"] != of:
        kept = {"of": of, "paint": "", "moves": Moves(), "begun": f"{of}-0", "is_explained": False}
        st.session_state[_KEY] = kept
    return kept


def keep_moves(image: np.ndarray, **moves: float) -> None:
    kept = read(image)
    kept["moves"] = replace(kept["moves"], **moves)


def reset(image: np.ndarray) -> None:
    """The image as it was; the painter and the sliders begin anew."""
    kept = read(image)
    begun = int(kept["begun"].split("-")[1]) + 1
    kept.update(paint="", moves=Moves(), begun=f"{kept['of']}-{begun}", is_explained=False)


def explain(image: np.ndarray, with_changes: bool) -> None:
    read(image)["is_explained"] = with_changes


def apply(image: np.ndarray) -> np.ndarray:
    """The image with its changes."""
    kept = read(image)
    return edits.move(edits.paint(image, edits.read_paint(kept["paint"])), kept["moves"])
