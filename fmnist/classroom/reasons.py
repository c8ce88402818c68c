"""Why an experiment came out as it did, in two sentences that follow from what was measured.

The first says what the settings change and what the curves show of it; the second what the test
images say, whichever way it went.
"""

from __future__ import annotations

from collections.abc import Callable

from fmnist import formats
from fmnist.classroom.measured import Fit, Outcome

_NOISE = 0.01  # a gap between training and validation accuracy that is nothing much


def explain(outcome: Outcome) -> tuple[str, str]:
    """Two sentences, in plain text."""
    return _REASONS[outcome.experiment.name](outcome)


def _points(difference: float) -> str:
    """Without its sign: 0.0123 → "1.2 points"."""
    return f"{abs(100 * difference):.1f} points"


def _training(first: Fit, second: Fit) -> str:
    return (
        f"{formats.percent(second.training[-1])} of the training images right at the end instead "
        f"of {formats.percent(first.training[-1])}"
    )


def _fits_better(outcome: Outcome) -> bool:
    first, second, *_ = outcome.fits
    return bool(second.training[-1] > first.training[-1])


def _noise(outcome: Outcome) -> str:
    """The beginning of a sentence about two arms that cannot be told apart."""
    return (
        "The difference on the test images is no larger than other seeds or other images could "
        f"make it (the seed alone moves the accuracy by about {_points(outcome.repeats.deviation)})"
    )


def _explain_filters(outcome: Outcome) -> tuple[str, str]:
    first, second = outcome.fits
    said = (
        f"With twice the filters the network has {formats.count(second.parameters)} parameters "
        f"instead of {formats.count(first.parameters)}, does {second.macs / first.macs:.1f} times "
        f"the arithmetic for each image, and gets {_training(first, second)}."
    )
    change = outcome.change
    if change.is_noise:
        return said, (
            f"{_noise(outcome)}: whatever the new filters found, three runs each are too few to "
            "show it, and more filters do not always mean more accuracy."
        )
    if change.value > 0:
        return said, (
            "More filters can look for more patterns, and some of those hold for images that the "
            f"network was never trained on: {_points(change.value)} for twice the filters."
        )
    if _fits_better(outcome):
        return said, (
            "It fits the training images better and new ones worse: what the additional filters "
            "found does not hold beyond the images they were trained on, which is overfitting."
        )
    return said, (
        "It was worse on training images as well, so the larger network is not overfitting: it "
        "gets less far in these five epochs, where other steps or more epochs may suit it better."
    )


def _explain_dropout(outcome: Outcome) -> tuple[str, str]:
    none, _, half = outcome.fits
    said = (
        f"Without dropout the training accuracy ends {_points(none.gap)} "
        f"{'above' if none.gap > 0 else 'below'} that on validation images; with 0.5 it ends "
        f"{_points(half.gap)} {'above' if half.gap > 0 else 'below'}, as it is measured while "
        "units are being dropped."
    )
    overfits = none.gap > _NOISE
    if outcome.lead.is_noise:
        return said, (
            "Dropout holds a network back in training so that it relies on no single unit, and in "
            "these ten epochs what that costs and what it brings are so close that the best two "
            "cannot be told apart."
        )
    best = outcome.ranking[0]
    if best == 0 and overfits:
        return said, (
            "There was some overfitting to prevent, but within ten epochs the learning that "
            f"dropout slows down was worth more: no dropout leads by {_points(outcome.lead.value)}."
        )
    if best == 0:
        return said, (
            "There was hardly any overfitting to prevent, so dropping units only held the network "
            f"back: no dropout leads by {_points(outcome.lead.value)}."
        )
    label = outcome.experiment.arms[best].label
    return said, (
        "Dropout keeps the network from relying on single units, and here that was worth more on "
        f"new images than what it costs in training: {label} leads by "
        f"{_points(outcome.lead.value)}."
    )


def _explain_epochs(outcome: Outcome) -> tuple[str, str]:
    validation = outcome.fits[1].validation
    half = len(validation) // 2
    early, late = validation[half - 1] - validation[0], validation[-1] - validation[half - 1]
    said = (
        "Each epoch shows the network every training image once; of the ten, the first leaves it "
        f"at {formats.percent(validation[0])} on validation images, the fifth at "
        f"{formats.percent(validation[half - 1])} and the last at {formats.percent(validation[-1])}"
        f"{': the later, the less there is to gain' if early > late > 0 else ''}."
    )
    change = outcome.change
    if change.is_noise:
        return said, f"{_noise(outcome)}: after one epoch there was little left to learn here."
    if change.value > 0:
        return said, (
            "One epoch is too few steps to get down to where the loss is low: nine more bring "
            f"{_points(change.value)} on the test images, for ten times the training."
        )
    if _fits_better(outcome):
        return said, (
            "The training accuracy rose all the same, so the later epochs learned what holds for "
            "the training images alone: that is overfitting."
        )
    return said, (
        "The training accuracy did not rise either, so the later steps led the network away from "
        "what it had found: it did not settle, and a lower learning rate may help."
    )


def _explain_rate(outcome: Outcome) -> tuple[str, str]:
    first, second = outcome.fits
    said = (
        "Adam's steps are about as long as the learning rate says, so each went ten times as far; "
        f"that got {_training(first, second)}."
    )
    answer, change = outcome.answer, outcome.change
    if answer == "fails":
        return said, (
            "Steps that long throw the weights about instead of leading them downhill, and the "
            f"network is right on {formats.percent(outcome.repeats.estimate(1).value)} of the test "
            "images."
        )
    if answer == "alike":
        return said, (
            f"{_noise(outcome)}: in five epochs both rates got about as far, and neither the haste "
            "of the one nor the care of the other shows."
        )
    if answer == "better":
        return said, (
            "With 0.001 this small network is still on its way after five epochs, and with longer "
            f"steps it got {_points(change.value)} further; given more epochs, that may shrink or "
            "turn."
            if _fits_better(outcome)
            else "It is better on new images without being better on training images: long steps "
            f"are unsteady, and that kept it from fitting them too closely "
            f"({_points(change.value)})."
        )
    if _fits_better(outcome):
        return said, (
            "It fits the training images better and new ones worse: long steps got it into "
            "overfitting sooner."
        )
    return said, (
        "Long steps jump about around the low places of the loss instead of settling in one, so "
        f"that it ends worse than with short ones, by {_points(change.value)}."
    )


def _explain_dense(outcome: Outcome) -> tuple[str, str]:
    first, second = outcome.fits
    said = (
        "A convolution looks for the same small patterns everywhere; without it each unit has a "
        "weight of its own for every pixel and is not told which are neighbours, in a network of "
        f"{formats.count(second.parameters)} parameters instead of "
        f"{formats.count(first.parameters)}."
    )
    change = outcome.change
    if change.is_noise:
        return said, (
            f"{_noise(outcome)}: where all images stand alike, in the middle and upright, fixed "
            "places tell much about them, and here they tell about as much."
        )
    if change.value < 0:
        return said, (
            "Where all images stand alike, in the middle and upright, fixed places tell much "
            "already; but what edges and textures tell, wherever they are, the dense network "
            f"misses, and that costs {_points(change.value)} on the test images."
        )
    return said, (
        f"Here that was even better, by {_points(change.value)}: where all images stand alike, in "
        "the middle and upright, fixed places may tell more than small patterns do."
    )


def _explain_flips(outcome: Outcome) -> tuple[str, str]:
    if outcome.plain is None:
        raise ValueError("The accuracy on shoes as they are is missing.")
    usual, mirrored = outcome.plain.estimate(0).value, outcome.repeats.estimate(0).value
    falls = usual - mirrored > _NOISE
    said = (
        "In this dataset shoes point to the left, so a network trained as usual has hardly seen "
        f"one pointing to the right: it gets {formats.percent(usual)} of the shoes right as they "
        f"are, and {formats.percent(mirrored)} of the mirrored ones"
        f"{', for what it learned of a toe and a heel is tied to their side' if falls else ''}."
    )
    flipped, change = outcome.repeats.estimate(1).value, outcome.change
    cost = outcome.plain.difference(1)
    price = (
        "without a loss that these runs could show on shoes as they are"
        if cost.is_noise
        else f"and {_points(cost.value)} {'more' if cost.value > 0 else 'less'} on shoes as they "
        "are"
    )
    if change.is_noise:
        return said, (
            f"{_noise(outcome)}: training with mirror images did not teach it anything about "
            "shoes that shows here."
        )
    if change.value > 0:
        return said, (
            f"Mirroring half of the training images teaches it both sides: "
            f"{formats.percent(flipped)} of the mirrored shoes, {price}."
        )
    return said, (
        f"Trained with flips it got only {formats.percent(flipped)} of them right: mirror images "
        "make every class harder to learn, and in five epochs that outweighed what they "
        "teach."
    )


_REASONS: dict[str, Callable[[Outcome], tuple[str, str]]] = {
    "filters": _explain_filters,
    "dropout": _explain_dropout,
    "epochs": _explain_epochs,
    "rate": _explain_rate,
    "dense": _explain_dense,
    "flips": _explain_flips,
}
