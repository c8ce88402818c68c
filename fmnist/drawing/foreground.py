"""The item in a picture, bright on black, and what lies around it left out.

Around an item there may be the dark edge of a scan, a frame, the axes of a figure and their labels,
squared paper, light that falls off to one side, and small marks. Each is told from the item by what
an item is not: straight from edge to edge, or around all the rest.

Pure functions on arrays; a picture is grey, uint8 (H, W), of a few hundred pixels on a side, and
`strength` how far a pixel is from the ground, in grey levels, float32 (H, W).
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

MIN_CONTRAST = 16  # grey levels between garment and background; less is a blank page with noise
CONTENT_FRACTION = 1 / 8  # of the strongest contrast; fainter pixels do not widen the crop
STRAY_FRACTION = 0.1  # of the item's longest side; smaller marks outside the rest are dropped
NOISE_SPREADS = 4.5  # median absolute deviations of the border; what differs less is the ground
UNEVEN = 4  # grey levels of that deviation; above, the ground may slope
CROSSINGS = 8  # of the border by thin lines; an item crosses it once or twice
STRONGER = 1.3  # times the lines that cross the border: what differs so much is the item
EDGE_FRACTION = 0.12  # of the shorter side; how far a scan's edge or the line of a frame reaches in
FULL_FRACTION = 0.9  # of a straight side that is there
TICK_FRACTION = 0.06  # of a side; how far the ticks of axes stick out
EVEN = 8  # grey levels; the sides of a panel vary no more
EVEN_FRACTION = 0.5  # of the sides of a panel; the rest is where the item touches them
PANEL_FRACTION = 0.4  # of the longest side; smaller frames belong to the item
RULE_FRACTION = 0.02  # of the longest side; wider lines are no ruling
RULES = 4  # lines in one direction; fewer may be a frame's
BLUR = 4  # pixels; over which a line's edge may be smeared

_EIGHT = np.ones((3, 3))  # neighbours, diagonal ones too


def find_item(grey: np.ndarray) -> np.ndarray:
    """The item (uint8 (h, w), h ≤ H, w ≤ W) bright on black, the brightest pixel 255, all else 0.

    Of a picture with a frame or axes, it is what they hold. The item lies on the side of the
    ground, darker or brighter, that holds more; its parts on the other side become black. All zero
    when nothing stands out.
    """
    while (panel := find_panel(grey)) is not None:
        grey = panel
    difference = grey - find_ground(grey)
    item = find_content(difference)
    if not item.any():
        return np.zeros(grey.shape, np.uint8)
    brighter, darker = (np.where(item, np.maximum(sign * difference, 0), 0) for sign in (1, -1))
    return stretch(darker if darker.sum() > brighter.sum() else brighter)


def to_bright_on_black(grey: np.ndarray, background: int) -> np.ndarray:
    """What is brighter than a known background, or darker, whichever is more: uint8 (H, W),
    the brightest pixel 255; all zero when nothing stands out.
    """
    difference = grey.astype(np.float32) - background
    brighter, darker = np.maximum(difference, 0), np.maximum(-difference, 0)
    garment = darker if darker.sum() > brighter.sum() else brighter
    if garment.max() < MIN_CONTRAST:
        return np.zeros(grey.shape, np.uint8)
    return stretch(garment)


def find_ground(grey: np.ndarray) -> np.ndarray:
    """The level of the ground, float32 (H, W): the border's median, or its slope."""
    edge = border(grey).astype(np.float32)
    level = np.median(edge)
    spread = np.median(np.abs(edge - level))
    flat = np.full(grey.shape, level, np.float32)
    if spread < UNEVEN:
        return flat
    down, right = np.meshgrid(*(np.linspace(-1, 1, side) for side in grey.shape), indexing="ij")
    terms = np.stack([np.ones_like(down), down, right, down * right, down**2, right**2])
    matrix = np.stack([border(term) for term in terms], axis=1)
    kept = np.ones(len(edge), bool)
    for _ in range(3):
        weights, *_ = np.linalg.lstsq(matrix[kept], edge[kept], rcond=None)
        rest = np.abs(edge - matrix @ weights)
        kept = rest <= NOISE_SPREADS * np.median(rest) + 1
    if np.median(rest) > spread / 2:
        return flat
    return np.tensordot(weights, terms, 1).astype(np.float32)


def find_content(difference: np.ndarray) -> np.ndarray:
    """Which pixels are the item's, bool (H, W), by their difference from the ground."""
    strength = erase_ruling(np.abs(difference))
    least = max(MIN_CONTRAST, _noise(border(strength)))
    content = _drop_edge_marks(strength > least)
    if content.any():
        content &= strength > max(least, CONTENT_FRACTION * strength[content].max())
    return drop_stray_marks(content)


def find_panel(grey: np.ndarray) -> np.ndarray | None:
    """What a frame, axes or the edges of a page hold; None where there are none of these.

    They are straight on all four sides, of one level, and hold something that is not small.
    """
    outside, inside = grey, _inside_the_line(grey)
    while inside is not outside:
        outside, inside = inside, _inside_the_line(inside)
    is_lined = abs(np.median(border(inside)) - np.median(border(grey))) > MIN_CONTRAST
    if is_lined and _holds_item(inside):
        return inside
    strength = erase_ruling(np.abs(grey - find_ground(grey)))
    differs = strength > max(MIN_CONTRAST, CONTENT_FRACTION * strength.max())
    labels, count = ndimage.label(differs, _EIGHT)
    if not count:
        return None
    sizes = [np.prod([side.stop - side.start for side in b]) for b in ndimage.find_objects(labels)]
    for part in (labels == 1 + int(np.argmax(sizes)), drop_stray_marks(differs)):
        box = find_box(part)
        inside, is_broken = _inside_sides(part[box], grey[box])
        least = FULL_FRACTION if is_broken else PANEL_FRACTION
        is_smaller = (
            PANEL_FRACTION * max(grey.shape) <= max(inside.shape) and inside.size < grey.size
        )
        if is_smaller and _holds_item(inside, least):
            return inside
    return None


def erase_ruling(strength: np.ndarray) -> np.ndarray:
    """Without thin straight lines that run from edge to edge, as those of squared paper do."""
    width = 3 + round(RULE_FRACTION * max(strength.shape))
    erased = strength
    for turned in (False, True):
        page = strength.T if turned else strength
        without = ndimage.grey_opening(page, (width, 1))
        margin = -(-page.shape[1] // 20)
        thin = page - without > MIN_CONTRAST / 4
        is_ruled = (thin[:, :margin].mean(axis=1) > 0.5) & (thin[:, -margin:].mean(axis=1) > 0.5)
        if np.count_nonzero(np.diff(is_ruled, prepend=False, append=False)) < 2 * RULES:
            continue
        ends = np.concatenate([page[:, :margin], page[:, -margin:]], axis=1)
        strongest = STRONGER * np.quantile(ends, 0.9, axis=1, keepdims=True)
        kept = np.where(is_ruled[:, np.newaxis] & (page <= strongest), without, page)
        erased = np.minimum(erased, kept.T if turned else kept)
    return erased


def drop_stray_marks(ink: np.ndarray) -> np.ndarray:
    """Ink (bool (H, W)) without small marks beside the drawing; those inside it stay."""
    labels, count = ndimage.label(ink, _EIGHT)
    if count < 2:
        return ink
    boxes = np.array(
        [
            [axis.start for axis in box] + [axis.stop for axis in box]
            for box in ndimage.find_objects(labels)
        ]
    )
    extents = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    is_large = (
        extents >= STRAY_FRACTION * (boxes[:, 2:].max(axis=0) - boxes[:, :2].min(axis=0)).max()
    )
    if not is_large.any():
        return ink
    top_left, bottom_right = boxes[is_large, :2].min(axis=0), boxes[is_large, 2:].max(axis=0)
    is_inside = (boxes[:, :2] >= top_left).all(axis=1) & (boxes[:, 2:] <= bottom_right).all(axis=1)
    return np.concatenate([[False], is_large | is_inside])[labels]


def find_box(mask: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns of the smallest rectangle with all of the mask (there is some)."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def border(picture: np.ndarray) -> np.ndarray:
    """The outermost pixels, clockwise from the top left corner, each side with both its ends."""
    return np.concatenate([picture[0], picture[:, -1], picture[-1, ::-1], picture[::-1, 0]])


def stretch(values: np.ndarray) -> np.ndarray:
    """Uint8, the largest value at 255."""
    return np.rint(values * (255 / values.max())).astype(np.uint8)


def _noise(edge: np.ndarray) -> float:
    """How far the ground itself is from its level, by the border's difference from it (N,)."""
    noise = NOISE_SPREADS * float(np.median(np.abs(edge)))
    labels, count = ndimage.label(np.abs(edge) > max(noise, MIN_CONTRAST / 2))
    if count < CROSSINGS:
        return noise
    lengths = np.bincount(labels)[1:]
    is_thin = lengths <= RULE_FRACTION * len(edge) / 2
    if np.count_nonzero(is_thin) < CROSSINGS:
        return noise
    strengths = ndimage.maximum(np.abs(edge), labels, 1 + np.flatnonzero(is_thin))
    return max(noise, STRONGER * float(np.quantile(strengths, 0.9)))


def _drop_edge_marks(content: np.ndarray) -> np.ndarray:
    """Without what lies along the picture's edge and does not reach far in, unless it is all."""
    depth = int(EDGE_FRACTION * min(content.shape))
    if not depth:
        return content
    along = content.copy()
    _inset(along, depth)[:] = False
    labels, _ = ndimage.label(along, _EIGHT)
    dropped = np.setdiff1d(border(labels), [0, *border(_inset(labels, depth - 1))])
    rest = content & ~np.isin(labels, dropped)
    return rest if rest.any() else content


def _inside_sides(part: np.ndarray, grey: np.ndarray) -> tuple[np.ndarray, bool]:
    """What four straight sides of a part hold (nothing where there are none), and whether that
    breaks two of them, as it does where there are no axes. part: bool, its box alone; grey: there.
    """
    rows, columns = _straight_sides(part), _straight_sides(part.T)
    is_broken = (rows is None) != (columns is None)
    if rows is None and columns is not None and part[:, columns][:, [0, -1]].all():
        rows = slice(0, len(part))
    elif columns is None and rows is not None and part[rows][[0, -1]].all():
        columns = slice(0, part.shape[1])
    if rows is None or columns is None:
        return grey[:0], is_broken
    sides = border(grey[rows, columns])[border(part[rows, columns])]
    if (np.abs(sides - np.median(sides)) <= EVEN).mean() < EVEN_FRACTION:
        return grey[:0], is_broken
    return _inside_the_line(grey[rows, columns]), is_broken


def _straight_sides(part: np.ndarray) -> slice | None:
    """From the first to the last of the rows that are full; None if they do not lie outmost."""
    full = np.flatnonzero(part.mean(axis=1) >= FULL_FRACTION)
    reach = TICK_FRACTION * len(part)
    if not len(full) or full[0] > reach or len(part) - 1 - full[-1] > reach:
        return None
    return slice(full[0], full[-1] + 1)


def _inside_the_line(panel: np.ndarray) -> np.ndarray:
    """The panel without the line around it, which ends on all sides at once; the panel itself where
    there is none.
    """
    level = np.median(border(panel))
    depths = range(int(EDGE_FRACTION * min(panel.shape)))
    rings = [border(_inset(panel, depth)) for depth in depths]
    differs = np.array([(np.abs(ring - level) > MIN_CONTRAST).mean() for ring in rings])
    ends = np.flatnonzero(differs > 0.5)
    if len(ends) and differs[max(0, ends[0] - BLUR)] < 1 - FULL_FRACTION:
        return _inset(panel, int(ends[0]) + 2)
    return panel


def _inset(picture: np.ndarray, depth: int) -> np.ndarray:
    height, width = picture.shape
    return picture[depth : height - depth, depth : width - depth]


def _holds_item(inside: np.ndarray, least: float = PANEL_FRACTION) -> bool:
    """Whether there is ground along the edge, and on it what spans more than `least` of it."""
    if min(inside.shape) < 3:
        return False
    difference = inside - find_ground(inside)
    held = find_content(difference)
    is_ground = np.abs(border(difference)) <= MIN_CONTRAST
    if is_ground.mean() < PANEL_FRACTION or not held.any():
        return False
    sizes = (side.stop - side.start for side in find_box(held))
    return max(size / side for size, side in zip(sizes, inside.shape, strict=True)) > least
