"""Does the Lab recognise what people draw? Doodles by real people, and pictures of no garment.

`python -m benchmarks.sketches [--model MODEL.keras …]`: reads FMNIST_SKETCHES_DIR/quickdraw.ndjson,
a JSON object a line: `category`, `accept` (the labels that count as right), `recognized` and
`strokes` (a list of [[x …], [y …]] in a square of 0 to 255, y down). Without --model, the model
that comes with the Lab answers. With several models, the last line is the mean over categories when
each category is answered by the model that was best on the others: what the choice among them is
worth where nobody has looked.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from benchmarks._nonsense import draw_nonsense
from benchmarks._table import report
from fmnist.drawing.drawing_model import DRAWING_MODEL
from fmnist.drawing.preprocess import sketch_to_image
from fmnist.engine.client import Engine
from fmnist.evaluation.evaluate import wilson_interval
from fmnist.evaluation.uncertainty import compute_perplexity, read_threshold

SIDE = 112  # pixels
FINER = 4  # drawn this much larger, then averaged: smooth edges, as in a browser
NONSENSE_COUNT = 240  # in two halves
APART_SEED = 20261121  # of the half that nobody has looked at and that chose nothing
RESAMPLES = 2000  # of the bootstrap


@dataclass(frozen=True)
class Rendering:
    """How the strokes of a doodle become a picture."""

    name: str
    width: int = 4  # of a stroke, pixels
    size: float = 100.0  # of the doodle's square, pixels
    corner: tuple[float, float] = (6.0, 6.0)  # its upper left corner, pixels
    is_inverted: bool = False  # black on white


RENDERINGS = (
    Rendering("4 px"),
    Rendering("2 px", width=2),
    Rendering("8 px", width=8),
    Rendering("10 px", width=10),
    Rendering("black on white", is_inverted=True),
    Rendering("at 40 % of the size, off-centre", size=40, corner=(66, 4)),
    Rendering("at a third of the size", size=100 / 3, corner=(39, 39)),
)


def render(strokes: list[list[list[float]]], rendering: Rendering) -> np.ndarray:
    """The doodle, uint8 (SIDE, SIDE), round pen, drawn in order."""
    picture = Image.new("L", (SIDE * FINER, SIDE * FINER))
    pen = ImageDraw.Draw(picture)
    radius = rendering.width * FINER / 2
    for stroke in strokes:
        corner = np.array(rendering.corner)[:, np.newaxis]
        points = (np.array(stroke) * (rendering.size / 255) + corner).T * FINER
        pen.line(points.ravel().tolist(), fill=255, width=rendering.width * FINER)
        for x, y in points:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    drawing = np.asarray(picture.reduce(FINER))
    return 255 - drawing if rendering.is_inverted else drawing


def mean_over_categories(is_right: np.ndarray, categories: np.ndarray) -> float:
    """The mean of the categories' fractions; a category without a drawing does not count."""
    return float(np.mean([is_right[categories == name].mean() for name in np.unique(categories)]))


def bootstrap_interval(is_right: np.ndarray, categories: np.ndarray) -> tuple[float, float]:
    """95 % interval of the mean over categories, drawings drawn anew within each category."""
    rng = np.random.default_rng(0)
    groups = [is_right[categories == name] for name in np.unique(categories)]
    means = np.mean(
        [rng.choice(group, (RESAMPLES, len(group))).mean(axis=1) for group in groups], axis=0
    )
    return tuple(np.quantile(means, [0.025, 0.975]))


def mean_without_looking(is_right: np.ndarray, categories: np.ndarray) -> float:
    """The mean over categories, each answered by the model that is best on the others.

    is_right: bool (models, drawings).
    """
    shares = []
    for name in np.unique(categories):
        apart = categories == name
        others = [mean_over_categories(row[~apart], categories[~apart]) for row in is_right]
        shares.append(is_right[int(np.argmax(others)), apart].mean())
    return float(np.mean(shares))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", nargs="+", type=Path, default=[], metavar="MODEL.keras")
    models = parser.parse_args().model or [DRAWING_MODEL]
    path = Path(os.environ["FMNIST_SKETCHES_DIR"]) / "quickdraw.ndjson"
    doodles = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    engine = Engine()
    try:
        rows = [score(model, doodles, engine) for model in models]
    finally:
        engine.close()
    if len(models) > 1:
        categories = np.array([doodle["category"] for doodle in doodles])
        apart = mean_without_looking(np.array(rows), categories)
        report("doodles, mean over categories, each left out of the choice", apart, "", "0.90")


def score(model: Path, doodles: list[dict], engine: Engine) -> np.ndarray:
    """Report everything about one model; returns which doodles it gets right, bool (N,)."""
    categories = np.array([doodle["category"] for doodle in doodles])
    is_recognized = np.array([doodle["recognized"] for doodle in doodles])
    threshold = read_threshold(model) or math.inf
    answers = {
        rendering.name: engine.predict(
            model,
            np.stack([sketch_to_image(render(d["strokes"], rendering)).image for d in doodles]),
        ).probabilities
        for rendering in RENDERINGS
    }
    is_right = {
        name: np.array(
            [p.argmax() in d["accept"] for p, d in zip(probabilities, doodles, strict=True)]
        )
        for name, probabilities in answers.items()
    }
    plain = is_right["4 px"]
    print(f"{model}: not sure above a perplexity of {threshold:.2f}")
    for name in np.unique(categories):
        group = plain[categories == name]
        low, high = wilson_interval(int(group.sum()), len(group))
        print(f"  {name:<12} {group.sum():>3} of {len(group):<3} ({low:.0%} to {high:.0%})")
    means = {name: mean_over_categories(right, categories) for name, right in is_right.items()}
    low, high = bootstrap_interval(plain, categories)
    for name, mean in means.items():
        print(f"  {name}: {mean:.3f}")
    print(f"  4 px: 95 % interval {low:.3f} to {high:.3f}")
    worst = min(plain[categories == name].mean() for name in np.unique(categories))
    recognized = mean_over_categories(plain[is_recognized], categories[is_recognized])
    report("doodles, mean over categories", means["4 px"], "", "0.93 (0.89)")
    report("the same on those the game's own network recognised", recognized, "", "0.93 (0.85)")
    report("doodles, worst category", worst, "", "0.80 (0.70)")
    apart = 100 * (max(means.values()) - min(means.values()))
    report("doodles, largest difference between renderings", apart, "points", "4 (8)")
    is_unsure = compute_perplexity(answers["4 px"]) > threshold
    report("doodles flagged as not sure", 100 * is_unsure.mean(), "%", "8 (10)")
    report("doodles wrong but sure", 100 * (~plain & ~is_unsure).mean(), "%", "4 (6)")
    for seed, name in ((0, "the half seen"), (APART_SEED, "the half held out")):
        nonsense, kinds = draw_nonsense(NONSENSE_COUNT // 2, seed)
        images = np.stack([sketch_to_image(drawing).image for drawing in nonsense])
        unsure = compute_perplexity(engine.predict(model, images).probabilities) > threshold
        for kind in np.unique(kinds):
            print(f"  {name}: {kind}: {unsure[kinds == kind].mean():.0%} flagged")
        report(f"no garment, flagged as not sure: {name}", 100 * unsure.mean(), "%", "80 (60)")
    report_times(model, doodles, engine)
    return plain


def report_times(model: Path, doodles: list[dict], engine: Engine) -> None:
    """P95 of the pipeline and of one prediction, in milliseconds."""
    pipeline, answer = [], []
    for doodle in doodles:
        drawing = render(doodle["strokes"], RENDERINGS[0])
        began = time.perf_counter()
        image = sketch_to_image(drawing).image
        pipeline.append(1000 * (time.perf_counter() - began))
        answer.append(engine.predict(model, image[np.newaxis]).milliseconds)
    report("drawing to image, P95", np.quantile(pipeline, 0.95), "ms", "10")
    report("one prediction of the drawing model, P95", np.quantile(answer, 0.95), "ms", "5")


if __name__ == "__main__":
    main()
