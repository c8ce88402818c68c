"""A drawing, or a picture of one, of any size → a 28×28 image like the dataset's, in stages.

People draw outlines, in strokes of any width, and often leave them open; the dataset has solid
garments. So a drawing is reduced to lines of one width, its outline is closed and filled, and lines
and fill are shaded: bright lines on a grey garment on black. Trimming, fitting the longest edge to
28 pixels and centring follow the dataset (Xiao, Rasul and Vollgraf 2017, section 2).

Pure functions on arrays; each can be called, and its result shown, on its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from fmnist.drawing.foreground import drop_stray_marks, find_item, stretch, to_bright_on_black

SIDE = 28  # pixels
MAX_SIDE = 256  # pixels; larger drawings are averaged down first, so that the work is bounded
WORK_SIDE = 84  # pixels; lines are found and filled in a square of this side, 3 pixels to one
CONTENT_ABOVE = 32  # grey levels after stretching; fainter pixels do not widen the crop
INK_ABOVE = 64  # grey levels after stretching; brighter pixels are ink
MAX_ENLARGEMENT = 4  # times
MAX_HALF_WIDTH = 5  # WORK_SIDE pixels; wider strokes are areas
RIM = 3  # WORK_SIDE pixels; how much of an area is kept as its outline, before it is thinned
JOIN_FRACTION = 0.45  # of WORK_SIDE; loose ends that are closer are joined
MAX_ENDS = 40  # loose ends; a drawing with more is a scribble, and is not closed
CLOSING = 5  # WORK_SIDE pixels; narrower gaps count as closed
FILL_LEVEL = 110  # grey level between lines; of those tried, the photographs' model knows it best

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as Pillow's "L"
_RING = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))  # N, then clockwise


@dataclass(frozen=True, eq=False)
class Sketch:
    """`image` uint8 (28, 28); `stages` name → uint8 array (H, W), in order; the last is the image.

    `is_empty`: nothing is drawn, or stands out. `is_photo`: it keeps a photograph's grey values
    (see `fmnist.drawing.photo`), where a drawing's lines were filled and shaded.
    """

    image: np.ndarray
    stages: dict[str, np.ndarray]
    is_empty: bool
    is_photo: bool = False


def sketch_to_image(drawing: np.ndarray, background: int | None = None) -> Sketch:
    """The image that a model should see for a drawing of one item, and every stage before it.

    Args:
        drawing: uint8 (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA.
        background: grey level of the paper, 0 to 255, where all on it is the drawing. None: of a
            picture, what is drawn has to be found first (see `fmnist.drawing.foreground`).
    """
    grey = to_grey(reduce(drawing))
    bright = find_item(grey) if background is None else to_bright_on_black(grey, background)
    stages = {"grey": grey, "bright on black": bright}
    if not bright.any():
        image = np.zeros((SIDE, SIDE), np.uint8)
        return Sketch(image, {**stages, "image": image}, is_empty=True)
    ink = drop_stray_marks(bright > INK_ABOVE)
    lines = thin(fit_ink(ink))
    closed = join_loose_ends(lines)
    filled = fill(closed)
    shaded = shade(lines, filled)
    image = to_model_image(shaded)
    masks = {"clean": ink, "lines": lines, "closed": closed, "filled": filled}
    stages |= {name: np.where(mask, 255, 0).astype(np.uint8) for name, mask in masks.items()}
    return Sketch(image, {**stages, "shaded": shaded, "image": image}, is_empty=False)


def ink_to_image(ink: np.ndarray) -> np.ndarray:
    """The last stages alone: the image, uint8 (28, 28), of ink, bool (H, W), not all False."""
    lines = thin(fit_ink(ink))
    return to_model_image(shade(lines, fill(join_loose_ends(lines))))


def to_grey(drawing: np.ndarray) -> np.ndarray:
    """Grey uint8 (H, W); what is transparent shows paper: white under dark strokes, else black."""
    require_picture(drawing)
    if drawing.ndim == 2 or drawing.shape[2] == 3:
        return _luma(drawing, paper=0.0)
    alpha = drawing[..., 3].astype(np.float32)
    ink = float((drawing[..., :3] @ _LUMA * alpha).sum() / max(alpha.sum(), 1.0))
    return _luma(drawing, paper=255.0 if ink < 128 else 0.0)


def fit_ink(ink: np.ndarray) -> np.ndarray:
    """Ink cropped and scaled into a square of WORK_SIDE pixels, bool, with a margin of one pixel.

    It is enlarged by MAX_ENLARGEMENT at most: a dot stays a dot.
    """
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    cropped = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = min(MAX_ENLARGEMENT, (WORK_SIDE - 2) / max(cropped.shape))
    height, width = (max(1, round(side * scale)) for side in cropped.shape)
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
    levels = Image.fromarray(cropped.view(np.uint8) * np.uint8(255)).resize((width, height), how)
    square = np.zeros((WORK_SIDE, WORK_SIDE), bool)
    top, left = (WORK_SIDE - height) // 2, (WORK_SIDE - width) // 2
    covered = 64 if scale < 1 else 127  # a stroke thinner than a pixel covers but a part of it
    square[top : top + height, left : left + width] = np.asarray(levels) > covered
    return square


def thin(ink: np.ndarray) -> np.ndarray:
    """Ink (bool (H, W)) as lines one pixel wide; of a solid area, its outline.

    Zhang and Suen, "A fast parallel algorithm for thinning digital patterns", 1984.
    """
    depth = ndimage.distance_transform_edt(np.pad(ink, 1))[1:-1, 1:-1]
    half_width = np.median(depth[ink & (depth == ndimage.maximum_filter(depth, 3))])
    # Where strokes meet the ink is deeper than one of them, yet no area.
    radius = 2 * half_width + 1 if half_width <= MAX_HALF_WIDTH else RIM
    core = depth > radius
    lines = ink.copy()
    if core.any():
        lines &= ndimage.distance_transform_edt(~core) > radius - RIM
    for _ in range(WORK_SIDE):
        before = np.count_nonzero(lines)
        for removable in _REMOVABLE:
            lines &= ~removable[_ring_codes(lines)]
        if np.count_nonzero(lines) == before:
            break
    return lines


def join_loose_ends(lines: np.ndarray) -> np.ndarray:
    """Lines with straight ones between loose ends, the nearest first, each end joined once."""
    ends = np.argwhere(lines & _IS_END[_ring_codes(lines)])
    if not 2 <= len(ends) <= MAX_ENDS:
        return lines
    distances = np.hypot(*(ends[:, np.newaxis] - ends).transpose(2, 0, 1))
    distances[np.tril_indices(len(ends))] = np.inf
    joined = lines.copy()
    while (nearest := distances.min()) <= JOIN_FRACTION * WORK_SIDE:
        first, second = np.unravel_index(distances.argmin(), distances.shape)
        points = np.linspace(ends[first], ends[second], int(nearest) + 2).round().astype(int)
        joined[tuple(points.T)] = True
        distances[[first, second]] = distances[:, [first, second]] = np.inf
    return joined


def fill(lines: np.ndarray) -> np.ndarray:
    """The area (bool (H, W)) that lines enclose, with the lines; gaps under CLOSING are closed."""
    margin = CLOSING // 2 + 1
    walls = ndimage.maximum_filter(np.pad(lines, margin), CLOSING)
    regions, _ = ndimage.label(~walls)
    outside = ndimage.maximum_filter(regions == regions[0, 0], CLOSING)
    return lines | ~outside[margin:-margin, margin:-margin]


def shade(lines: np.ndarray, filled: np.ndarray) -> np.ndarray:
    """Lines three pixels wide and white, what they enclose grey, on black: uint8 (H, W)."""
    shaded = np.where(filled, np.uint8(FILL_LEVEL), np.uint8(0))
    shaded[ndimage.maximum_filter(lines, 3)] = 255
    return shaded


def to_model_image(stage: np.ndarray) -> np.ndarray:
    """What a model sees of a stage, uint8 (H, W): cropped, fitted, centred; uint8 (28, 28)."""
    return centre(fit(crop_to_content(stage)))


def to_model_images(sketch: Sketch) -> tuple[np.ndarray, np.ndarray]:
    """What a model would see of each stage, where that is the same for several only once.

    Returns uint8 (M, 28, 28), and for each stage which of these it is, int64 (N,).
    """
    *earlier, image = sketch.stages.values()
    images = [*map(to_model_image, earlier), image]
    first: dict[bytes, int] = {}  # quicker than np.unique, to which each pixel is a field
    places = [first.setdefault(image.tobytes(), len(first)) for image in images]
    distinct = [np.frombuffer(image, np.uint8).reshape(SIDE, SIDE) for image in first]
    return np.stack(distinct), np.array(places)


def crop_to_content(bright: np.ndarray) -> np.ndarray:
    """The smallest rectangle with every pixel above CONTENT_ABOVE (there is one, at least)."""
    content = bright > CONTENT_ABOVE
    rows, columns = np.flatnonzero(content.any(axis=1)), np.flatnonzero(content.any(axis=0))
    return bright[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def fit(cropped: np.ndarray) -> np.ndarray:
    """At most 28×28, aspect kept, averaged over areas, the brightest pixel at 255."""
    return stretch(_resize(cropped, min(1.0, SIDE / max(cropped.shape))))


def centre(small: np.ndarray, level: int = 0) -> np.ndarray:
    """`small` (at most 28×28) in the middle of a 28×28 image of one level, uint8."""
    height, width = small.shape
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    image = np.full((SIDE, SIDE), level, np.uint8)
    image[top : top + height, left : left + width] = small
    return image


def require_picture(drawing: np.ndarray) -> None:
    is_image = drawing.ndim == 2 or (drawing.ndim == 3 and drawing.shape[2] in (3, 4))
    if drawing.dtype != np.uint8 or not is_image or not drawing.size:
        raise ValueError(
            f"The drawing is {drawing.dtype} {drawing.shape}; expected uint8 (height, width), "
            "(height, width, 3) or (height, width, 4), at least one pixel."
        )


def reduce(drawing: np.ndarray, max_side: int = MAX_SIDE) -> np.ndarray:
    """At most `max_side` pixels on a side, by averaging squares of pixels (alpha respected)."""
    require_picture(drawing)
    factor = -(-max(drawing.shape[:2]) // max_side)
    if factor == 1:
        return drawing
    return np.asarray(Image.fromarray(np.ascontiguousarray(drawing)).reduce(factor))


def _luma(picture: np.ndarray, paper: float) -> np.ndarray:
    if picture.ndim == 2:
        return picture
    grey: np.ndarray = picture[..., :3] @ _LUMA
    if picture.shape[2] == 4:
        opacity = picture[..., 3].astype(np.float32) / 255
        grey = grey * opacity + paper * (1 - opacity)
    return np.rint(grey).astype(np.uint8)


def _resize(grey: np.ndarray, scale: float) -> np.ndarray:
    """Float32, as a dot averaged over an area may be fainter than one grey level."""
    height, width = (min(SIDE, max(1, round(side * scale))) for side in grey.shape)
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(grey.astype(np.float32)).resize((width, height), how))


def _ring_codes(lines: np.ndarray) -> np.ndarray:
    """Which of a pixel's eight neighbours are lines: a bit each, in _RING's order; uint8 (H, W)."""
    height, width = lines.shape
    padded = np.zeros((height + 2, width + 2), np.uint8)
    padded[1:-1, 1:-1] = lines
    codes = np.zeros(lines.shape, np.uint8)
    for bit, (down, right) in enumerate(_RING):
        codes |= padded[1 + down : 1 + down + height, 1 + right : 1 + right + width] << bit
    return codes


def _ring_tables() -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """By ring code, bool (256,): what either pass of a thinning removes; what ends a line."""
    ring = (np.arange(256)[:, np.newaxis] >> np.arange(8) & 1).astype(bool)
    count = ring.sum(axis=1)
    has_one_run = (~ring & np.roll(ring, -1, axis=1)).sum(axis=1) == 1
    north, east, south, west = ring[:, [0, 2, 4, 6]].T
    on_edge = has_one_run & (count >= 2) & (count <= 6)
    first = on_edge & ~(north & east & south) & ~(east & south & west)
    second = on_edge & ~(north & east & west) & ~(north & south & west)
    return (first, second), has_one_run & (count <= 2)


_REMOVABLE, _IS_END = _ring_tables()
