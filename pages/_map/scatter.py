"""Ten thousand points on a canvas: hover shows the image, a drag outlines some, a click opens one.

The thumbnails of all of them are one picture of a megabyte, which the tab keeps: it is sent, by a
component of its own, when the points' component says that it lacks it.
"""

from __future__ import annotations

import base64
import contextlib
from dataclasses import dataclass

import numpy as np
import streamlit as st

from fmnist.data.dataset import Dataset
from fmnist.data.idx import SIDE
from fmnist.evaluation.evaluate import Evaluation
from fmnist.images import sprite_webp
from pages._shared import url
from pages._shared.parameters import MOST_CORNERS
from pages._shared.style import read_beside

_KEY = "map"
_LARGEST = 65_535  # of a coordinate as it travels
_COLUMNS = 100  # of the thumbnails' sheet

_component = st.components.v2.component(
    "fmnist_map",
    html=read_beside(__file__, "scatter.html"),
    css=read_beside(__file__, "scatter.css"),
    js=read_beside(__file__, "scatter.js"),
)
_thumbnails = st.components.v2.component(
    "fmnist_map_thumbnails", html="<span hidden></span>", js=read_beside(__file__, "scatter.js")
)


@dataclass(frozen=True, eq=False)
class Dots:
    """points: float32 (N, 2) from 0 to `units`, downwards. shown: bool (N,), which are not faded;
    None: all. by: what colours them, "true", "predicted" or "result".
    """

    points: np.ndarray
    shown: np.ndarray | None
    by: str
    colours: list[str]
    legend: list[tuple[str, str]]
    outline: list[tuple[int, int]]
    units: int


def render(dots: Dots, evaluation: Evaluation, data: Dataset) -> int | None:
    """Draw them; returns the index of the image that was just clicked.

    What was outlined goes into the address (`outline`).
    """
    count = len(dots.points)
    key = f"{data.fingerprint}-{count}"
    labels, predictions = evaluation.labels[:count], evaluation.predictions[:count]
    scaled = np.round(dots.points / dots.units * _LARGEST).astype("<u2")
    content = [
        _pack(scaled),
        _pack(labels),
        _pack(predictions),
        _pack(np.round(evaluation.confidence[:count] * 100).astype(np.uint8)),
        None if dots.shown is None else _pack(dots.shown.astype(np.uint8)),
    ]
    names = ("points", "labels", "predictions", "confidence", "shown")
    settings = {
        "by": dots.by,
        "colours": dots.colours,
        "legend": dots.legend,
        "outline": dots.outline,
        "units": dots.units,
        "largest": _LARGEST,
        "side": SIDE,
        "names": list(evaluation.class_names),
        "key": key,
        "label": f"{count:,} test images as points; the filters above choose among them too",
    }
    seen = str(hash((*content, repr(settings))))
    result = _component(
        key=_KEY,
        # In a list: given a dictionary, Streamlit imports pandas to look for tables in it.
        data=[{**dict(zip(names, content, strict=True)), **settings, "content": seen}],
        on_opened_change=lambda: None,
        on_outlined_change=_keep_outline,
        on_lacks_change=lambda: None,
    )
    if result.lacks == key:
        sheet = {"sheet": _sheet(data.test_images[:count], key), "key": key, "columns": _COLUMNS}
        _thumbnails(key="map_thumbnails", data=[sheet])
    match result.opened:
        case {"value": int(index), "content": str(content)} if content == seen and index < count:
            return index
    return None


def _keep_outline() -> None:
    match st.session_state.get(_KEY, {}).get("outlined"):
        case {"value": [*corners]}:
            with contextlib.suppress(TypeError, ValueError):
                places = [(int(x), int(y)) for x, y in corners][:MOST_CORNERS]
                url.write(outline=[place for place in places if min(place) >= 0], page=None)


def _pack(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode("ascii")


@st.cache_data(max_entries=2, show_spinner="Preparing thumbnails …")
def _sheet(_images: np.ndarray, key: str) -> str:
    webp = base64.b64encode(sprite_webp(_images, _COLUMNS)).decode("ascii")
    return f"data:image/webp;base64,{webp}"
