"""Numbers in words, the same way on every page: accuracies, losses, times and counts.

What is not known, None or NaN (a table's way to say so), is written as a dash.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeGuard
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_NBSP = "\N{NO-BREAK SPACE}"


def _is_known(number: float | None) -> TypeGuard[float]:
    return number is not None and not math.isnan(number)


def percent(fraction: float | None) -> str:
    """0.918 → "91.8 %"; None → "–"."""
    return f"{100 * fraction:.1f}{_NBSP}%" if _is_known(fraction) else "–"


def points(difference: float) -> str:
    """Of two fractions, in percentage points with their sign: 0.0123 → "+1.23"."""
    return f"{100 * difference:+.2f}".replace("-", "\N{MINUS SIGN}")


def loss(value: float | None) -> str:
    """0.26612 → "0.266"; None → "–"."""
    return f"{value:.3f}" if _is_known(value) else "–"


def count(number: float | None) -> str:
    """693578 → "693,578"; None → "–"."""
    return f"{number:,.0f}" if _is_known(number) else "–"


def duration(seconds: float | None) -> str:
    """0.42 → "0.4 s", 12.3 → "12 s", 200 → "3 min 20 s", 4000 → "1 h 07 min"; None → "–"."""
    if not _is_known(seconds):
        return "–"
    if seconds < 9.95:
        return f"{seconds:.1f}{_NBSP}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}{_NBSP}s"
    if whole < 3600:
        return f"{whole // 60}{_NBSP}min {whole % 60:02d}{_NBSP}s"
    minutes = round(seconds / 60)
    return f"{minutes // 60}{_NBSP}h {minutes % 60:02d}{_NBSP}min"


def rough_duration(seconds: float) -> str:
    """An estimate: 0.02 → "under 1 s", 12.3 → "12 s", 200 → "3 min", 4000 → "1 h 05 min"."""
    if seconds < 1:
        return f"under 1{_NBSP}s"
    if seconds < 59.5:
        return f"{round(seconds)}{_NBSP}s"
    if seconds < 3570:
        return f"{round(seconds / 60)}{_NBSP}min"
    minutes = 5 * round(seconds / 300)
    return f"{minutes // 60}{_NBSP}h {minutes % 60:02d}{_NBSP}min"


def day_and_time(run_id: str) -> str:
    """The UTC day and time that a run id begins with: "2026-11-20 15:45 UTC"."""
    day, clock = run_id[:8], run_id[9:13]
    if not (day.isdigit() and clock.isdigit()):
        return ""
    return f"{day[:4]}-{day[4:6]}-{day[6:]} {clock[:2]}:{clock[2:]} UTC"


def seconds_of(run_id: str) -> float | None:
    """The Unix time that a run id begins with; None where it begins with none."""
    try:
        return datetime.strptime(f"{run_id[:15]}+0000", "%Y%m%d-%H%M%S%z").timestamp()
    except ValueError:
        return None


def local_time(seconds: float | None, zone: str | None) -> str:
    """Unix seconds → "2026-11-20 16:45" in a time zone such as "Europe/Berlin".

    In UTC, and saying so, where the zone is unknown; None → "–".
    """
    if seconds is None:
        return "–"
    moment = datetime.fromtimestamp(seconds, UTC)
    try:
        return f"{moment.astimezone(ZoneInfo(zone or '')):%Y-%m-%d %H:%M}"
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return f"{moment:%Y-%m-%d %H:%M} UTC"


def join(words: Sequence[str]) -> str:
    """["a", "b", "c"] → "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
