"""What the model for drawings learns from a few corrections, and what it forgets for them.

`python -m benchmarks.fine_tune`: of the doodles in FMNIST_SKETCHES_DIR/quickdraw.ndjson that the
model gets wrong, two, five or ten at random are corrected, again and again; each time the last
layer learns them as Teach it has it. Forgotten is measured on the synthetic drawings that Teach it
holds out, and on the doodles that were not corrected.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

from benchmarks._table import report
from benchmarks.sketches import RENDERINGS, render
from fmnist.data.dataset import STANDARD, load_dataset
from fmnist.drawing import drawing_model
from fmnist.drawing.corrections import correct
from fmnist.drawing.fine_tuning_data import (
    augment_correction,
    count_variants,
    make_fine_tuning_data,
)
from fmnist.drawing.fine_tuning_runs import make_config
from fmnist.drawing.head import HeadTrainer, load_split_model
from fmnist.drawing.preprocess import sketch_to_image

CORRECTED = [2] * 10 + [5] * 5 + [10] * 3  # doodles of each fine-tuning
FORGOTTEN = 2.0  # points; beyond it the page asks before the model is used


def main() -> None:
    path = Path(os.environ["FMNIST_SKETCHES_DIR"]) / "quickdraw.ndjson"
    doodles = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    accepted = [doodle["accept"] for doodle in doodles]
    images = np.stack(
        [sketch_to_image(render(one["strokes"], RENDERINGS[0])).image for one in doodles]
    )
    data = make_fine_tuning_data(load_dataset())
    model = load_split_model(drawing_model.DRAWING_MODEL)
    predicted = model.predict(images).argmax(axis=1)
    are_right = is_accepted(predicted, accepted)
    held_out = model.predict(data.held_out).argmax(axis=1) == data.held_out_labels
    wrong = np.flatnonzero(~are_right)
    rng = np.random.default_rng(0)
    rows = []
    for count in CORRECTED:
        chosen = rng.choice(wrong, count, replace=False)
        labels = np.array([accepted[number][0] for number in chosen], np.uint8)
        corrections = [
            correct(int(label), int(predicted[number]), (), images[number])
            for number, label in zip(chosen, labels, strict=True)
        ]
        variants = [augment_correction(one, count_variants(count)) for one in corrections]
        trainer = HeadTrainer(model, make_config(STANDARD), data, np.concatenate(variants), labels)
        trainer.fit(np.ones(count, bool))
        after = model.predict(images).argmax(axis=1)
        others = np.setdiff1d(np.arange(len(doodles)), chosen)
        now = model.predict(data.held_out).argmax(axis=1) == data.held_out_labels
        rows.append(
            (
                (after[chosen] == labels).mean(),
                held_out.mean() - now.mean(),
                (are_right[others]).mean() - is_accepted(after, accepted)[others].mean(),
            )
        )
        trainer.reset()
    learned, lost, doodles_lost = 100 * np.array(rows).T
    report("Teach it: corrections that become right", learned.mean(), "%", "reported only")
    report("Teach it: lost on drawings nobody corrected, mean", lost.mean(), "points", "2")
    report("Teach it: the same, the worst of all", lost.max(), "points", "2")
    asked = 100 * (lost > FORGOTTEN).mean()
    report("Teach it: fine-tunings that lose more, and ask first", asked, "%", "reported only")
    report("Teach it: lost on doodles nobody corrected", doodles_lost.mean(), "points", "2")


def is_accepted(labels: np.ndarray, accepted: list[list[int]]) -> np.ndarray:
    """bool (N,)."""
    return np.array([label in right for label, right in zip(labels, accepted, strict=True)])


if __name__ == "__main__":
    main()
