"""One clickable grid of images, shared by every page: all images travel as a single sprite.

The sprite is drawn at the images' native size and enlarged by the browser without smoothing, so a
grid of 400 images is one message of about 200 KB. Captions, alternative texts and marks are real
text in the page, each image is a button, and the arrow keys move between them.
"""

from typing import Literal

import numpy as np
import streamlit as st

from fmnist.images import png_address, sprite_png
from pages._shared.style import read_beside

Tone = Literal["right", "wrong", "none"]

SPRITE_COLUMNS = 20

_component = st.components.v2.component(
    "fmnist_image_grid",
    html='<div class="grid" role="group"></div>',
    css=read_beside(__file__, "image_grid.css"),
    js=read_beside(__file__, "image_grid.js"),
)


def render_grid(
    images: np.ndarray,
    captions: list[str],
    *,
    alts: list[str],
    key: str,
    tones: list[Tone] | None = None,
    size: int = 56,
    label: str = "Images",
) -> int | None:
    """Draw `images` as buttons that wrap to the page's width; return the position just clicked.

    images: uint8 (N, 28, 28), N ≥ 1. captions: N short texts, shown below each image ("\\n" starts
    a new line, "" leaves it out). alts: N sentences for screen readers and tooltips. tones: mark an
    image as right (tick) or wrong (cross). size: side of an image in CSS pixels; multiples of 28
    give every pixel the same size. label: names the group.

    Returns a position 0 … N-1 in the one rerun that the click causes, else None.
    Raises ValueError when the lists do not have one entry per image.
    """
    count = len(images)
    tones = tones or ["none"] * count
    for name, given in (("captions", captions), ("alts", alts), ("tones", tones)):
        if len(given) != count:
            raise ValueError(f"{name} has {len(given)} entries for {count} images; give one each")
    sprite = _sprite_url(images)
    content = hash((sprite, *alts))
    result = _component(
        key=key,
        # In a list: given a dictionary, Streamlit imports pandas to look for tables in it.
        data=[
            {
                "sprite": sprite,
                "columns": min(SPRITE_COLUMNS, count),
                "captions": captions,
                "alts": alts,
                "tones": tones,
                "size": size,
                "label": label,
                "content": str(content),
            }
        ],
        on_clicked_change=lambda: None,
    )
    return _clicked_position(result.clicked, str(content), count)


@st.cache_data(max_entries=64, show_spinner=False)
def _sprite_url(images: np.ndarray) -> str:
    return png_address(sprite_png(images, columns=min(SPRITE_COLUMNS, len(images))))


def _clicked_position(clicked: object, content: str, count: int) -> int | None:
    """Read the browser's message, ignoring a click on images that have since been replaced."""
    match clicked:
        case {"position": int(position), "content": str(seen)} if (
            seen == content and 0 <= position < count
        ):
            return position
    return None
