"""The table of all runs, in words and numbers for the eye."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from fmnist import formats
from fmnist.data.dataset import STANDARD
from pages._shared import dataset_choice

# Pixels; what Streamlit measures by itself cuts "49 min 35 s" where it stands further down.
WIDTHS = {name: st.column_config.Column(width=w) for name, w in (("Time", 100), ("Settings", 300))}
_STATUS_NAMES = {
    "queued": "Waiting",
    "running": "Training",
    "completed": "Finished",
    "stopped": "Stopped",
    "failed": "Failed",
    "damaged": "Damaged",
    "checking": "Checking",
    "silent": "Not responding",
}


def in_display_form(table: pd.DataFrame):
    """Words for the eye, numbers underneath, so that a click on a heading sorts as it should."""
    display = pd.DataFrame(
        {
            "Run": table["name"],
            "Status": table["status"].map(_STATUS_NAMES),
            "Dataset": table["dataset"],
            "Test accuracy": table["test_accuracy"],
            "Best validation": table["best_val_accuracy"],
            "Epochs": [
                "–" if pd.isna(asked) else f"{done} of {asked}"
                for done, asked in zip(table["epochs_done"], table["epochs"], strict=True)
            ],
            "Time": table["seconds"],
            "Parameters": table["parameters"],
            "Started": table["origin"],
            "Settings": table["settings"],
            "Note": table["note"],
        }
    )
    if {*table["dataset"], dataset_choice.mend_choice().slug} == {STANDARD}:
        display = display.drop(columns="Dataset")
    if not table["note"].any():
        display = display.drop(columns="Note")
    formatters = {"Time": formats.duration, "Parameters": formats.count}
    formatters |= dict.fromkeys(("Test accuracy", "Best validation"), formats.percent)
    return display.style.format(formatters, na_rep="–")
