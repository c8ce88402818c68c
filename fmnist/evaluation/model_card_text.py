"""A model card as Markdown."""

from __future__ import annotations

import numpy as np

from fmnist import formats
from fmnist.evaluation.calibration import CALIBRATION_BINS
from fmnist.evaluation.evaluate import PLURALS
from fmnist.evaluation.model_card import (
    CONFUSED_WITH_SHIRT,
    ModelCard,
    compute_model_card,
)
from fmnist.plain_text import markdown_file
from fmnist.runs.bundle import CARD_FILE, COMMAND_FILE
from fmnist.runs.fine_tuned_record import Comparison, FineTuned
from fmnist.runs.imported_record import ImportedModel
from fmnist.runs.store import Run


def write_model_card(run: Run, labels: np.ndarray) -> None:
    """Write a scored run's card, and the command that trains it again, into its folder.

    labels: integer (N,), those of its test set. Raises ValueError where the run does not answer to
    them.
    """
    card = compute_model_card(run, labels)
    run.file(CARD_FILE).write_text(format_model_card(card), encoding="utf-8")
    run.file(COMMAND_FILE).write_text(card.command + "\n", encoding="utf-8")


def format_model_card(card: ModelCard) -> str:
    """The card as Markdown."""
    kinds = (
        "ten kinds of garment" if card.has_garment_classes else f"the ten classes of {_data(card)}"
    )
    intro = (
        f"A network that says which of {kinds} a 28 × 28 grey image shows, with ten "
        f"probabilities. Run `{card.run_id}` of the Fashion-MNIST Lab."
    )
    parts = [
        f"# Model card: {markdown_file(card.title)}",
        intro,
        "## How good it is",
        _format_scores(card),
        "## Class by class",
        _format_classes(card),
        "## What it is not for",
        _format_limits(card),
    ]
    if card.imported_model:
        parts += ["## Where it comes from", _format_origin(card, card.imported_model)]
    elif card.fine_tuned:
        parts += ["## How it was fine-tuned", _format_fine_tuning(card, card.fine_tuned)]
    else:
        parts += ["## How it was trained", _format_training(card)]
        parts += ["## How to train it again", f"```\n{card.command}\n```"]
    return "\n\n".join(parts) + "\n"


def _format_scores(card: ModelCard) -> str:
    low, high = map(formats.percent, card.accuracy_interval)
    accuracy = (
        f"{formats.percent(card.accuracy)} (95 % interval {low} to {high}): "
        f"{formats.count(card.errors)} errors in {formats.count(card.test_images)} test images"
        f"{' of the stand-in' if card.trained_on_standin else ''}, each classified once by the "
        "saved model"
    )
    calibration = (
        f"{formats.percent(card.calibration_error)} ({CALIBRATION_BINS} bins): how far its "
        "confidence and its fraction of correct predictions differ, on average"
    )
    flips = (
        "yes: the saved model averages its predictions for an image and for its mirror image"
        if card.averages_flips
        else "no: the saved model looks at an image once, unmirrored"
    )
    return _bullets(
        ("Test accuracy", accuracy),
        ("Test loss", f"{formats.loss(card.loss)} (mean cross-entropy)"),
        ("Expected calibration error", calibration),
        *([] if card.imported_model else [("Averages flips", flips)]),
    )


def _format_classes(card: ModelCard) -> str:
    head = ["| class | recall | precision | test images |", "|---|---:|---:|---:|"]
    rows = [
        f"| {markdown_file(score.name)} | {formats.percent(score.recall)} | "
        f"{formats.percent(score.precision)} | {formats.count(score.images)} |"
        for score in card.classes
    ]
    explanation = (
        "Recall: the fraction of a class's images that are recognised. Precision: the fraction of "
        "the predictions of a class that are correct."
    )
    return "\n".join([*head, *rows, "", explanation])


def _format_limits(card: ModelCard) -> str:
    mistaken = [f"{markdown_file(name)} ({count})" for name, count in card.worst_class_confusions]
    worst_class = (
        f"Its worst class is {markdown_file(card.worst_class.name)}: of "
        f"{formats.count(card.worst_class.images)} images "
        f"{formats.percent(card.worst_class.recall)} are "
        "recognised" + (f", most others taken for {formats.join(mistaken)}." if mistaken else ".")
    )
    taken = [
        f"{count} for {PLURALS[label]}"
        for label, count in zip(CONFUSED_WITH_SHIRT, card.shirt_confusions, strict=True)
    ]
    shirts = (
        "Shirts are easily confused with T-shirts, pullovers and coats: of "
        f"{formats.count(card.shirts)} shirts it takes {formats.join(taken)}."
    )
    pictures = (
        "It was trained on grey shop photographs of 28 × 28 pixels alone: one garment, upright, "
        "bright on black. It is not for other pictures: whatever it is shown, it names one of the "
        "ten classes, often with confidence."
    )
    shoes = "All shoes in the data point to the left; " + (
        "whether it was trained on mirrored ones as well is not known."
        if card.imported_model
        else "it was trained on mirrored ones as well, but its accuracy on those is not measured."
        if card.trained_with_flips
        else "one that points to the right may be missed."
    )
    drawings = "Drawings are not photographs: the accuracy above says nothing about them."
    limits: tuple[str, ...] = (worst_class, shirts, pictures, shoes, drawings)
    if card.fine_tuned:
        pictures = (
            "It is made for drawings as the Draw page prepares them; the photographs it is scored "
            "on here are another kind of picture."
        )
        limits = (pictures, worst_class, drawings)
    if card.trained_on_standin:
        pictures = (
            "It was trained and scored on the stand-in: generated look-alikes of Fashion-MNIST. No "
            "figure here says how accurate it is on real photographs."
        )
        limits = (pictures, worst_class, shirts, drawings)
    if not card.has_garment_classes:
        pictures = (
            f"It was trained on 28 × 28 grey images like those of {_data(card)} alone. It is not "
            "for others: whatever it is shown, it names one of the ten classes, often with "
            "confidence."
        )
        limits = (worst_class, pictures, "The accuracy above says nothing about drawings.")
    return "\n".join(f"- {limit}" for limit in limits)


def _data(card: ModelCard) -> str:
    return markdown_file(card.dataset) or "its dataset"


def _format_origin(card: ModelCard, imported_model: ImportedModel) -> str:
    """What is known of a model that was not trained here."""
    imported = (
        f"unknown: it was trained elsewhere and imported from a file, {imported_model.file_name}"
    )
    parameters = formats.count(card.parameters) if card.parameters else "unknown"
    data = (
        f"{formats.count(card.test_images)} test images of {card.dataset or 'unknown'} "
        f"(fingerprint {card.dataset_fingerprint or 'unknown'}), scored once; whether it had seen "
        "them before is not known"
    )
    versions = ", ".join(f"{name} {version}" for name, version in card.versions)
    return _bullets(
        ("Training", markdown_file(imported)),
        ("Input and output", imported_model.summary or "unknown"),
        ("Parameters", parameters),
        ("Data", markdown_file(data)),
        ("Versions", markdown_file(versions) or "unknown"),
    )


def _format_fine_tuning(card: ModelCard, fine_tuned: FineTuned) -> str:
    """What the last layer was trained on, and what that gained and lost."""
    training = (
        f"{fine_tuned.summary}: its last layer alone, from the model file whose SHA-256 begins "
        f"with {fine_tuned.started_from or 'unknown'}, with synthetic drawings as a rehearsal set"
    )
    pairs = (
        ("The corrections themselves", fine_tuned.on_corrections),
        ("The same, cross-validated", fine_tuned.cross_validated),
        ("Synthetic drawings, held out", fine_tuned.drawings),
        (
            "Test look-alikes" if card.trained_on_standin else "Test photographs",
            fine_tuned.photographs,
        ),
    )
    return _bullets(
        ("Training", markdown_file(training)),
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
    trained_on = f"{formats.count(card.train_images)} images" if card.train_images else "the rest"
    data = (
        f"{card.dataset or 'unknown'} (fingerprint {card.dataset_fingerprint or 'unknown'}): "
        f"{trained_on} to train on; {100 * card.validation_fraction:g} % of the training set, "
        f"drawn by the seed, for choices; {formats.count(card.test_images)} test images, scored "
        "once at the end"
    )
    versions = ", ".join(f"{name} {version}" for name, version in card.versions)
    return _bullets(
        ("Network", card.network + parameters),
        ("Steps", card.training),
        ("Epochs", epochs),
        ("Data", markdown_file(data)),
        ("Seed", str(card.seed)),
        ("Precision", markdown_file(card.precision) or "unknown"),
        ("Hardware", markdown_file(card.hardware) or "unknown"),
        ("Versions", markdown_file(versions) or "unknown"),
        *([("Commit", markdown_file(card.git_commit))] if card.git_commit else []),
    )


def _bullets(*items: tuple[str, str]) -> str:
    return "\n".join(f"- **{name}:** {text}" for name, text in items)
