"""What is known of a model that was brought as a file: `own_model.json` in its run folder."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from fmnist.plain_text import clean

MAX_FILE_BYTES = 100_000_000
_MAX_FILE_NAME = 120  # characters
# What a person may say of it; "auto" leaves it to be found out.
INPUTS = {"auto": "found out", "raw": "0 to 255", "unit": "0 to 1"}
OUTPUTS = {"auto": "found out", "probabilities": "probabilities", "logits": "logits"}
_OUTPUTS_FOUND = {
    "probabilities": "probabilities",
    "scores": "positive scores (divided by their sum)",
    "logits": "logits (a softmax follows)",
}


@dataclass(frozen=True)
class OwnModel:
    """`own_model.json`. What has not been found out yet is "", () or None."""

    file_name: str  # as it was called where it came from; never a path
    inputs: str = "auto"  # what the person says, one of INPUTS
    outputs: str = "auto"  # one of OUTPUTS
    input_shape: tuple[int, ...] = ()  # of one image
    found_inputs: str = ""  # "raw" or "unit"
    found_outputs: str = ""  # "probabilities", "scores" or "logits"
    used_inputs: str = ""  # what the run's scores rest on
    used_outputs: str = ""
    accuracy_raw: float | None = None  # share of `checked_images` it recognises from 0 to 255
    accuracy_unit: float | None = None
    loss_raw: float | None = None  # their mean cross-entropy, nats
    loss_unit: float | None = None
    checked_images: int | None = None  # of the training set

    def __post_init__(self) -> None:
        allowed = {
            "inputs": tuple(INPUTS),
            "outputs": tuple(OUTPUTS),
            "found_inputs": ("", "raw", "unit"),
            "used_inputs": ("", "raw", "unit"),
            "found_outputs": ("", *_OUTPUTS_FOUND),
            "used_outputs": ("", *_OUTPUTS_FOUND),
        }
        for name, choices in allowed.items():
            if getattr(self, name) not in choices:
                raise ValueError(
                    f"{name} is one of {', '.join(map(repr, choices))}, "
                    f"got {str(getattr(self, name))[:40]!r}."
                )
        shape = self.input_shape
        if not isinstance(self.file_name, str) or not isinstance(shape, list | tuple):
            raise ValueError("file_name is a text and input_shape a list.")
        numbers = (*shape, self.accuracy_raw, self.accuracy_unit, self.checked_images)
        numbers += (self.loss_raw, self.loss_unit)
        if not all(number is None or _is_number(number) for number in numbers):
            raise ValueError("a shape, an accuracy or a count is not a number.")
        object.__setattr__(self, "input_shape", tuple(shape))
        object.__setattr__(self, "file_name", clean(self.file_name, _MAX_FILE_NAME))

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: Any) -> OwnModel:
        """The record in `values`; raises ValueError when they are no such record."""
        names = {field.name for field in dataclasses.fields(cls)}
        if not isinstance(values, dict) or "file_name" not in values or values.keys() - names:
            raise ValueError("own_model.json does not describe a model.")
        return cls(**values)

    @property
    def summary(self) -> str:
        """E.g. "28 × 28 in, values 0 to 1; logits (a softmax follows)"; "" before it is known."""
        if not (self.used_inputs and self.used_outputs):
            return ""
        shape = " × ".join(map(str, self.input_shape))
        return f"{shape} in, values {INPUTS[self.used_inputs]}; {_OUTPUTS_FOUND[self.used_outputs]}"


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value)
