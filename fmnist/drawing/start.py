"""Start the process in which the model for drawings learns the corrections."""

from __future__ import annotations

from fmnist.data.dataset import STANDARD
from fmnist.drawing.fine_tuning_runs import create_fine_tuning
from fmnist.runs.jobs import start_new_run


def start_fine_tuning(dataset: str = STANDARD, owner: str = "") -> str:
    """Make a run of the corrections kept and start the process that fine-tunes on them.

    dataset: the short name of the one whose photographs are drawn for rehearsal and scored. owner:
    who starts it. Returns the run's id at once.

    Raises:
        ConfigError: there is no correction, no model for drawings, or a fine-tuning is under way.
        CorrectionError: the corrections cannot be read.
        RunsFolderError: the folder cannot be written, or no process could be started.
    """
    return start_new_run(create_fine_tuning(dataset, owner), "fine-tune")
