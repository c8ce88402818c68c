"""What is known of a model that was imported from a file: `own_model.json` in its run folder."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from fmnist.plain_text import clean

MAX_FILE_BYTES = 100_000_000
_MAX_FILE_NAME = 120  # characters
CHECK_SECONDS = 180.0  # that a check may take once it has begun
FITS_WELL = 0.7  # of the images checked; with fewer right, something about the input may be wrong
# What a person may say of it; "auto" leaves it to be found out.
INPUTS = {
    "auto": "detected",
    "unit": "0 to 1",
    "raw": "0 to 255",
    "signed": "−1 to 1",
    "centred": "−0.5 to 0.5",
    "standardised": "standardised (mean 0, deviation 1)",
    "pixels": "standardised, each pixel by itself",
    "images": "standardised, each image by itself",
    "columns": "from keras.utils.normalize(x, axis=1)",
    "rows": "from keras.utils.normalize(x)",
    "lengths": "each image divided by its length",
    "unit_inverted": "1 to 0 (dark on light)",
    "raw_inverted": "255 to 0 (dark on light)",
    "signed_inverted": "1 to −1 (dark on light)",
}
OUTPUTS = {"auto": "detected", "probabilities": "probabilities", "logits": "logits"}
_OUTPUTS_FOUND = {
    "probabilities": "probabilities",
    "scores": "positive scores (divided by their sum)",
    "logits": "logits (a softmax follows)",
}
_Measured = Annotated[float, msgspec.Meta(gt=-1e15, lt=1e15)]
_Count = Annotated[int, msgspec.Meta(gt=-(10**15), lt=10**15)]
_OLDER_FIELDS = {"accuracy": "accuracies", "loss": "losses"}  # of raw and unit alone


class ImportedModel(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    rename={
        "detected_inputs": "found_inputs",
        "detected_outputs": "found_outputs",
        "effective_inputs": "used_inputs",
        "effective_outputs": "used_outputs",
    },
):
    """`own_model.json`. What has not been found out yet is "", (), {} or None."""

    file_name: str  # as it was called where it came from; never a path
    inputs: str = "auto"  # what the person says, one of INPUTS
    outputs: str = "auto"  # one of OUTPUTS
    input_shape: tuple[_Count, ...] = ()  # of one image
    detected_inputs: str = ""  # one of INPUTS but "auto"
    detected_outputs: str = ""  # "probabilities", "scores" or "logits"
    effective_inputs: str = ""  # what the run's scores rest on
    effective_outputs: str = ""
    # By a name of INPUTS: the fraction of `checked_images` it recognises, and their mean
    # cross-entropy in nats.
    accuracies: dict[str, _Measured] = {}
    losses: dict[str, _Measured] = {}
    checked_images: _Count | None = None  # of the training set

    def __post_init__(self) -> None:
        found = tuple(name for name in INPUTS if name != "auto")
        allowed = {
            "inputs": tuple(INPUTS),
            "outputs": tuple(OUTPUTS),
            "detected_inputs": ("", *found),
            "effective_inputs": ("", *found),
            "detected_outputs": ("", *_OUTPUTS_FOUND),
            "effective_outputs": ("", *_OUTPUTS_FOUND),
        }
        for name, choices in allowed.items():
            if getattr(self, name) not in choices:
                raise ValueError(
                    f"{name} is one of {', '.join(map(repr, choices))}, "
                    f"got {getattr(self, name)[:40]!r}."
                )
        if (self.accuracies.keys() | self.losses.keys()) - {*found}:
            raise ValueError("accuracies and losses have a number for each kind of input.")
        msgspec.structs.force_setattr(self, "file_name", clean(self.file_name, _MAX_FILE_NAME))

    def to_json(self) -> dict[str, Any]:
        return msgspec.to_builtins(self)

    @classmethod
    def from_json(cls, values: Any) -> ImportedModel:
        """The record in `values`; raises ValueError when they are no such record."""
        return msgspec.convert(_from_older(values) if isinstance(values, dict) else values, cls)

    @property
    def is_checked(self) -> bool:
        """Whether it was accepted once: a later failure is about what was said of it."""
        return bool(self.detected_inputs)

    @property
    def fits_well(self) -> bool:
        """Whether one kind of input lets it recognise most images, or none was tried."""
        return not self.accuracies or max(self.accuracies.values()) >= FITS_WELL

    @property
    def warning(self) -> str:
        """What to think of where it fits none of the ways well."""
        best = max(self.accuracies.values(), default=0.0)
        return (
            f"No way of preparing the images suits it well (the best gets {best:.0%} right): "
            "it may need them prepared in another way, or have its classes in another order."
        )

    @property
    def summary(self) -> str:
        """E.g. "28 × 28 in, values 0 to 1; logits (a softmax follows)"; "" before it is known."""
        if not (self.effective_inputs and self.effective_outputs):
            return ""
        shape = " × ".join(map(str, self.input_shape))
        inputs, outputs = INPUTS[self.effective_inputs], _OUTPUTS_FOUND[self.effective_outputs]
        return f"{shape} in, values {inputs}; {outputs}"


def _from_older(values: dict[str, Any]) -> dict[str, Any]:
    """The record as it is now, of one written when only 0 to 255 and 0 to 1 were tried."""
    values = dict(values)
    for old, new in _OLDER_FIELDS.items():
        measured = {name: values.pop(f"{old}_{name}", None) for name in ("raw", "unit")}
        measured = {name: number for name, number in measured.items() if number is not None}
        if measured and isinstance(values.setdefault(new, {}), dict):
            values[new] = {**measured, **values[new]}
    return values
