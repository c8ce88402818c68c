"""What a run's score is worth: calibration, honest scores and suspected labels, as the pages say.

`python -m benchmarks.findings [RUN_ID]`: `bundled` where none is named. The searches that the
pages run in the background are made first where that has not been done. The fifty least credible
labels of either set become `benchmarks/screenshots/suspected_test.png` and `…_train.png`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks._table import ROOT, report
from fmnist.analysis import FILES
from fmnist.data import catalogue
from fmnist.data.dataset import Dataset
from fmnist.data.idx import SIDE
from fmnist.engine.client import Engine
from fmnist.engine.neighbours import Neighbours
from fmnist.engine.rescore import predict_validation_images
from fmnist.evaluation import calibration, honest
from fmnist.evaluation.evaluate import Evaluation, evaluate
from fmnist.evaluation.label_issues import LabelIssues, find_label_issues
from fmnist.runs import analyses, outputs
from fmnist.runs.store import Run, load_run
from fmnist.runs.validation import find_validation_images

SCREENSHOTS = ROOT / "benchmarks" / "screenshots"
SHOWN, COLUMNS, SCALE = 50, 10, 3
CAPTION, GAP = 34, 10  # pixels: below an image, between two
SAMPLE = 4000  # training images whose nearest other training image is looked for


def result(what: str, data: Dataset, shape: tuple[int, ...]) -> np.ndarray:
    """What an analysis of the dataset found, which it does first where it has not."""
    analysis = analyses.find_analysis(what, data)
    if not analysis.is_done:
        command = [sys.executable, "-m", "fmnist", "analyse", what, "--data", data.slug]
        subprocess.run(command, cwd=ROOT, check=True)
    found = analysis.read_result(FILES[what], shape)
    assert found is not None
    return found


def measure_calibration(run: Run, data: Dataset, evaluation: Evaluation) -> None:
    engine = Engine()
    try:
        indices = find_validation_images(run, data)
        probabilities = predict_validation_images(run, data, indices, engine)
    finally:
        engine.close()
    found = calibration.calibrate(evaluation, probabilities, data.train_labels[indices])
    bins = f"{calibration.CALIBRATION_BINS} bins"
    report(f"expected calibration error, {bins}", 100 * found.before.error, "%", "none")
    report("the same after temperature scaling", 100 * found.after.error, "%", "none")
    report("temperature, by the validation images", found.temperature, "", "none")
    report("test loss", found.loss_before, "nats", "none")
    report("test loss after temperature scaling", found.loss_after, "nats", "none")
    for name, confidence in (("", evaluation.confidence), (" after scaling", found.scaled)):
        answers = calibration.answer_when_surer(confidence, evaluation.is_correct, 0.9)
        report(f"images answered when surer than 0.9{name}", 100 * answers.coverage, "%", "none")
        if answers.accuracy is not None:
            report(f"of those right{name}", 100 * answers.accuracy, "%", "none")


def measure_scores(data: Dataset, evaluation: Evaluation, found: LabelIssues) -> None:
    nearest = result("near-duplicates", data, (len(data.test_images), 3))
    near = honest.find_near_duplicates(nearest)
    suspected = honest.mark(found.indices, len(near))
    same_label = data.train_labels[nearest[:, 0].astype(np.int64)] == data.test_labels
    for name, left_out in (
        ("all test images", honest.mark([], len(near))),
        ("without near-duplicates of training images", near),
        ("near-duplicates alone", ~near),
        ("without suspected labels", suspected),
        ("without either", near | suspected),
    ):
        score = honest.score_without(evaluation, left_out)
        if score:
            low, high = (100 * end for end in score.interval)
            report(f"accuracy, {name} ({score.images})", 100 * score.accuracy, "%", "none")
            print(f"{'':<4}95 % interval {low:.2f} to {high:.2f}")
    report(
        "near-duplicates with the label of their neighbour",
        100 * same_label[near].mean(),
        "%",
        "none",
    )
    baselines = honest.compute_baselines(data, nearest)
    if baselines.nearest:
        report(
            "accuracy of the nearest training image", 100 * baselines.nearest.accuracy, "%", "none"
        )
    rng = np.random.default_rng(0)
    chosen = np.sort(rng.permutation(len(data.train_images))[:SAMPLE])
    _, distances = Neighbours(data.train_images).nearest(data.train_images[chosen], 2)
    lengths = np.linalg.norm(data.train_images[chosen].reshape(len(chosen), -1) / 255, axis=1)
    fraction = (distances[:, 1] < honest.NEAR * lengths).mean()
    report(f"training images near another, of {len(chosen)}", 100 * fraction, "%", "35")


def draw_sheet(
    images: np.ndarray, labels: np.ndarray, names: tuple[str, ...], issues: LabelIssues
) -> Image.Image:
    """The least credible labels in rows, each with its given and its suggested class."""
    side, font = SCALE * SIDE, ImageFont.load_default(11)
    shown = issues.indices[:SHOWN]
    rows = -(-len(shown) // COLUMNS)
    width, height = COLUMNS * (side + GAP) + GAP, rows * (side + CAPTION + GAP) + GAP
    sheet = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(sheet)
    for place, index in enumerate(shown):
        left = GAP + place % COLUMNS * (side + GAP)
        top = GAP + place // COLUMNS * (side + CAPTION + GAP)
        picture = Image.fromarray(images[index]).resize((side, side), Image.Resampling.NEAREST)
        sheet.paste(picture, (left, top))
        said = (names[labels[index]], f"or {names[issues.suggested[place]]}?")
        for line, text in enumerate(said):
            pen.text((left + side / 2, top + side + 4 + 14 * line), text, "#31333f", font, "ma")
    return sheet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", nargs="?", default="bundled", help="the id of a run")
    run = load_run(parser.parse_args().run)
    data = catalogue.load(run.config.dataset)
    evaluation = evaluate(data.test_labels, outputs.read_probabilities(run), data.class_names)
    measure_calibration(run, data, evaluation)
    by_run = find_label_issues(data.test_labels, evaluation.probabilities)
    measure_scores(data, evaluation, by_run)
    probabilities = result("label-issues", data, (len(data.train_images), 10))
    right = (probabilities.argmax(axis=1) == data.train_labels).mean()
    report("cross-validated accuracy on the training images", 100 * right, "%", "none")
    by_models = find_label_issues(data.train_labels, probabilities)
    for split, issues in (("test", by_run), ("train", by_models)):
        report(f"suspected labels, {split}", len(issues.indices), "labels", "none")
        images, labels = data.split(split)
        path = SCREENSHOTS / f"suspected_{split}.png"
        draw_sheet(images, labels, data.class_names, issues).save(path, optimize=True)
        print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
