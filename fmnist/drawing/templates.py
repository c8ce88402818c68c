"""Line drawings of the ten classes, made for the Lab: how people draw what the shop photographed.

Photographs show no sandal from above and no pullover with its arms stretched out; people draw both.
They lie in `templates.txt`, a drawing a line: its label, a colon, and strokes joined by ";"; a
stroke is points "x,y" in percent of the drawing's width and height, y down. The first stroke is the
outline: without any of the others the drawing still shows that garment.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

Drawing = tuple[np.ndarray, ...]  # strokes, float32 (N, 2): x and y, about 0 to 1


@cache
def load_templates() -> dict[int, tuple[Drawing, ...]]:
    """Label → drawings."""
    templates: dict[int, tuple[Drawing, ...]] = {}
    text = Path(__file__).with_name("templates.txt").read_text(encoding="ascii")
    for line in text.splitlines():
        label, drawing = line.split(":")
        templates[int(label)] = (*templates.get(int(label), ()), _parse(drawing))
    return templates


def _parse(drawing: str) -> Drawing:
    return tuple(
        np.array([point.split(",") for point in stroke.split()], np.float32) / 100
        for stroke in drawing.split(";")
    )
