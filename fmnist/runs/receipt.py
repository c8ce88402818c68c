"""A receipt of a training: what went in, what came out, and a checksum of every file of that.

Written once, when a training has ended. Its own checksum tells a slip from what was written; it is
no signature, and whoever rewrites a run can write a receipt for it.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from fmnist import json_files
from fmnist.runs import outputs
from fmnist.runs.reader import Run
from fmnist.runs.store import START_FILE

FILE = "receipt.json"
VERSION = 1
# What it vouches for; a file that a run does not have is not in its receipt.
FILES = (
    "config.json", "environment.json", "history.csv", "results.json", "test_probabilities.npy",
    "model.keras", START_FILE,
)  # fmt: skip
_CHUNK = 2**20
_LARGEST = 2_000_000_000  # bytes of a file


class NoReceipt(ValueError):
    """A run has none, or it cannot be read; the message says so."""


def write_receipt(run: Run, status: str) -> None:
    """Write the receipt of a scored run into its folder. Raises as `make_receipt` does."""
    json_files.write_json(run.file(FILE), make_receipt(run, status))


def make_receipt(run: Run, status: str) -> dict[str, Any]:
    """The receipt of a scored run, from its files as they are now.

    status: "completed" or "stopped", which its `status.json` may not say yet.

    Raises:
        OSError: one cannot be read.
        RunDamaged: there are no probabilities.
    """
    environment = outputs.read_environment(run)
    predictions = outputs.read_probabilities(run).argmax(axis=1).astype("uint8")
    receipt = {
        "receipt": VERSION,
        "run_id": run.run_id,
        "config": run.config.to_json(),
        "status": status,
        "seed": run.config.seed,
        "dataset": run.config.dataset,
        "dataset_fingerprint": outputs.read_fingerprint(run),
        **{
            name: environment.get(name)
            for name in ("precision", "onednn", "fast_layers", "versions", "hardware", "git_commit")
        },
        "results": outputs.read_results(run),
        "predictions_sha256": hashlib.sha256(predictions.tobytes()).hexdigest(),
        "files": {name: _hash_file(run, name) for name in FILES if run.file(name).is_file()},
    }
    return receipt | {"sha256": _hash_receipt(receipt)}


def read_receipt(run: Run) -> dict[str, Any]:
    """The receipt of a run as it was written, or as somebody has changed it.

    Raises NoReceipt.
    """
    try:
        receipt = json_files.read_json(run.file(FILE))
    except FileNotFoundError:
        raise NoReceipt(
            f"{run.run_id} has no {FILE}: runs trained by an earlier version, imported models and "
            "fine-tuned ones have none."
        ) from None
    except (OSError, ValueError) as error:
        raise NoReceipt(f"{run.run_id}: {FILE} cannot be read: {error}") from error
    if not isinstance(receipt, dict) or not isinstance(receipt.get("files"), dict):
        raise NoReceipt(f"{run.run_id}: {FILE} is no receipt.")
    if receipt.get("receipt") != VERSION:
        raise NoReceipt(f"{run.run_id}: {FILE} was written by another version of the Lab.")
    return receipt


def find_edits(run: Run, receipt: dict[str, Any]) -> list[str]:
    """What has changed since the receipt was written, a part of a sentence for each thing."""
    edits = []
    if receipt.get("sha256") != _hash_receipt(receipt):
        edits.append(f"{FILE} was changed")
    for name, was in receipt["files"].items():
        if name not in FILES:
            continue
        try:
            now = _hash_file(run, name)
        except (OSError, ValueError):
            edits.append(f"{name} is missing or cannot be read")
            continue
        if now != was:
            edits.append(f"{name} was changed")
    return edits


def _hash_file(run: Run, name: str) -> str:
    digest = hashlib.sha256()
    json_files.check_plain(run.file(name), _LARGEST)  # a pipe would be waited for
    with run.file(name).open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _hash_receipt(receipt: dict[str, Any]) -> str:
    """Of everything but the checksum itself, whatever the order and the white space."""
    rest = {name: value for name, value in receipt.items() if name != "sha256"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()
