"""Does a run hold what its receipt says, and does its model still answer as it did?"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TextIO

from fmnist import formats
from fmnist.config import ConfigError
from fmnist.data import catalogue
from fmnist.data.dataset import Dataset
from fmnist.evaluation.paired import compare
from fmnist.models.keras_import import import_keras
from fmnist.models.processor import ONEDNN
from fmnist.runs import outputs, receipt, store
from fmnist.runs.store import Run

if TYPE_CHECKING:
    import numpy as np

# Of a probability, where the same weights are computed with by another processor or version.
RESCORE_TOLERANCE = 0.001

Outcome = Literal["identical", "within tolerance", "different"]


@dataclass(frozen=True)
class Verdict:
    """What was found, and the sentence that says so."""

    outcome: Outcome
    sentence: str

    @property
    def is_good(self) -> bool:
        return self.outcome != "different"


def verify(run: Run, *, retrain: bool = False, terminal: TextIO | None = None) -> Verdict:
    """Compare a run with its receipt, then its saved probabilities with new ones.

    The new ones are those of the saved model, or of a model trained again by the same config into
    a temporary folder. TensorFlow must not have been loaded yet: it is to compute as it did then.

    Args:
        terminal: where to draw the progress of a training; None for none.

    Raises:
        NoReceipt: there is nothing to compare with.
        DatasetError: the dataset cannot be read.
        ConfigError: the run cannot be trained again.
    """
    paper = receipt.read_receipt(run)
    if edits := receipt.find_edits(run, paper):
        return Verdict("different", f"{formats.join(edits)} since the receipt was written.")
    dataset = catalogue.load(run.config.dataset)
    if (was := paper.get("dataset_fingerprint")) != dataset.fingerprint:
        return Verdict(
            "different",
            f"The dataset has changed: its fingerprint is {dataset.fingerprint}, and was "
            f"{str(was)[:16]}.",
        )
    saved = outputs.read_probabilities(run)
    if saved.shape[0] != len(dataset.test_labels):
        return Verdict("different", "The probabilities are not those of this test set.")
    if told := _wrong_results(run, saved, dataset):
        return Verdict("different", told)
    if retrain and paper.get("status") != "completed":
        raise ConfigError(
            f"{run.run_id} was stopped by hand, and a training cannot be stopped at the same step "
            "again: leave out --retrain."
        )
    onednn = paper.get("onednn")
    with _variable(ONEDNN, str(int(onednn)) if isinstance(onednn, bool) else None):
        if retrain:
            return _judge_training(saved, _train_again(run, paper, terminal), dataset)
        return _judge_scores(saved, _score_again(run, dataset))


@contextlib.contextmanager
def _variable(name: str, value: str | None) -> Iterator[None]:
    """A variable of the environment for a while; None: as it is."""
    before = os.environ.get(name)
    if value is not None:
        os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before


def _wrong_results(run: Run, probabilities: np.ndarray, dataset: Dataset) -> str:
    from fmnist.training.scoring import score

    told, found = outputs.read_results(run), score(probabilities, dataset.test_labels)
    if all(abs(told.get(name, -1) - value) < 1e-6 for name, value in found.items()):
        return ""
    return (
        f"results.json says test accuracy {formats.percent(told.get('test_accuracy'))} and loss "
        f"{formats.loss(told.get('test_loss'))}; the probabilities give "
        f"{formats.percent(found['test_accuracy'])} and {formats.loss(found['test_loss'])}."
    )


def _score_again(run: Run, dataset: Dataset) -> np.ndarray:
    import_keras()
    from fmnist.training.scoring import compute_probabilities

    return compute_probabilities(run.file("model.keras"), dataset.test_images)


def _train_again(run: Run, paper: Mapping[str, Any], terminal: TextIO | None) -> np.ndarray:
    """The probabilities of a model trained by the run's config, in the precision that it had."""
    from fmnist.training.train import train_and_evaluate

    precision = paper.get("precision")
    config = run.config
    if precision in ("float32", "bfloat16"):
        config = config.replace(precision=precision)
    file = run.file(store.START_FILE)
    start = file.read_bytes() if file.is_file() else None
    with (
        tempfile.TemporaryDirectory(prefix="fmnist-verify-") as folder,
        _variable("FMNIST_RUNS_DIR", folder),
    ):
        again = store.create_run(config, start=start)
        train_and_evaluate(config, again.run_dir, terminal=terminal)
        return outputs.read_probabilities(again)


def _judge_scores(saved: np.ndarray, found: np.ndarray) -> Verdict:
    if saved.tobytes() == found.tobytes():
        return Verdict(
            "identical",
            f"The saved model gives the same probabilities for all {len(saved):,} test images, to "
            "the last bit.",
        )
    largest, changed = _differences(saved, found)
    outcome: Outcome = "within tolerance" if largest <= RESCORE_TOLERANCE else "different"
    return Verdict(
        outcome,
        f"Scored again, the largest difference in a probability is {largest:.2g} (tolerance "
        f"{RESCORE_TOLERANCE:g}), and {_count(changed, len(saved))} changed.",
    )


def _judge_training(saved: np.ndarray, found: np.ndarray, dataset: Dataset) -> Verdict:
    if saved.tobytes() == found.tobytes():
        return Verdict(
            "identical",
            f"Trained again, the model gives the same probabilities for all {len(saved):,} test "
            "images, to the last bit.",
        )
    largest, changed = _differences(saved, found)
    pair = compare(dataset.test_labels, saved.argmax(axis=1), found.argmax(axis=1))
    outcome: Outcome = "within tolerance" if pair.is_noise else "different"
    low, high = map(formats.points, pair.interval)
    return Verdict(
        outcome,
        f"Trained again, {_count(changed, len(saved))} changed, the largest difference in a "
        f"probability is {largest:.2g}, and the test accuracy differs by "
        f"{formats.points(pair.difference)} points (95 % interval {low} to {high}: "
        f"{'no real difference' if pair.is_noise else 'a real difference'}).",
    )


def _differences(saved: np.ndarray, found: np.ndarray) -> tuple[float, int]:
    """The largest difference in a probability, and how many predictions changed."""
    largest = float(abs(saved - found).max())
    return largest, int((saved.argmax(axis=1) != found.argmax(axis=1)).sum())


def _count(changed: int, images: int) -> str:
    return f"{changed:,} of {images:,} predictions"
