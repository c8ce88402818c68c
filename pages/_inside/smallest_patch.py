"""The smallest square that turns the answer for this image into another class."""

from __future__ import annotations

from html import escape

import numpy as np
import streamlit as st

from fmnist import formats
from fmnist.explain import contrast, sentences
from fmnist.figures import heat
from fmnist.images import image_png, png_address
from fmnist.plain_text import markdown
from fmnist.runs import outputs
from fmnist.runs.store import Run
from pages._inside import ask
from pages._shared.style import style_beside

_STYLE = style_beside(__file__, "pictures.css")
_HELP = (
    "Squares from 14 × 14 down to 2 × 2 pixels, black, white, or in the mean grey of what is on "
    "the image, are laid on it as it was: first large ones, then smaller ones inside the most "
    "promising. A few hundred predictions stand for 18,000, so a smaller patch may be missed."
)


@st.fragment
def render(run: Run, image: np.ndarray) -> None:
    """For `image`, uint8 (28, 28), as it was."""
    names = outputs.read_class_names(run)
    (before,) = ask.probabilities(run, image[np.newaxis])
    best, *others = contrast.rank_classes(before)
    st.subheader("The smallest patch that changes the answer", help=_HELP)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = st.selectbox(
            f"Turn {markdown(names[best])} into",
            others,
            format_func=lambda label: f"{names[label]} · {formats.percent(before[label])}",
            key=f"inside_target_{others}",
            width=260,
        )
        asked = f"inside_patch_{run.run_id}_{hash(image.tobytes())}"
        if st.button("Find the patch", icon=":material/search:"):
            st.session_state[asked] = True
    if not st.session_state.get(asked):
        return
    search = ask.patch(run, image, target)
    st.markdown(markdown(sentences.describe_patch(search, target, names)))
    if search.patch is None:
        return
    patch = search.patch
    painted = patch.paint(image)
    framed = heat.frame_square(painted, patch.row, patch.column, patch.size)
    st.html(
        f'{_STYLE}<div class="pictures">'
        f"{_figure(png_address(image_png(image)), 'Before', names[best], before[best])}"
        f"{_figure(framed, 'With the patch', names[target], patch.probabilities[target])}</div>"
    )


def _figure(source: str, title: str, name: str, probability: float) -> str:
    return (
        f'<figure><img src="{source}" alt="The image, {escape(title.lower(), quote=True)}">'
        f"<figcaption>{escape(title)}<span>{escape(name)} {formats.percent(probability)}</span>"
        "</figcaption></figure>"
    )
