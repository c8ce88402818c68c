"""Which sweep a run belongs to: `sweep.json` in its folder."""

from __future__ import annotations

from typing import Annotated

import msgspec


class TrialRecord(msgspec.Struct, frozen=True):
    """One training of one trial. A trial has as many trainings as its sweep has seeds."""

    sweep_id: str
    trial: Annotated[int, msgspec.Meta(ge=0)]  # Optuna's number, from 0
    on: str = ""  # the address of the cluster that trains it; "": the queue of this computer
    attempt: Annotated[int, msgspec.Meta(ge=1)] = 1  # one more after each death of its process
