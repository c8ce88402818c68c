"""Which arithmetic this computer is fastest in: oneDNN's operations, and bfloat16 or float32."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ONEDNN = "TF_ENABLE_ONEDNN_OPTS"
_BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}
# What oneDNN may be held to that has bfloat16 (its variable ONEDNN_MAX_CPU_ISA, for trying what
# an older processor would do)
_BFLOAT16_ISAS = ("DEFAULT", "ALL", "AVX512_CORE_BF16", "AVX512_CORE_FP16", "AVX512_CORE_AMX")


def prefer_onednn() -> None:
    """Turn TensorFlow's oneDNN operations on, unless the environment says something already.

    TensorFlow does so itself only on processors with AVX512-VNNI, AVX-VNNI or AMX; with AVX2 alone
    its other operations take twice as long for the convolutions of a small network. To be called
    before TensorFlow is imported.
    """
    if _is_x86():
        os.environ[ONEDNN] = os.environ.get(ONEDNN) or "1"


def uses_onednn() -> bool | None:
    """Whether this process computes with oneDNN's operations; None where TensorFlow decides."""
    asked = os.environ.get(ONEDNN, "").lower()
    return asked in ("1", "true") if asked else None


def choose_precision(precision: str) -> str:
    """The arithmetic that `precision` means on this computer: "float32" or "bfloat16".

    "auto" is bfloat16 where the GPU multiplies in it (Ampere and newer), or the processor does
    (AVX512-BF16 or AMX) and oneDNN's operations make use of that; elsewhere TensorFlow imitates
    it, at a fraction of the speed.
    """
    import tensorflow as tf

    if precision != "auto":
        return precision
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:  # the training runs there, whatever the processor can do
        details = map(tf.config.experimental.get_device_details, gpus)
        is_fast = all(gpu.get("compute_capability", (0, 0)) >= (8, 0) for gpu in details)
    else:
        is_fast = bool(uses_onednn() and _BFLOAT16_FLAGS & processor_flags() and _is_allowed())
    return "bfloat16" if is_fast else "float32"


def processor_flags() -> frozenset[str]:
    """What the processor says it can do, as Linux spells it ("avx2"); nothing elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return frozenset()
    return frozenset(next((line for line in lines if line.startswith("flags")), "").split())


@contextmanager
def computing_in(precision: str) -> Iterator[None]:
    """Layers built inside compute in a `choose_precision` answer; weights are float32 in either."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _is_x86() -> bool:
    return platform.machine().lower() in ("x86_64", "amd64")


def _is_allowed() -> bool:
    return os.environ.get("ONEDNN_MAX_CPU_ISA", "DEFAULT").upper().startswith(_BFLOAT16_ISAS)
