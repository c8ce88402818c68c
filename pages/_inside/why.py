"""Why this answer: the pixels that speak for a class, and against it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st

from fmnist import formats
from fmnist.explain import contrast
from fmnist.explain.contrast import Contrast
from fmnist.explain.results import Attribution
from fmnist.figures import heat
from fmnist.figures.palette import RIGHT_RGB, WRONG_RGB
from fmnist.plain_text import markdown
from fmnist.runs import outputs
from fmnist.runs.store import Run
from pages._inside import ask
from pages._shared.style import style_beside

_STYLE = style_beside(__file__, "pictures.css")
_GRAD_CAM_HELP = (
    "Each feature map of a layer is weighted by how much the class's score rises with it; the "
    "weighted maps are added up, and what is below zero is left out. A deep layer has seen "
    "most and knows least about where: its map has few places, enlarged over the image."
)
_OCCLUSION_HELP = (
    "A black square of 8 × 8 pixels is moved over the image, 4 pixels at a time, and the model is "
    "asked each time. A pixel shows how much the class's probability fell, on average, while it "
    "was covered. Covering what is black already changes nothing."
)


def render(run: Run, image: np.ndarray) -> None:
    """For `image`, uint8 (28, 28)."""
    attribution, names = ask.attribution(run, image), outputs.read_class_names(run)
    ranked = contrast.rank_classes(attribution.probabilities)
    best = ranked[0]
    st.markdown(
        f"The model says **{markdown(names[best])}** "
        f"({formats.percent(attribution.probabilities[best])}); next comes "
        f"{markdown(names[ranked[1]])} "
        f"({formats.percent(attribution.probabilities[ranked[1]])})."
    )
    left, right = st.columns(2)
    first = _choose(left, "Why", ranked, attribution, names)
    others = [label for label in ranked if label != first]
    second = _choose(right, "Why not", others, attribution, names)
    _render_grad_cam(attribution, image, first, second, names)
    _render_occlusion(attribution, image, first, second, names)


def _choose(
    place: st.delta_generator.DeltaGenerator,
    label: str,
    ranked: list[int],
    attribution: Attribution,
    names: Sequence[str],
) -> int:
    """One of the classes, the most likely first; another image starts with its own."""
    likely = {
        each: f"{names[each]} · {formats.percent(attribution.probabilities[each])}"
        for each in ranked
    }
    key = f"inside_{label}_{ranked}"
    return place.selectbox(label, ranked, format_func=likely.get, key=key)


def _render_grad_cam(
    attribution: Attribution, image: np.ndarray, first: int, second: int, names: Sequence[str]
) -> None:
    st.subheader("Grad-CAM", help=_GRAD_CAM_HELP)
    sites = attribution.sites
    if not sites:
        st.info(
            "This network has no convolution, so there is no feature map to look at. What the "
            "covered square shows holds for every network.",
            icon=":material/info:",
        )
        return
    chosen = contrast.choose_site(attribution)
    if len(sites) > 1:
        chosen = st.segmented_control(
            "Layer",
            range(len(sites)),
            default=chosen,
            format_func=lambda place: f"{sites[place].rows} × {sites[place].columns}",
            required=True,
            key=f"inside_site_{len(sites)}",
            help="By the size of its maps: early layers on the left, the last on the right.",
        )
    found = contrast.compare(attribution, first, second, chosen)
    assert found.cams is not None
    site = sites[chosen]
    st.caption(
        f"Layer {markdown(site.layer)}, whose maps have {site.rows} × {site.columns} places. "
        "What raises the class's score before the softmax is blue."
    )
    notes = ["" if cam.any() else "nothing here speaks for it" for cam in found.cams[:2]]
    _render_three(image, found.cams, found.cam_peak, first, second, names, notes)


def _render_occlusion(
    attribution: Attribution, image: np.ndarray, first: int, second: int, names: Sequence[str]
) -> None:
    st.subheader("Covering a part", help=_OCCLUSION_HELP)
    found: Contrast = contrast.compare(attribution, first, second)
    first_said, second_said = (
        contrast.describe_falls(attribution, label, names) for label in (first, second)
    )
    st.caption(
        f"{markdown(first_said)}. {markdown(second_said)}. Full colour stands for "
        f"{100 * found.fall_peak:.0f} points."
    )
    _render_three(image, found.falls, found.fall_peak, first, second, names, ["", ""])


def _render_three(
    image: np.ndarray,
    maps: np.ndarray,
    peak: float,
    first: int,
    second: int,
    names: Sequence[str],
    notes: Sequence[str],
) -> None:
    """The map of each class, and the one less the other, on one scale."""
    titles = (names[first], names[second], f"{names[first]} or {names[second]}?")
    said = (*notes, f"blue: for {names[first]}, orange: for {names[second]}")
    figures = "".join(
        f'<figure><img src="{heat.overlay_heat(image, each, peak)}" '
        f'alt="{escape(f"The image, coloured where it speaks for {title}", quote=True)}">'
        f"<figcaption>{escape(title)}<span>{escape(note)}</span></figcaption></figure>"
        for each, title, note in zip(maps, titles, said, strict=True)
    )
    st.html(
        f'{_STYLE}<div class="pictures">{figures}</div><div class="scale">'
        f"{_key(RIGHT_RGB, 'for')}{_key(WRONG_RGB, 'against')}"
        "</div>"
    )


def _key(colour: tuple[int, int, int], word: str) -> str:
    return f'<span><i style="background: rgb{colour}"></i>{word}</span>'
