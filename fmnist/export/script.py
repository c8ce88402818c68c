"""A run's training as a program in plain Keras, which needs nothing of the Lab.

One list of steps, each with a title, some words and its code, is written as a script or as a
notebook. A person's words never become code: they stand in comments as Python quotes them, on no
line that Python reads a file's encoding from.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from fmnist import formats
from fmnist.data.dataset import FINGERPRINT
from fmnist.export import data_code, model_code
from fmnist.plain_text import markdown_file
from fmnist.runs import outputs, store
from fmnist.runs.store import Run

_VERSION = re.compile(r"[0-9][0-9A-Za-z.+-]{0,30}")
_HEX = re.compile(r"[0-9a-f]{8,64}")
_WIDTH = 88  # characters of a comment's line


class NotExportable(ValueError):
    """There is no program that makes this run again; the message says why."""


@dataclass(frozen=True)
class Step:
    """One part of the program. `words` is plain text; `code` ends with a line's end."""

    title: str
    words: str
    code: str


def why_not(run: Run) -> str:
    """Why a run has no program, as a sentence; "" where it has one."""
    if run.damaged:
        return f"This run is damaged: {run.damaged}."
    if run.imported_model:
        return "This model was trained elsewhere, so how to train it again is not known."
    if run.fine_tuned:
        return (
            "This model was fine-tuned on corrected drawings, which are not part of the dataset: "
            "“Everything (zip)” has them."
        )
    return ""


def list_steps(run: Run) -> list[Step]:
    """The program that trains and scores the model of `run` again.

    Raises NotExportable.
    """
    if reason := why_not(run):
        raise NotExportable(reason)
    config, environment = run.config, outputs.read_environment(run)
    is_bfloat16 = environment.get("precision", config.precision) == "bfloat16"
    steps = [
        Step("Set-up", _setup_words(environment), _setup_code(environment, config.seed)),
        Step("Data", _data_words(environment), _data_code(environment)),
        Step(
            "Training and validation images",
            "The split is a seeded permutation of the training images.",
            data_code.split_code(config),
        ),
    ]
    if augmenting := data_code.augment_code(config):
        words = "Random changes to training images. The same seed gives the same changes."
        steps += [Step("Augmentation", words, augmenting)]
    steps += [
        Step(
            "Batches",
            "Each epoch has its own order, which follows from the seed alone."
            + (
                " Label smoothing changes the training targets only."
                if config.label_smoothing
                else ""
            ),
            data_code.batches_code(config),
        ),
        Step("Network", _network_words(environment), model_code.network_code(config)),
        Step(
            "Weights to begin with",
            "The seed decides the random weights."
            + (" Keep start.keras of the run's folder beside this." if _has_start(run) else "")
            + (" Layers compute in bfloat16, the weights are float32." if is_bfloat16 else ""),
            _weights_code(is_bfloat16, _has_start(run)),
        ),
        Step("Optimizer", "", model_code.optimizer_code(config)),
        Step("Training", _training_words(run), model_code.fit_code(config)),
        Step(
            "Scores",
            "The saved model is plain Keras: raw pixels in, ten probabilities out.",
            model_code.score_code(config) + _compare_code(run),
        ),
    ]
    return steps


def make_script(run: Run) -> str:
    """The program as the text of a Python file. Raises NotExportable."""
    steps = list_steps(run)
    parts = [_HEADER, *(f"# {line}\n" for line in _describe_run(run)), "\n"]
    for step in steps:
        heading = f"# -- {step.title} "
        parts += [f"{heading}{'-' * (_WIDTH - len(heading))}\n"]
        parts += [f"# {line}\n" for line in _wrap(step.words)]
        parts += ["\n", step.code, "\n"]
    return "".join(parts).rstrip("\n") + "\n"


def make_notebook(run: Run) -> str:
    """The program as the text of a Jupyter notebook (nbformat 4.5). Raises NotExportable."""
    steps = list_steps(run)
    title = f"# {markdown_file(run.title)}\n\n" + " ".join(_INTRODUCTION.split())
    about = "\n\n".join(markdown_file(line) for line in _describe_run(run))
    cells = [_cell("about", "markdown", f"{title}\n\n{about}")]
    for number, step in enumerate(steps, start=1):
        words = f"## {step.title}" + (f"\n\n{step.words}" if step.words else "")
        cells += [_cell(f"words-{number}", "markdown", words)]
        cells += [_cell(f"code-{number}", "code", step.code.rstrip("\n"))]
    notebook = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _cell(name: str, kind: str, source: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": name, "metadata": {}}
    cell["source"] = source.splitlines(keepends=True)
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


# -- words ----------------------------------------------------------------------------------------

_INTRODUCTION = """\
The network, the training and the scoring of one run of the Fashion-MNIST Lab, in plain Keras.
On the same kind of processor the figures come out the same, or nearly: the Lab trains with quicker
forms of some layers, which round differently in the last digits."""
_HEADER = f'''"""{_INTRODUCTION}

It writes model.keras, history.csv and test_probabilities.npy into the current folder.
"""

'''


def _describe_run(run: Run) -> list[str]:
    """Lines about the run; a person's words quoted as Python would."""
    lines = [f"Run {run.run_id!r}, called {run.title!r}."]
    results = outputs.read_results(run)
    if "test_accuracy" in results:
        lines += [f"Its test accuracy is {formats.percent(results['test_accuracy'])}."]
    if run.status.status == "stopped":
        lines += ["It was stopped by hand; this trains all its epochs."]
    return lines


def _versions(environment: dict[str, Any]) -> dict[str, str]:
    found = environment.get("versions")
    found = found if isinstance(found, dict) else {}
    return {
        name: found[name]
        for name in ("tensorflow", "keras", "numpy")
        if isinstance(found.get(name), str) and _VERSION.fullmatch(found[name])
    }


def _setup_words(environment: dict[str, Any]) -> str:
    versions = " ".join(f"{name}=={version}" for name, version in _versions(environment).items())
    return f"pip install {versions or 'tensorflow keras numpy'}"


def _data_words(environment: dict[str, Any]) -> str:
    if environment.get("dataset_fingerprint") == FINGERPRINT:
        return (
            "FMNIST_DATA_DIR names a folder with the four gzipped files; without it, Keras "
            "downloads them."
        )
    return "FMNIST_DATA_DIR names the folder with the four gzipped files that the run used."


def _network_words(environment: dict[str, Any]) -> str:
    parameters = environment.get("parameters")
    return f"{formats.count(parameters)} parameters." if type(parameters) is int else ""


def _training_words(run: Run) -> str:
    kept = "the epoch with the highest validation accuracy" if run.config.keep == "best" else ""
    return f"The weights of {kept or 'the last epoch'} are kept."


def _wrap(words: str) -> list[str]:
    """Lines of at most `_WIDTH` characters."""
    lines: list[str] = []
    for word in words.split():
        if lines and len(lines[-1]) + len(word) < _WIDTH - 2:
            lines[-1] += f" {word}"
        else:
            lines += [word]
    return lines


# -- code that depends on more than the config ----------------------------------------------------


def _setup_code(environment: dict[str, Any], seed: int) -> str:
    onednn = {True: "1", False: "0"}.get(environment.get("onednn"))  # type: ignore[arg-type]
    choose = (
        f'os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "{onednn}")  # before TensorFlow\n'
        if onednn
        else ""
    )
    return f"""\
import gzip
import hashlib
import math
import os
from pathlib import Path

{choose}os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf
from keras import layers

SEED = {seed}
"""


def _data_code(environment: dict[str, Any]) -> str:
    fingerprint = environment.get("dataset_fingerprint")
    read = data_code.READ_FILES
    if fingerprint == FINGERPRINT:
        indented = "".join(f"    {line}\n" for line in data_code.FOUR_FILES.splitlines())
        text = f"""\
DATA_DIR = os.environ.get("FMNIST_DATA_DIR")


{read}

if DATA_DIR:
{indented}else:
    training, test = keras.datasets.fashion_mnist.load_data()
    (train_images, train_labels), (test_images, test_labels) = training, test
"""
    else:
        text = f"""\
DATA_DIR = os.environ.get("FMNIST_DATA_DIR", ".")


{read}

{data_code.FOUR_FILES}"""
    if not (isinstance(fingerprint, str) and _HEX.fullmatch(fingerprint)):
        return text
    return f"""{text}
digest = hashlib.sha256()
for array in (train_images, train_labels, test_images, test_labels):
    digest.update(np.ascontiguousarray(array))
if digest.hexdigest()[:16] != "{fingerprint}":
    print("These are not the images that the run was trained on.")
"""


def _has_start(run: Run) -> bool:
    return run.file(store.START_FILE).is_file()


def _weights_code(is_bfloat16: bool, has_start: bool) -> str:
    lines = ["keras.utils.set_random_seed(SEED)"]
    if is_bfloat16:
        lines += ['keras.config.set_dtype_policy("mixed_bfloat16")']
    lines += ["model = build_network()"]
    if is_bfloat16:
        lines += ['keras.config.set_dtype_policy("float32")']
    if has_start:
        lines += [
            f'start = keras.models.load_model("{store.START_FILE}", compile=False)',
            "model.set_weights(start.get_weights())",
        ]
    return "\n".join([*lines, "model.summary()"]) + "\n"


def _compare_code(run: Run) -> str:
    accuracy = outputs.read_results(run).get("test_accuracy")
    known = f" (the run had {float(accuracy):.4f})" if accuracy is not None else ""
    return f'print(f"test accuracy {{accuracy:.4f}}{known}")\n'
