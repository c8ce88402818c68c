"""Curves as SVG text that a page carries within itself: no script, the page's own colours."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape

WIDTH, HEIGHT = 480, 270
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 30, 40
_MOST_POINTS = 60  # epochs of which each has a dot to point at


def draw_curves(
    curves: dict[str, Sequence[float]],
    title: str,
    describe: Callable[[float], str],
    kept: int | None = None,
) -> str:
    """The values of "train" and "val" over epochs, from epoch 1.

    describe: a value in words, on the axis and where a point is pointed at. kept: the epoch, from
    0, whose weights were kept: a line marks it. Values that are not finite are left out; "" where
    nothing is left.
    """
    points = {
        name: [(epoch, value) for epoch, value in enumerate(values, 1) if math.isfinite(value)]
        for name, values in curves.items()
    }
    known = [value for each in points.values() for _, value in each]
    if not known:
        return ""
    last = max(epoch for each in points.values() for epoch, _ in each)
    ticks = find_ticks(min(known), max(known))
    low, high = min(ticks[0], *known), max(ticks[-1], *known)

    def place(epoch: float, value: float) -> tuple[float, float]:
        across = (epoch - 1) / max(last - 1, 1) if last > 1 else 0.5
        up = (value - low) / (high - low)
        return (
            round(_LEFT + across * (WIDTH - _LEFT - _RIGHT), 1),
            round(HEIGHT - _BOTTOM - up * (HEIGHT - _TOP - _BOTTOM), 1),
        )

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">']
    parts += [f'<text x="0" y="14">{escape(title)}</text>']
    for tick in ticks:
        _, y = place(1, tick)
        parts += [
            f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>',
            f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{escape(describe(tick))}</text>',
        ]
    for epoch in _epochs_to_name(last):
        x, _ = place(epoch, low)
        parts += [f'<text x="{x}" y="{HEIGHT - 20}" text-anchor="middle">{epoch}</text>']
    middle = (_LEFT + WIDTH - _RIGHT) / 2
    parts += [f'<text x="{middle:g}" y="{HEIGHT - 2}" text-anchor="middle">Epoch</text>']
    if kept is not None:
        x, _ = place(kept + 1, low)
        parts += [f'<line class="kept" x1="{x}" x2="{x}" y1="{_TOP}" y2="{HEIGHT - _BOTTOM}"/>']
    for name, values in points.items():
        path = " ".join(f"{x},{y}" for x, y in (place(*point) for point in values))
        parts += [f'<polyline class="{escape(name)}" points="{path}"/>']
        if len(values) > _MOST_POINTS:
            continue
        for epoch, value in values:
            x, y = place(epoch, value)
            said = f"epoch {epoch}, {name}: {describe(value)}"
            parts.append(
                f'<circle class="{escape(name)}" cx="{x}" cy="{y}" r="3.5">'
                f"<title>{escape(said)}</title></circle>"
            )
    return "".join([*parts, "</svg>"])


def find_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers in even steps of 1, 2 or 5, from at or below `low` to at or above `high`."""
    if low == high:  # some room below, or above 0
        low, high = (low - 0.1 * abs(low), high) if low else (0.0, 1.0)
    magnitude = 10.0 ** math.floor(math.log10((high - low) / most))
    for factor in (1, 2, 5, 10, 20):
        step = factor * magnitude
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last - first < most:
            break
    last = max(last, first + 1)
    digits = max(0, -math.floor(math.log10(step)))
    return [round(number * step, digits) for number in range(first, last + 1)]


def _epochs_to_name(last: int) -> list[int]:
    """Some of the epochs 1 to `last`, evenly spaced."""
    step = max(1, math.ceil(last / 8))
    return [1, *(epoch for epoch in range(step, last + 1, step) if epoch > 1 + step / 2)]
