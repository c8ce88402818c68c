"""What a run's model is, how good it is and what it is not for: `python -m fmnist.model_card`.

    python -m fmnist.model_card RUN_ID_OR_DIR [--bundle]

After Mitchell et al. 2019, "Model cards for model reporting", https://arxiv.org/abs/1810.03993.
Every figure is computed from the run's folder and the dataset's test labels.

Exit code 0: done. 2: not, with one line on stderr.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fmnist import catalogue, run_files, runs
from fmnist.command_line import Parser, say
from fmnist.config_words import describe_command, describe_network, describe_training
from fmnist.dataset import CLASS_NAMES
from fmnist.evaluate import Evaluation, evaluate
from fmnist.own_model_record import OwnModel
from fmnist.runs import Run
from fmnist.taught_record import Taught

CALIBRATION_BINS = 15
_MOST_CONFUSIONS = 3
_SHIRT, LIKE_SHIRTS = 6, (0, 2, 4)  # T-shirt/top, Pullover, Coat


@dataclass(frozen=True)
class ClassScore:
    """How well one class is recognised; shares are 0 to 1."""

    name: str
    precision: float
    recall: float
    images: int


@dataclass(frozen=True)
class ModelCard:
    """What is told about one run's model. What its folder does not say is "" or None."""

    run_id: str
    title: str
    network: str  # sentences
    training: str
    averages_flips: bool
    knows_flips: bool  # from its training images, or because it averages them
    parameters: int | None
    epochs_done: int
    epochs: int
    best_epoch: int | None  # counted from 0
    kept: str  # whose weights: "best" or "last"
    seconds: float | None
    hardware: str
    precision: str
    seed: int
    versions: tuple[tuple[str, str], ...]  # (package, version)
    git_commit: str
    dataset: str
    dataset_fingerprint: str
    saw_standin: bool  # whether all its figures are about generated look-alikes
    train_images: int | None
    validation_fraction: float
    test_images: int
    accuracy: float
    accuracy_interval: tuple[float, float]  # 95 %
    errors: int
    loss: float  # mean cross-entropy, nats
    calibration_error: float
    classes: tuple[ClassScore, ...]  # in the order of the labels
    weakest: ClassScore  # that of the lowest recall
    weakest_confusions: tuple[tuple[str, int], ...]  # (class it is taken for, images)
    knows_garments: bool  # whether the classes are Fashion-MNIST's
    shirts: int  # test images of shirts; of other data, of whatever has their label
    shirts_taken: tuple[int, int, int]  # for T-shirts/tops, pullovers and coats
    command: str
    own_model: OwnModel | None  # imported: what is said above of its training is not true
    taught: Taught | None  # what it is said to have been trained on, it learnt with its last layer


# -- computing ------------------------------------------------------------------------------------


def compute_model_card(run: Run, labels: np.ndarray) -> ModelCard:
    """The card of a scored run, whose probabilities answer to `labels`, integer (N,).

    Raises:
        RunDamaged: its probabilities cannot be read.
        ValueError: they do not belong to these labels.
    """
    evaluation = evaluate(
        labels, run_files.read_probabilities(run), run_files.read_class_names(run)
    )
    environment, results = run_files.read_environment(run), run_files.read_results(run)
    config = run.config
    classes = tuple(
        ClassScore(row["class"], float(row["precision"]), float(row["recall"]), int(row["support"]))
        for _, row in evaluation.report.iloc[: len(CLASS_NAMES)].iterrows()
    )
    weakest = min((score for score in classes if score.images), key=lambda score: score.recall)
    matrix = evaluation.confusion_matrix
    return ModelCard(
        run_id=run.run_id,
        title=run.title,
        network=describe_network(config),
        training=describe_training(config),
        averages_flips=config.flip_average,
        knows_flips=config.flip_average or "flip" in config.augmentation,
        parameters=_whole(environment.get("parameters")),
        epochs_done=len(run_files.read_history(run)),
        epochs=config.epochs,
        best_epoch=_whole(results.get("best_epoch")),
        kept="last" if run.status.status == "stopped" else config.keep,
        seconds=results.get("seconds"),
        hardware=_describe_hardware(environment.get("hardware")),
        precision=_text(environment.get("precision")),
        seed=config.seed,
        versions=_list_versions(environment.get("versions")),
        git_commit=_text(environment.get("git_commit")),
        dataset=_text(environment.get("dataset")),
        dataset_fingerprint=_text(environment.get("dataset_fingerprint")),
        saw_standin=run.saw_standin,
        train_images=_whole(results.get("train_images")),
        validation_fraction=config.validation_fraction,
        test_images=len(evaluation.labels),
        accuracy=evaluation.accuracy,
        accuracy_interval=evaluation.accuracy_interval,
        errors=evaluation.errors,
        loss=evaluation.loss,
        calibration_error=compute_calibration_error(evaluation),
        classes=classes,
        weakest=weakest,
        weakest_confusions=tuple(
            (evaluation.class_names[predicted], count)
            for true, predicted, count in evaluation.top_confusions
            if evaluation.class_names[true] == weakest.name
        )[:_MOST_CONFUSIONS],
        knows_garments=evaluation.class_names == CLASS_NAMES,
        shirts=int(matrix[_SHIRT].sum()),
        shirts_taken=tuple(int(matrix[_SHIRT, label]) for label in LIKE_SHIRTS),
        command=describe_command(config),
        own_model=run.own_model,
        taught=run.taught,
    )


def compute_calibration_error(evaluation: Evaluation, bins: int = CALIBRATION_BINS) -> float:
    """How far confidence and accuracy lie apart, 0 to 1: the expected calibration error.

    Images are sorted by confidence into bins of equal width, each with its upper edge; the error
    is the mean over bins of |share right − mean confidence|, weighted by their images. Guo et al.
    2017, "On calibration of modern neural networks", https://arxiv.org/abs/1706.04599.
    """
    confidence = evaluation.confidence.astype(np.float64)
    bin_of = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    right = np.bincount(bin_of, weights=evaluation.is_correct, minlength=bins)
    promised = np.bincount(bin_of, weights=confidence, minlength=bins)
    return float(np.abs(right - promised).sum() / len(confidence))


def _describe_hardware(hardware: Any) -> str:
    if not isinstance(hardware, dict):
        return ""
    gpus = hardware.get("gpus")
    cores, memory = hardware.get("cores"), hardware.get("memory_gb")
    parts = [
        *(map(str, gpus) if isinstance(gpus, list) else ()),
        _text(hardware.get("cpu")),
        f"{cores} cores" if isinstance(cores, int) else "",
        f"{memory:g} GB of memory" if isinstance(memory, int | float) else "",
        _text(hardware.get("system")),
    ]
    return ", ".join(part for part in parts if part)


def _list_versions(versions: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(versions, dict):
        return ()
    return tuple((str(name), _text(version)) for name, version in versions.items())


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: Any) -> int | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if is_number and np.isfinite(value) else None


# -- command line ---------------------------------------------------------------------------------


def open_run(run: str) -> Run:
    """The run with this id, or in this folder.

    Raises ValueError with one sentence when there is none that is sound.
    """
    found = runs.reconcile_run(Path(run).resolve()) if Path(run).is_dir() else runs.load_run(run)
    if found.damaged:
        raise ValueError(f"{run} is no run that a card can be made of: {found.damaged}.")
    if not found.has_scores:
        raise ValueError(f"{run} is {found.status.status} and has no scores: no card can be made.")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = Parser(
        prog="python -m fmnist.model_card",
        description="Print a run's model card as Markdown.",
    )
    parser.add_argument("run", metavar="RUN_ID_OR_DIR", help="a run's id or folder, or `bundled`")
    parser.add_argument(
        "--bundle",
        action="store_true",
        help="copy the run, with its card, to the folder that comes with the package instead",
    )
    options = parser.parse_args(arguments)
    try:
        run = open_run(options.run)
        data = catalogue.load(run.config.dataset)
        fingerprint = run_files.read_environment(run).get("dataset_fingerprint")
        if fingerprint != data.fingerprint:
            raise ValueError(
                f"{options.run} was scored on other data (fingerprint {fingerprint}) than "
                f"{data.folder} holds ({data.fingerprint}): set FMNIST_DATA_DIR to its folder."
            )
        if options.bundle:
            from fmnist.bundle import bundle_run  # it imports this module

            print(bundle_run(run, data.test_labels))
        else:
            from fmnist.model_card_text import format_model_card  # so does it

            print(format_model_card(compute_model_card(run, data.test_labels)), end="")
    except ValueError as error:
        say(f"{parser.prog}: {error}")
        return 2
    except OSError as error:
        say(f"{parser.prog}: a file cannot be read or written: {error}")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
