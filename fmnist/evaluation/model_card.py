"""What a run's model is, how good it is and what it is not for.

After Mitchell et al. 2019, "Model cards for model reporting", https://arxiv.org/abs/1810.03993.
Every figure is computed from the run's folder and the dataset's test labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fmnist.data.dataset import CLASS_NAMES
from fmnist.evaluation.calibration import compute_calibration_error
from fmnist.evaluation.config_text import describe_command, describe_network, describe_training
from fmnist.evaluation.evaluate import evaluate
from fmnist.runs import outputs
from fmnist.runs.fine_tuned_record import FineTuned
from fmnist.runs.imported_record import ImportedModel
from fmnist.runs.store import Run

_MOST_CONFUSIONS = 3
_SHIRT, CONFUSED_WITH_SHIRT = 6, (0, 2, 4)  # T-shirt/top, Pullover, Coat


@dataclass(frozen=True)
class ClassScore:
    """How well one class is recognised; fractions are 0 to 1."""

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
    trained_with_flips: bool  # from its training images, or because it averages them
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
    trained_on_standin: bool  # whether all its figures are about generated look-alikes
    train_images: int | None
    validation_fraction: float
    test_images: int
    accuracy: float
    accuracy_interval: tuple[float, float]  # 95 %
    errors: int
    loss: float  # mean cross-entropy, nats
    calibration_error: float
    classes: tuple[ClassScore, ...]  # in the order of the labels
    worst_class: ClassScore  # that of the lowest recall
    worst_class_confusions: tuple[tuple[str, int], ...]  # (class it is taken for, images)
    has_garment_classes: bool  # whether the classes are Fashion-MNIST's
    shirts: int  # test images of shirts; of other data, of whatever has their label
    shirt_confusions: tuple[int, ...]  # for T-shirts/tops, pullovers and coats
    command: str
    imported_model: ImportedModel | None  # imported: what is said above of its training is not true
    fine_tuned: FineTuned | None  # its last layer alone was trained on what is said above


# -- computing ------------------------------------------------------------------------------------


def compute_model_card(run: Run, labels: np.ndarray) -> ModelCard:
    """The card of a scored run, whose probabilities answer to `labels`, integer (N,).

    Raises:
        RunDamaged: its probabilities cannot be read.
        ValueError: they do not belong to these labels.
    """
    evaluation = evaluate(labels, outputs.read_probabilities(run), outputs.read_class_names(run))
    environment, results = outputs.read_environment(run), outputs.read_results(run)
    config = run.config
    classes = tuple(
        ClassScore(row["class"], float(row["precision"]), float(row["recall"]), int(row["support"]))
        for _, row in evaluation.report.iloc[: len(CLASS_NAMES)].iterrows()
    )
    worst_class = min((score for score in classes if score.images), key=lambda score: score.recall)
    matrix = evaluation.confusion_matrix
    return ModelCard(
        run_id=run.run_id,
        title=run.title,
        network=describe_network(config),
        training=describe_training(config),
        averages_flips=config.flip_average,
        trained_with_flips=config.flip_average or "flip" in config.augmentation,
        parameters=_whole(environment.get("parameters")),
        epochs_done=len(outputs.read_history(run)),
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
        trained_on_standin=run.trained_on_standin,
        train_images=_whole(results.get("train_images")),
        validation_fraction=config.validation_fraction,
        test_images=len(evaluation.labels),
        accuracy=evaluation.accuracy,
        accuracy_interval=evaluation.accuracy_interval,
        errors=evaluation.errors,
        loss=evaluation.loss,
        calibration_error=compute_calibration_error(evaluation),
        classes=classes,
        worst_class=worst_class,
        worst_class_confusions=tuple(
            (evaluation.class_names[predicted], count)
            for true, predicted, count in evaluation.top_confusions
            if evaluation.class_names[true] == worst_class.name
        )[:_MOST_CONFUSIONS],
        has_garment_classes=evaluation.class_names == CLASS_NAMES,
        shirts=int(matrix[_SHIRT].sum()),
        shirt_confusions=tuple(int(matrix[_SHIRT, label]) for label in CONFUSED_WITH_SHIRT),
        command=describe_command(config),
        imported_model=run.imported_model,
        fine_tuned=run.fine_tuned,
    )


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
