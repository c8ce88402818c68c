"""What a run's model is, how good it is and what it is not for: `python -m fmnist.model_card`.

    python -m fmnist.model_card RUN_ID_OR_DIR [--bundle]

After Mitchell et al. 2019, "Model cards for model reporting", https://arxiv.org/abs/1810.03993.
Every figure is computed from the run's folder and the dataset's test labels.

Exit code 0: done. 2: not, with one line on stderr.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fmnist import catalogue, formats, runs
from fmnist.command_line import Parser
from fmnist.config import TrainConfig
from fmnist.dataset import CLASS_NAMES
from fmnist.evaluate import PLURALS, Evaluation, evaluate
from fmnist.own_model_record import OwnModel
from fmnist.recipes import find_recipe
from fmnist.runs import Run
from fmnist.taught_record import Comparison, Taught

CALIBRATION_BINS = 15
_MOST_CONFUSIONS = 3
_SHIRT, _LIKE_SHIRTS = 6, (0, 2, 4)  # T-shirt/top, Pullover, Coat


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
    own_model: OwnModel | None  # brought as a file: what is said above of its training is not true
    taught: Taught | None  # what it is said to have been trained on, it learnt with its last layer


# -- computing ------------------------------------------------------------------------------------


def compute_model_card(run: Run, labels: np.ndarray) -> ModelCard:
    """The card of a scored run, whose probabilities answer to `labels`, integer (N,).

    Raises:
        RunDamaged: its probabilities cannot be read.
        ValueError: they do not belong to these labels.
    """
    evaluation = evaluate(labels, runs.read_probabilities(run), runs.read_class_names(run))
    environment, results = runs.read_environment(run), runs.read_results(run)
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
        network=_describe_network(config),
        training=_describe_training(config),
        averages_flips=config.flip_average,
        knows_flips=config.flip_average or "flip" in config.augmentation,
        parameters=_whole(environment.get("parameters")),
        epochs_done=len(runs.read_history(run)),
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
        shirts_taken=tuple(int(matrix[_SHIRT, label]) for label in _LIKE_SHIRTS),
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


def describe_command(config: TrainConfig) -> str:
    """The command that trains this config, as short as a recipe allows."""
    command = ["python", "-m", "fmnist.train"]
    recipe = find_recipe(config)
    if recipe:
        return " ".join([*command, "--recipe", recipe.name, "--seed", str(config.seed)])
    changes = config.differences(TrainConfig(seed=config.seed))
    changes = {**changes, "seed": (config.seed, None)}
    if config.name:
        changes = {"name": (config.name, None), **changes}
    for name, (value, _) in changes.items():
        text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        option = "--" + name.replace("_", "-")
        command += [f"{option}={text}"] if text.startswith("-") else [option, text]
    return shlex.join(command)


def _describe_network(config: TrainConfig) -> str:
    dense = _join([f"{units}" for units in config.dense_units])
    layers = _plural("a dense layer", config.dense_units, "dense layers")
    hidden = f"{layers} of {dense} units" if dense else ""
    if config.architecture == "dense":
        parts = [f"A network of {hidden or 'no hidden layer'}"]
        if config.dropout and hidden:
            parts.append(f"each with a dropout of {config.dropout:g}")
        return ", ".join([*parts, "and a softmax over the ten classes."])
    side = config.kernel_size
    filters = _join([f"{count}" for count in config.filters])
    parts = [
        f"{_plural('A convolution', config.filters, 'Convolutions')} of {filters} filters "
        f"({side} × {side} pixels, padding {config.padding}"
        + (f", stride {config.strides})" if config.strides > 1 else ")")
    ]
    if config.pool > 1:
        parts.append(f"pooled {config.pool} × {config.pool}")
    if config.batch_norm:
        parts.append("normalised over the batch")
    if config.residual_blocks:
        blocks = "block" if config.residual_blocks == 1 else "blocks"
        followed = _plural("followed", config.filters, "each followed")
        parts.append(f"{followed} by {config.residual_blocks} residual {blocks}")
    if config.dropout:
        where = {"all": "", "inner": " between them", "first": " after the first"}[
            config.dropout_after
        ]
        parts.append(f"with a dropout of {config.dropout:g}{where}")
    head = {
        "flatten": "every number of the last map",
        "average": "the mean of each filter's last map",
        "max": "the maximum of each filter's last map",
    }[config.head]
    dropped = f" (dropout {config.head_dropout:g})" if config.head_dropout else ""
    after = f", {hidden} and a softmax" if hidden else " and a softmax"
    return f"{', '.join(parts)}; then {head}{dropped}{after} over the ten classes."


def _describe_training(config: TrainConfig) -> str:
    schedule = {
        "constant": "held constant",
        "cosine": "falling to 0 along a cosine",
        "one-cycle": "climbing for a quarter of the run, then falling to 0",
    }[config.schedule]
    optimizer = f"{config.optimizer} with a learning rate of {config.learning_rate:g}, {schedule}"
    parts = [f"Batches of {config.batch_size} images, {optimizer}"]
    if config.weight_decay and config.optimizer in ("adamw", "sgd"):
        parts.append(f"weight decay {config.weight_decay:g}")
    if config.label_smoothing:
        parts.append(f"label smoothing {config.label_smoothing:g}")
    if config.weight_averaging:
        parts.append("a moving average of the weights")
    if config.augmentation != "none":
        parts.append(f"training images changed at random ({config.augmentation})")
        if config.augmented_copies:
            copies = "copy" if config.augmented_copies == 1 else "copies"
            parts.append(f"{config.augmented_copies} changed {copies} beside each original")
    if config.early_stopping_patience:
        parts.append(
            f"stops after {config.early_stopping_patience} epochs without a better validation loss"
        )
    return "; ".join(parts) + "."


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


def _plural(one: str, things: Sequence[Any], many: str) -> str:
    return one if len(things) == 1 else many


def _join(words: Sequence[str]) -> str:
    """["a", "b", "c"] → "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


# -- writing --------------------------------------------------------------------------------------


def format_model_card(card: ModelCard) -> str:
    """The card as Markdown."""
    kinds = "ten kinds of garment" if card.knows_garments else f"the ten classes of {_data(card)}"
    intro = (
        f"A network that says which of {kinds} a 28 × 28 grey image shows, with ten "
        f"probabilities. Run `{card.run_id}` of the Fashion-MNIST Lab."
    )
    parts = [
        f"# Model card: {_escape(card.title)}",
        intro,
        "## How good it is",
        _format_scores(card),
        "## Class by class",
        _format_classes(card),
        "## What it is not for",
        _format_limits(card),
    ]
    if card.own_model:
        parts += ["## Where it comes from", _format_origin(card, card.own_model)]
    elif card.taught:
        parts += ["## How it was taught", _format_teaching(card, card.taught)]
    else:
        parts += ["## How it was trained", _format_training(card)]
        parts += ["## How to train it again", f"```\n{card.command}\n```"]
    return "\n\n".join(parts) + "\n"


def _format_scores(card: ModelCard) -> str:
    low, high = map(formats.percent, card.accuracy_interval)
    accuracy = (
        f"{formats.percent(card.accuracy)} (95 % interval {low} to {high}): "
        f"{formats.count(card.errors)} errors in {formats.count(card.test_images)} test images"
        f"{' of the stand-in' if card.saw_standin else ''}, each answered once by the saved model"
    )
    calibration = (
        f"{formats.percent(card.calibration_error)} ({CALIBRATION_BINS} bins): how far its "
        "confidence and its share of right answers lie apart, on average"
    )
    flips = (
        "yes: the saved model gives the mean of its answers to an image and to its mirror image"
        if card.averages_flips
        else "no: the saved model looks at an image once, as it is"
    )
    return _bullets(
        ("Test accuracy", accuracy),
        ("Test loss", f"{formats.loss(card.loss)} (mean cross-entropy)"),
        ("Expected calibration error", calibration),
        *([] if card.own_model else [("Averages flips", flips)]),
    )


def _format_classes(card: ModelCard) -> str:
    head = ["| class | recall | precision | test images |", "|---|---:|---:|---:|"]
    rows = [
        f"| {score.name} | {formats.percent(score.recall)} | "
        f"{formats.percent(score.precision)} | {formats.count(score.images)} |"
        for score in card.classes
    ]
    explanation = (
        "Recall: the share of a class's images that are recognised. Precision: the share of the "
        "answers of a class that are right."
    )
    return "\n".join([*head, *rows, "", explanation])


def _format_limits(card: ModelCard) -> str:
    mistaken = [f"{name} ({count})" for name, count in card.weakest_confusions]
    weakest = (
        f"Its weakest class is {card.weakest.name}: of {formats.count(card.weakest.images)} "
        f"images {formats.percent(card.weakest.recall)} are recognised"
        + (f", most others taken for {_join(mistaken)}." if mistaken else ".")
    )
    taken = [
        f"{count} for {PLURALS[label]}"
        for label, count in zip(_LIKE_SHIRTS, card.shirts_taken, strict=True)
    ]
    shirts = (
        "Shirts are easily confused with T-shirts, pullovers and coats: of "
        f"{formats.count(card.shirts)} shirts it takes {_join(taken)}."
    )
    pictures = (
        "It knows grey shop photographs of 28 × 28 pixels alone: one garment, upright, bright on "
        "black. It is not for other pictures: whatever it is shown, it names one of the ten "
        "classes, often with confidence."
    )
    shoes = "All shoes in the data point to the left; " + (
        "whether it has seen them mirrored as well is not known."
        if card.own_model
        else "it has seen them mirrored as well, but how well it knows those is not measured."
        if card.knows_flips
        else "one that points to the right may be missed."
    )
    drawings = "Drawings are not photographs: the accuracy above says nothing about them."
    limits = (weakest, shirts, pictures, shoes, drawings)
    if card.taught:
        pictures = (
            "It is made for drawings as the Draw page prepares them; the photographs it is scored "
            "on here are another kind of picture."
        )
        limits = (pictures, weakest, drawings)
    if card.saw_standin:
        pictures = (
            "It was trained and scored on the stand-in: generated look-alikes of Fashion-MNIST. No "
            "figure here says how well it knows real photographs."
        )
        limits = (pictures, weakest, shirts, drawings)
    if not card.knows_garments:
        pictures = (
            f"It knows 28 × 28 grey images like those of {_data(card)} alone. It is not for "
            "others: whatever it is shown, it names one of the ten classes, often with confidence."
        )
        limits = (weakest, pictures, "The accuracy above says nothing about drawings.")
    return "\n".join(f"- {limit}" for limit in limits)


def _data(card: ModelCard) -> str:
    return _escape(card.dataset) or "its dataset"


def _format_origin(card: ModelCard, own_model: OwnModel) -> str:
    """What is known of a model that was not trained here."""
    brought = f"unknown: it was trained elsewhere and brought as a file, {own_model.file_name}"
    parameters = formats.count(card.parameters) if card.parameters else "unknown"
    data = (
        f"{formats.count(card.test_images)} test images of {card.dataset or 'unknown'} "
        f"(fingerprint {card.dataset_fingerprint or 'unknown'}), scored once; whether it had seen "
        "them before is not known"
    )
    versions = ", ".join(f"{name} {version}" for name, version in card.versions)
    return _bullets(
        ("Training", _escape(brought)),
        ("Input and output", own_model.summary or "unknown"),
        ("Parameters", parameters),
        ("Data", _escape(data)),
        ("Versions", _escape(versions) or "unknown"),
    )


def _format_teaching(card: ModelCard, taught: Taught) -> str:
    """What the last layer learnt, and what that gained and lost."""
    learnt = (
        f"{taught.summary}: its last layer alone, from the model file whose SHA-256 begins with "
        f"{taught.taught_from or 'unknown'}, with made drawings rehearsed meanwhile"
    )
    pairs = (
        ("The corrections themselves", taught.learnt),
        ("The same, kept apart in turn", taught.kept_apart),
        ("Made drawings, never learnt", taught.drawings),
        ("Test look-alikes" if card.saw_standin else "Test photographs", taught.photographs),
    )
    return _bullets(
        ("Training", _escape(learnt)),
        *((name, _format_pair(pair)) for name, pair in pairs if pair is not None),
        ("Seed", str(card.seed)),
    )


def _format_pair(pair: Comparison) -> str:
    return (
        f"{formats.count(pair.after)} of {formats.count(pair.images)} right, before "
        f"{formats.count(pair.before)} ({formats.count(pair.gained)} gained, "
        f"{formats.count(pair.lost)} lost)"
    )


def _format_training(card: ModelCard) -> str:
    parameters = f" {formats.count(card.parameters)} parameters." if card.parameters else ""
    best = "" if card.best_epoch is None else f" ({card.best_epoch + 1}, by validation accuracy)"
    kept = f"those of the best epoch{best}" if card.kept == "best" else "those of the last step"
    epochs = (
        f"{card.epochs_done} of {card.epochs}, in {formats.duration(card.seconds)}; the weights "
        f"kept are {kept}"
    )
    learnt = f"{formats.count(card.train_images)} images" if card.train_images else "the rest"
    data = (
        f"{card.dataset or 'unknown'} (fingerprint {card.dataset_fingerprint or 'unknown'}): "
        f"{learnt} to learn from; {100 * card.validation_fraction:g} % of the training set, drawn "
        f"by the seed, for choices; {formats.count(card.test_images)} test images, scored once at "
        "the end"
    )
    versions = ", ".join(f"{name} {version}" for name, version in card.versions)
    return _bullets(
        ("Network", card.network + parameters),
        ("Steps", card.training),
        ("Epochs", epochs),
        ("Data", _escape(data)),
        ("Seed", str(card.seed)),
        ("Precision", _escape(card.precision) or "unknown"),
        ("Hardware", _escape(card.hardware) or "unknown"),
        ("Versions", _escape(versions) or "unknown"),
        *([("Commit", _escape(card.git_commit))] if card.git_commit else []),
    )


def _bullets(*items: tuple[str, str]) -> str:
    return "\n".join(f"- **{name}:** {text}" for name, text in items)


def _escape(text: str) -> str:
    """Text whose signs mean nothing to Markdown."""
    return re.sub(r"([\\`*_\[\]<>|$~])", r"\\\1", text)


# -- command line ---------------------------------------------------------------------------------


def open_run(run: str) -> Run:
    """The run with this id, or in this folder.

    Raises ValueError with one sentence when there is none that is sound.
    """
    found = runs.read_run(Path(run).resolve()) if Path(run).is_dir() else runs.load_run(run)
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
        fingerprint = runs.read_environment(run).get("dataset_fingerprint")
        if fingerprint != data.fingerprint:
            raise ValueError(
                f"{options.run} was scored on other data (fingerprint {fingerprint}) than "
                f"{data.folder} holds ({data.fingerprint}): set FMNIST_DATA_DIR to its folder."
            )
        if options.bundle:
            from fmnist.bundle import bundle_run  # it imports this module

            print(bundle_run(run, data.test_labels))
        else:
            print(format_model_card(compute_model_card(run, data.test_labels)), end="")
    except ValueError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{parser.prog}: a file cannot be read or written: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
