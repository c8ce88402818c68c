"""A photograph of one item on a plain ground → a 28×28 image like the dataset's, in stages.

The dataset's images are photographs on white, trimmed, shrunk until the longest edge has 28 pixels,
centred, and negated (Xiao, Rasul and Vollgraf 2017, section 2). Measured on its training images:
the longest edge spans 28 pixels in 98 of 100, the brightest pixel is 254 or 255, and of an odd
remainder the larger part lies to the left and above.

Pure functions on arrays.
"""

from __future__ import annotations

import numpy as np
from PIL import Image
from scipy import ndimage

from fmnist.drawing.foreground import MIN_CONTRAST, find_box, find_item, stretch
from fmnist.drawing.preprocess import SIDE, Sketch, reduce, require_picture, to_grey

MAX_SIDE = 512  # pixels; larger pictures are averaged down first, so that the work is bounded
LEAST_ITEM = 5  # pixels on the longest side; less is a speck, not an item
LINE_FRACTION = 0.04  # of the item's longest side; half the width of the widest line of a drawing


def photo_to_image(picture: np.ndarray) -> Sketch:
    """The image that a model should see for a photograph, and the stages before it.

    A picture of 28×28 grey pixels is one of the dataset's kind, and taken as it is. Of any other,
    the item is found (see `foreground.py`), cropped, fitted and centred, its grey values kept.

    Args:
        picture: uint8 (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA.

    Raises ValueError for other arrays.
    """
    image = _as_it_is(picture)
    if image is not None:
        is_empty = int(image.max()) - int(image.min()) < MIN_CONTRAST
        return Sketch(image, {"image": image}, is_empty, is_photo=True)
    grey = to_grey(reduce(picture, MAX_SIDE))
    bright = find_item(grey)
    stages = {"grey": grey, "bright on black": bright}
    is_empty = not bright.any() or max(bright[find_box(bright > 0)].shape) < LEAST_ITEM
    image = np.zeros((SIDE, SIDE), np.uint8) if is_empty else fit_item(bright)
    return Sketch(image, {**stages, "image": image}, is_empty, is_photo=True)


def fit_item(bright: np.ndarray) -> np.ndarray:
    """The item (uint8 (H, W), 0 where it is not) as the dataset holds it: uint8 (28, 28)."""
    item = bright[find_box(bright > 0)].astype(np.float32)
    scale = SIDE / max(item.shape)
    height, width = (max(1, round(side * scale)) for side in item.shape)
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
    small = np.asarray(Image.fromarray(item).resize((width, height), how))
    image = np.zeros((SIDE, SIDE), np.uint8)
    top, left = (SIDE - height + 1) // 2, (SIDE - width + 1) // 2
    image[top : top + height, left : left + width] = stretch(small)
    return image


def is_line_drawing(picture: np.ndarray) -> bool:
    """Whether what stands out in a picture (as above) is lines, as of a pen, and no solid thing."""
    item = find_item(to_grey(reduce(picture, MAX_SIDE))) > 0
    if not item.any():
        return False
    item = item[find_box(item)]
    depth = ndimage.distance_transform_edt(np.pad(item, 1))
    return bool(np.quantile(depth[depth > 0], 0.9) < max(1.5, LINE_FRACTION * max(item.shape)))


def _as_it_is(picture: np.ndarray) -> np.ndarray | None:
    """The grey values, uint8 (28, 28), of a picture that is opaque and grey and has that size."""
    require_picture(picture)
    if picture.shape[:2] != (SIDE, SIDE):
        return None
    if picture.ndim == 2:
        return picture
    colours, opacity = picture[..., :3], picture[..., 3:]
    if (colours != colours[..., :1]).any() or (opacity != 255).any():
        return None
    return np.ascontiguousarray(colours[..., 0])
