"""A drawing or a picture of any size → a 28×28 image like the dataset's.

The steps follow how the dataset itself was made (Xiao, Rasul and Vollgraf 2017, section 2: trim,
longest edge to 28 pixels, centre, garment bright on black), so that the model sees what it was
trained on. Pure functions on arrays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

SIDE = 28  # pixels
MAX_SIDE = 1024  # pixels; larger drawings are averaged down first, so that the work is bounded
MIN_CONTRAST = 16  # grey levels between garment and background; less is a blank page with noise
CONTENT_ABOVE = 32  # grey levels after stretching; fainter pixels do not widen the crop

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as Pillow's "L"


@dataclass(frozen=True, eq=False)
class Sketch:
    """`image` uint8 (28, 28); `stages` name → uint8 array (H, W), in order; the last is the image.

    `is_empty`: nothing is drawn, and the image is black.
    """

    image: np.ndarray
    stages: dict[str, np.ndarray]
    is_empty: bool


def sketch_to_image(drawing: np.ndarray, background: int | None = None) -> Sketch:
    """The image that a model should see for a drawing of one item.

    Alpha → polarity → crop → fit → centre. The fit averages areas (a thin line gets fainter, never
    lost), then stretches the brightest pixel to 255. What is smaller than 28 pixels stays so.

    Args:
        drawing: uint8 (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA.
        background: grey level of the paper, 0 to 255; None takes it from the border.
    """
    grey = to_grey(_reduce(drawing))
    bright = to_bright_on_black(grey, background)
    stages = {"grey": grey, "bright on black": bright}
    if not bright.any():
        image = np.zeros((SIDE, SIDE), np.uint8)
        return Sketch(image, {**stages, "centred": image}, is_empty=True)
    cropped = crop_to_content(bright)
    fitted = fit(cropped)
    image = centre(fitted)
    return Sketch(
        image, {**stages, "cropped": cropped, "fitted": fitted, "centred": image}, is_empty=False
    )


def photo_to_image(picture: np.ndarray) -> np.ndarray:
    """A picture (uint8 (H, W), (H, W, 3) or (H, W, 4)) at 28×28, uint8, polarity kept.

    28×28 is taken as it is (colour becomes grey). Other sizes are shrunk or enlarged with the
    aspect kept; what is missing on the short side gets the border's median level. Transparent
    parts are black, as the dataset's background is.
    """
    _require_drawing(picture)
    if picture.shape[:2] == (SIDE, SIDE):
        return _luma(picture, paper=0.0)
    grey = _luma(_reduce(picture), paper=0.0)
    level = int(np.median(_border(grey)))
    return centre(np.rint(_resize(grey, SIDE / max(grey.shape))).astype(np.uint8), level)


def to_grey(drawing: np.ndarray) -> np.ndarray:
    """Grey uint8 (H, W); what is transparent shows paper: white under dark strokes, else black."""
    _require_drawing(drawing)
    if drawing.ndim == 2 or drawing.shape[2] == 3:
        return _luma(drawing, paper=0.0)
    alpha = drawing[..., 3].astype(np.float32)
    ink = float((drawing[..., :3] @ _LUMA * alpha).sum() / max(alpha.sum(), 1.0))
    return _luma(drawing, paper=255.0 if ink < 128 else 0.0)


def to_bright_on_black(grey: np.ndarray, background: int | None = None) -> np.ndarray:
    """The garment (uint8 (H, W)) bright on black, stretched so that its brightest pixel is 255.

    Without `background`, the border's median level is the background. The garment lies on the side
    of it, darker or brighter, that holds more; levels on the other side become black. All zero when
    nothing stands out from the background.
    """
    level = float(np.median(_border(grey)) if background is None else background)
    difference = grey.astype(np.float32) - level
    brighter, darker = np.maximum(difference, 0), np.maximum(-difference, 0)
    garment = darker if darker.sum() > brighter.sum() else brighter
    if garment.max() < MIN_CONTRAST:
        return np.zeros(grey.shape, np.uint8)
    return _stretch(garment)


def crop_to_content(bright: np.ndarray) -> np.ndarray:
    """The smallest rectangle with every pixel above CONTENT_ABOVE (there is one, at least)."""
    content = bright > CONTENT_ABOVE
    rows, columns = np.flatnonzero(content.any(axis=1)), np.flatnonzero(content.any(axis=0))
    return bright[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def fit(cropped: np.ndarray) -> np.ndarray:
    """At most 28×28, aspect kept, averaged over areas, the brightest pixel at 255."""
    return _stretch(_resize(cropped, min(1.0, SIDE / max(cropped.shape))))


def centre(small: np.ndarray, level: int = 0) -> np.ndarray:
    """`small` (at most 28×28) in the middle of a 28×28 image of one level, uint8."""
    height, width = small.shape
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    image = np.full((SIDE, SIDE), level, np.uint8)
    image[top : top + height, left : left + width] = small
    return image


def _require_drawing(drawing: np.ndarray) -> None:
    is_image = drawing.ndim == 2 or (drawing.ndim == 3 and drawing.shape[2] in (3, 4))
    if drawing.dtype != np.uint8 or not is_image or not drawing.size:
        raise ValueError(
            f"The drawing is {drawing.dtype} {drawing.shape}; expected uint8 (height, width), "
            "(height, width, 3) or (height, width, 4), at least one pixel."
        )


def _reduce(drawing: np.ndarray) -> np.ndarray:
    """At most MAX_SIDE pixels on a side, by averaging squares of pixels (alpha respected)."""
    _require_drawing(drawing)
    factor = -(-max(drawing.shape[:2]) // MAX_SIDE)
    if factor == 1:
        return drawing
    return np.asarray(Image.fromarray(np.ascontiguousarray(drawing)).reduce(factor))


def _luma(picture: np.ndarray, paper: float) -> np.ndarray:
    if picture.ndim == 2:
        return picture
    grey = picture[..., :3] @ _LUMA
    if picture.shape[2] == 4:
        opacity = picture[..., 3].astype(np.float32) / 255
        grey = grey * opacity + paper * (1 - opacity)
    return np.rint(grey).astype(np.uint8)


def _border(grey: np.ndarray) -> np.ndarray:
    return np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])


def _resize(grey: np.ndarray, scale: float) -> np.ndarray:
    """Float32, as a dot averaged over an area may be fainter than one grey level."""
    height, width = (min(SIDE, max(1, round(side * scale))) for side in grey.shape)
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(grey.astype(np.float32)).resize((width, height), how))


def _stretch(values: np.ndarray) -> np.ndarray:
    return np.rint(values * (255 / values.max())).astype(np.uint8)
