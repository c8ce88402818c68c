"""What a computer is fastest in, for kinds of computers that this one is not; then, on this one,
everything that trains or predicts with oneDNN's operations and without.
"""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from fmnist.models import processor
from fmnist.models.processor import choose_precision, prefer_onednn, uses_onednn
from tests.networks import list_networks

AVX2 = frozenset({"avx2"})
BFLOAT16 = frozenset({"avx2", "avx512_bf16"})
AMX = frozenset({"avx2", "amx_bf16", "amx_tile"})


def test_a_named_precision_is_taken_as_it_is():
    assert choose_precision("float32") == "float32"
    assert choose_precision("bfloat16") == "bfloat16"


@pytest.mark.parametrize(
    ("capabilities", "flags", "environment", "expected"),
    [
        ([(9, 0)], AVX2, {}, "bfloat16"),
        ([(7, 5)], AMX, {}, "float32"),  # the older GPU does the work
        ([(8, 0), (7, 0)], AVX2, {}, "float32"),
        ([], AMX, {}, "bfloat16"),
        ([], BFLOAT16, {}, "bfloat16"),
        ([], AVX2, {}, "float32"),
        ([], frozenset(), {}, "float32"),
        ([], BFLOAT16, {"TF_ENABLE_ONEDNN_OPTS": "0"}, "float32"),
        ([], BFLOAT16, {"ONEDNN_MAX_CPU_ISA": "AVX2"}, "float32"),
        ([], BFLOAT16, {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE"}, "float32"),
        ([], BFLOAT16, {"ONEDNN_MAX_CPU_ISA": "avx512_core_bf16"}, "bfloat16"),
    ],
)
def test_automatic_precision_follows_the_device(
    monkeypatch, capabilities, flags, environment, expected
):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: capabilities)
    monkeypatch.setattr(
        tf.config.experimental, "get_device_details", lambda gpu: {"compute_capability": gpu}
    )
    monkeypatch.setattr(processor, "processor_flags", lambda: flags)
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    for name, value in {"TF_ENABLE_ONEDNN_OPTS": "1", **environment}.items():
        monkeypatch.setenv(name, value)
    assert choose_precision("auto") == expected


@pytest.mark.parametrize(
    ("machine", "before", "after", "uses"),
    [
        ("x86_64", None, "1", True),
        ("AMD64", "", "1", True),
        ("x86_64", "0", "0", False),  # what somebody chose stays
        ("x86_64", "false", "false", False),
        ("arm64", None, None, None),
    ],
)
def test_onednn_is_preferred_unless_somebody_chose(monkeypatch, machine, before, after, uses):
    monkeypatch.setattr(processor.platform, "machine", lambda: machine)
    if before is None:
        monkeypatch.delenv(processor.ONEDNN, raising=False)
    else:
        monkeypatch.setenv(processor.ONEDNN, before)
    prefer_onednn()
    assert os.environ.get(processor.ONEDNN) == after
    assert uses_onednn() is uses


# -- both settings, for real ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained_in(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders in which `tests.networks` found with oneDNN's operations ("1"), and without
    ("0"), what is in their found.json.
    """
    folders = {setting: tmp_path_factory.mktemp(f"onednn-{setting}") for setting in "10"}
    children = {
        setting: subprocess.Popen(
            # Keras's own layers are the measure of both.
            [sys.executable, "-m", "tests.networks", str(folder), *["--ours"][: setting == "0"]],
            env={**os.environ, processor.ONEDNN: setting},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for setting, folder in folders.items()
    }
    for setting, child in children.items():
        found, errors = child.communicate()
        assert child.returncode == 0, f"{processor.ONEDNN}={setting}: {errors[-2000:]}"
        (folders[setting] / "found.json").write_text(found, encoding="utf-8")
    return folders


def read_found(folder: Path, name: str) -> dict:
    return json.loads((folder / "found.json").read_text(encoding="utf-8"))[name]


def read_weights(folder: Path, name: str) -> list[np.ndarray]:
    with np.load(folder / f"{name}.npz") as arrays:
        return [arrays[f"arr_{number}"] for number in range(len(arrays))]


@pytest.mark.timeout(1200)  # the first waits for all of them
@pytest.mark.parametrize("setting", "10")
@pytest.mark.parametrize("name", list_networks())
def test_every_network_trains_as_in_keras_under_both_settings(trained_in, name, setting):
    result = read_found(trained_in[setting], name)
    keras_loss = read_found(trained_in["1"], name)["losses"]["keras"]
    assert result["losses"]["ours"] == pytest.approx(keras_loss, rel=1e-3)
    assert math.isfinite(result["losses"]["precise"])
    ours = read_weights(trained_in[setting], f"{name}-ours")
    keras_own = read_weights(trained_in["1"], f"{name}-keras")
    for one, other in zip(ours, keras_own, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-3)
    assert result["row_sums"] == pytest.approx([1.0] * 20, abs=1e-5)
    assert result["modules"] == ["keras"]  # what is saved has none of our layers


@pytest.mark.timeout(1200)
def test_all_that_computes_works_without_onednn_too():
    """Every other test runs with it, where the processor is of that kind."""
    tests = [
        f"tests/{name}"
        for name in (
            "commands/test_train.py::test_the_command_trains_and_ends_with_json",
            "drawing/test_fine_tune.py::test_corrected_drawings_become_right_and_earlier_layers_stay",
            "commands/test_predict.py::test_one_json_line_per_file_in_order",
            "engine/test_client.py::test_predicts_what_the_model_predicts",
            "commands/test_import_model.py::test_the_command_scores_a_file_and_ends_with_json",
        )
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
        env={**os.environ, processor.ONEDNN: "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert f"{len(tests)} passed" in done.stdout
