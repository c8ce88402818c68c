"""A model's accuracy on spoiled test images: seven corruptions in five strengths, all images."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec
import numpy as np

from fmnist.analysis.job import Job
from fmnist.engine.client import Engine
from fmnist.evaluation.corruptions import CORRUPTIONS, STRENGTHS, Robustness, corrupt
from fmnist.json_files import read_record, write_json

FILE = "robustness.json"
_CHUNK = 500  # images of one request: it can be stopped between two


def compute(job: Job) -> None:
    """Writes `FILE`, a `Robustness`, after each strength: a stopped one goes on from there."""
    assert job.run  # this analysis is about a run
    images, labels = job.data.test_images, job.data.test_labels
    model = job.run.file("model.keras")
    right = _read_begun(job.folder, len(images))
    steps = len(CORRUPTIONS) * STRENGTHS
    total = steps * len(images)
    engine = Engine()
    try:
        for number in range(steps):
            # One strength of all corruptions, then the next: a stopped one says something of each.
            strength, name = number // len(CORRUPTIONS) + 1, list(CORRUPTIONS)[number % 7]
            if len(right.setdefault(name, [])) >= strength:
                continue
            said = f"{CORRUPTIONS[name].name.lower()}, strength {strength} of {STRENGTHS}"
            spoiled, count = corrupt(images, name, strength), 0
            for start in range(0, len(images), _CHUNK):
                job.report(number * len(images) + start, total, said)
                part = slice(start, start + _CHUNK)
                probabilities = engine.predict(model, spoiled[part]).probabilities
                count += int((probabilities.argmax(axis=1) == labels[part]).sum())
            right[name].append(count)
            result = Robustness(len(images), right)
            write_json(job.folder / FILE, msgspec.to_builtins(result))
    finally:
        engine.close()


def read_robustness(folder: Path) -> Robustness | None:
    """What `compute` wrote, all of it; None where that is not there."""
    found = _read(folder)
    return found if found and found.is_complete else None


def _read_begun(folder: Path, images: int) -> dict[str, list[int]]:
    found = _read(folder)
    return {} if found is None or found.images != images else dict(found.right)


def _read(folder: Path) -> Robustness | None:
    """One whose counts can be counts of this many images."""
    with contextlib.suppress(OSError, ValueError):
        found = read_record(folder / FILE, Robustness)
        counts = np.array([count for row in found.right.values() for count in row])
        is_known = set(found.right) <= set(CORRUPTIONS) and found.images > 0
        if is_known and ((counts >= 0) & (counts <= found.images)).all():
            return found
    return None
