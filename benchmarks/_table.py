"""The table of results: figures go to standard output and to benchmarks/results.csv.

Nothing but the standard library, so that a script may load TensorFlow beside it.
"""

from __future__ import annotations

import csv
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results.csv"


def machine() -> str:
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def _spell(value: float) -> str:
    """Five digits: an accuracy of 0.9305 is not the goal of 0.9308."""
    return f"{value:,.0f}".replace(",", "") if abs(value) >= 10_000 else f"{value:.5g}"


def report(figure: str, value: float, unit: str, goal: str) -> None:
    """Print one figure and keep it in the table."""
    print(f"{figure:<68} {_spell(value):>9} {unit:<9} (goal: {goal})", flush=True)
    is_new = not RESULTS.exists()
    with RESULTS.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if is_new:
            writer.writerow(["day", "figure", "value", "unit", "goal", "machine", "command"])
        day = f"{datetime.now(UTC):%Y-%m-%d}"
        command = f"python -m benchmarks.{Path(sys.argv[0]).stem}"
        writer.writerow([day, figure, _spell(value), unit, goal, machine(), command])
