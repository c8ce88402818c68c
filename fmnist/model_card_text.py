"""A model card as Markdown."""

from __future__ import annotations

import numpy as np

from fmnist import formats
from fmnist.bundle import CARD_FILE, COMMAND_FILE
from fmnist.evaluate import PLURALS
from fmnist.model_card import CALIBRATION_BINS, LIKE_SHIRTS, ModelCard, compute_model_card
from fmnist.own_model_record import OwnModel
from fmnist.plain_text import markdown_file
from fmnist.runs import Run
from fmnist.taught_record import Comparison, Taught


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
    kinds = "ten kinds of garment" if card.knows_garments else f"the ten classes of {_data(card)}"
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
        f"| {markdown_file(score.name)} | {formats.percent(score.recall)} | "
        f"{formats.percent(score.precision)} | {formats.count(score.images)} |"
        for score in card.classes
    ]
    explanation = (
        "Recall: the share of a class's images that are recognised. Precision: the share of the "
        "answers of a class that are right."
    )
    return "\n".join([*head, *rows, "", explanation])


def _format_limits(card: ModelCard) -> str:
    mistaken = [f"{markdown_file(name)} ({count})" for name, count in card.weakest_confusions]
    weakest = (
        f"Its weakest class is {markdown_file(card.weakest.name)}: of "
        f"{formats.count(card.weakest.images)} images {formats.percent(card.weakest.recall)} are "
        "recognised" + (f", most others taken for {formats.join(mistaken)}." if mistaken else ".")
    )
    taken = [
        f"{count} for {PLURALS[label]}"
        for label, count in zip(LIKE_SHIRTS, card.shirts_taken, strict=True)
    ]
    shirts = (
        "Shirts are easily confused with T-shirts, pullovers and coats: of "
        f"{formats.count(card.shirts)} shirts it takes {formats.join(taken)}."
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
    limits: tuple[str, ...] = (weakest, shirts, pictures, shoes, drawings)
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
    return markdown_file(card.dataset) or "its dataset"


def _format_origin(card: ModelCard, own_model: OwnModel) -> str:
    """What is known of a model that was not trained here."""
    brought = f"unknown: it was trained elsewhere and imported from a file, {own_model.file_name}"
    parameters = formats.count(card.parameters) if card.parameters else "unknown"
    data = (
        f"{formats.count(card.test_images)} test images of {card.dataset or 'unknown'} "
        f"(fingerprint {card.dataset_fingerprint or 'unknown'}), scored once; whether it had seen "
        "them before is not known"
    )
    versions = ", ".join(f"{name} {version}" for name, version in card.versions)
    return _bullets(
        ("Training", markdown_file(brought)),
        ("Input and output", own_model.summary or "unknown"),
        ("Parameters", parameters),
        ("Data", markdown_file(data)),
        ("Versions", markdown_file(versions) or "unknown"),
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
        ("Training", markdown_file(learnt)),
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
        ("Data", markdown_file(data)),
        ("Seed", str(card.seed)),
        ("Precision", markdown_file(card.precision) or "unknown"),
        ("Hardware", markdown_file(card.hardware) or "unknown"),
        ("Versions", markdown_file(versions) or "unknown"),
        *([("Commit", markdown_file(card.git_commit))] if card.git_commit else []),
    )


def _bullets(*items: tuple[str, str]) -> str:
    return "\n".join(f"- **{name}:** {text}" for name, text in items)
