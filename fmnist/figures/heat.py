"""Arrays as small pictures: what speaks for a class over its image, and feature maps.

One scale everywhere: blue is for, orange is against; on a feature map white is high, orange is
below zero. Black stays black in both themes.
"""

from __future__ import annotations

import numpy as np

from fmnist.figures.palette import RIGHT_RGB, WRONG_RGB
from fmnist.images import encode_png, png_address

_STRONGEST = 0.9  # opacity of the colour at the peak: the image shows through
_BRIGHTER = 1.25  # the palette's two colours, for black below them
_ENLARGED = 7  # times, where a frame is drawn between pixels
_BOX = np.array([60, 190, 255], np.uint8)


def overlay_heat(image: np.ndarray, heat: np.ndarray, peak: float) -> str:
    """uint8 (28, 28) with values on it, (28, 28), as the address of a PNG.

    peak: the value of full colour, the same for pictures that are compared; 0 colours nothing.
    """
    opacity = (_STRONGEST * _strength(heat, peak))[..., None]
    colour = np.where((heat > 0)[..., None], _bright(RIGHT_RGB), _bright(WRONG_RGB))
    grey = np.repeat(image[..., None], 3, axis=2) * 0.75
    return _address(np.round(grey * (1 - opacity) + colour * opacity).astype(np.uint8))


def paint_map(values: np.ndarray, peak: float, columns: int = 1) -> str:
    """Feature maps (N, H, W) side by side in `columns`, or one, as the address of a PNG.

    peak: the value that is white; 0 leaves all black. A column of transparency parts them.
    """
    maps = values.reshape(-1, *values.shape[-2:])
    count, height, width = maps.shape
    columns = min(columns, count)
    rows = -(-count // columns)
    sheet = np.zeros((rows * (height + 1) - 1, columns * (width + 1) - 1, 4), np.uint8)
    for number, one in enumerate(maps):
        top, left = number // columns * (height + 1), number % columns * (width + 1)
        sheet[top : top + height, left : left + width, :3] = _tint(one, peak)
        sheet[top : top + height, left : left + width, 3] = 255
    return _address(sheet)


def mark_place(values: np.ndarray, peak: float, row: int, column: int) -> str:
    """One feature map (H, W), a place of it in blue, as the address of a PNG."""
    pixels = _tint(values, peak)
    pixels[row, column] = _BOX
    return _address(pixels)


def box_window(image: np.ndarray, rows: tuple[int, int], columns: tuple[int, int]) -> str:
    """`light_window`, with the window bluish, as a PNG's address."""
    picture = np.repeat(light_window(image, rows, columns)[..., None], 3, axis=2).astype(np.float64)
    inside = (slice(*rows), slice(*columns))
    picture[inside] = picture[inside] * 0.85 + _BOX * 0.15
    return _address(np.round(picture).astype(np.uint8))


def light_window(image: np.ndarray, rows: tuple[int, int], columns: tuple[int, int]) -> np.ndarray:
    """uint8 (28, 28) that is dark but for a window, [first, after the last)."""
    lit = np.round(image * 0.3).astype(np.uint8)
    inside = (slice(*rows), slice(*columns))
    lit[inside] = image[inside]
    return lit


def crop_window(image: np.ndarray, rows: tuple[int, int], columns: tuple[int, int]) -> np.ndarray:
    """A window of an image, enlarged to uint8 (28, 28) with a black frame; one that is no square
    lies in black.
    """
    window = image[slice(*rows), slice(*columns)]
    side = max(window.shape)
    square = np.zeros((side, side), np.uint8)
    square[: window.shape[0], : window.shape[1]] = window
    places = np.arange(26) * side // 26
    return np.pad(square[places[:, None], places], 1)


def frame_square(image: np.ndarray, row: int, column: int, size: int) -> str:
    """uint8 (28, 28), enlarged, with a blue frame around a square of it, as a PNG's address."""
    large = np.repeat(np.repeat(image, _ENLARGED, axis=0), _ENLARGED, axis=1)
    picture = np.repeat(large[..., None], 3, axis=2)
    outer = np.zeros(large.shape, bool)
    top, left, side = row * _ENLARGED, column * _ENLARGED, size * _ENLARGED
    outer[max(top - 2, 0) : top + side + 2, max(left - 2, 0) : left + side + 2] = True
    outer[top : top + side, left : left + side] = False
    picture[outer] = _BOX
    return _address(picture)


def as_tiles(maps: np.ndarray, peak: float) -> np.ndarray:
    """Feature maps (N, H, W) as grey uint8 (N, 28, 28): a place is a block, below zero is black."""
    rows = np.arange(28) * maps.shape[1] // 28
    columns = np.arange(28) * maps.shape[2] // 28
    scaled = _strength(np.maximum(maps, 0), peak)
    return np.round(255 * scaled[:, rows[:, None], columns]).astype(np.uint8)


def _tint(values: np.ndarray, peak: float) -> np.ndarray:
    colour = np.where((values > 0)[..., None], 255.0, _bright(WRONG_RGB))
    return np.round(_strength(values, peak)[..., None] * colour).astype(np.uint8)


def _bright(colour: tuple[int, int, int]) -> np.ndarray:
    return np.minimum(np.array(colour) * _BRIGHTER, 255)


def _address(pixels: np.ndarray) -> str:
    return png_address(encode_png(pixels))


def _strength(values: np.ndarray, peak: float) -> np.ndarray:
    """How far each is from 0, as a fraction of `peak`, 1 at most."""
    return np.clip(np.abs(values) / peak, 0, 1) if peak else np.zeros(values.shape)
