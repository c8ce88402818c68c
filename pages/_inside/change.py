"""Change it and see: paint on the image, move it, brighten it, and watch the probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st

from fmnist import formats
from fmnist.explain import edits
from fmnist.figures.palette import CLASS_COLOURS
from fmnist.images import image_png, png_address
from fmnist.plain_text import markdown
from fmnist.runs import outputs
from fmnist.runs.store import Run
from pages._inside import ask, changed, painter, smallest_patch
from pages._shared import url
from pages._shared.style import style_beside

_STYLE = style_beside(__file__, "change.css")
_FAR, _TURN, (_DARK, _BRIGHT) = edits.MOST_PIXELS, edits.MOST_DEGREES, edits.BRIGHTNESS
_SLIDERS = {
    "right": ("Shift right", -_FAR, _FAR, 1, "%d px", "Below 0, to the left."),
    "down": ("Shift down", -_FAR, _FAR, 1, "%d px", "Below 0, up."),
    "degrees": ("Rotate", -_TURN, _TURN, 1, "%d°", "Clockwise; below 0, the other way."),
    "brightness": ("Brightness", _DARK, _BRIGHT, 0.1, "× %.1f", None),
}


def render(run: Run, image: np.ndarray) -> None:
    """For `image`, uint8 (28, 28), as it was."""
    _render_change(run, image)
    smallest_patch.render(run, image)


@st.fragment
def _render_change(run: Run, image: np.ndarray) -> None:
    said = st.container()
    tools, outcome = st.columns([2, 3], gap="large")
    with tools:
        _render_tools(image)
    after, names = changed.apply(image), outputs.read_class_names(run)
    probabilities = ask.probabilities(run, np.stack([image, after]))
    is_changed = bool((image != after).any())
    if is_changed:
        said.markdown(f"**{markdown(edits.describe_change(*probabilities, names))}**")
    else:
        said.markdown("Erase a part of the image, paint on it, or move it: what does it take?")
    with outcome:
        _render_probabilities(image, after, probabilities, names)
        if is_changed:
            _render_way_on(image)


def _render_tools(image: np.ndarray) -> None:
    kept = changed.read(image)
    painted = painter.render(image, kept["paint"], kept["begun"])
    if painted is not None:
        kept["paint"] = painted
    with st.container(horizontal=True, width=336):  # as wide as the image above: two in a row
        for name, (label, low, high, step, form, hint) in _SLIDERS.items():
            key = f"inside_{name}_{kept['begun']}"
            if key not in st.session_state:
                st.session_state[key] = getattr(kept["moves"], name)
            value = st.slider(
                label, low, high, step=step, format=form, key=key, help=hint, width=150
            )
            changed.keep_moves(image, **{name: value})
    st.button("Reset", icon=":material/restart_alt:", on_click=changed.reset, args=(image,))


def _render_probabilities(
    before: np.ndarray, after: np.ndarray, probabilities: np.ndarray, names: Sequence[str]
) -> None:
    rows = "".join(
        _row(label, names[label], *pair) for label, pair in enumerate(probabilities.T.tolist())
    )
    st.html(
        f'{_STYLE}<div class="pair">{_picture(before, "Before")}{_picture(after, "After")}</div>'
        '<table class="chances"><caption>Probabilities before and after</caption><thead><tr>'
        '<th scope="col">Class</th><td></td><th scope="col">Before</th><th scope="col">After</th>'
        f'<th scope="col">Points</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def _render_way_on(image: np.ndarray) -> None:
    if st.button(
        "Explain the changed image",
        icon=":material/visibility:",
        help="The other views then show it with your changes.",
    ):
        changed.explain(image, with_changes=True)
        url.write(view="why")
        st.rerun()


def _row(label: int, name: str, before: float, after: float) -> str:
    colour = CLASS_COLOURS[label]
    return (
        f'<tr><th scope="row">{escape(name)}</th><td><i class="was" style="width: '
        f'{100 * before:.1f}%"></i><i style="width: {100 * after:.1f}%; background: {colour}"></i>'
        f"</td><td>{formats.percent(before)}</td><td>{formats.percent(after)}</td>"
        f"<td>{formats.points(after - before) if after != before else '–'}</td></tr>"
    )


def _picture(image: np.ndarray, title: str) -> str:
    source = png_address(image_png(image))
    return (
        f'<figure><img src="{source}" alt="The image, {title.lower()}"><figcaption>{title}'
        "</figcaption></figure>"
    )
