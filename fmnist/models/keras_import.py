"""The first import of TensorFlow and Keras in a process: the longest wait of all it does."""

from __future__ import annotations

import sys

from fmnist.models.processor import prefer_onednn


def import_keras() -> None:
    """Import both, computing as this computer does it best, and without scikit-learn.

    Keras wants it for wrappers that nothing here uses: a quarter of the seconds it takes. It can be
    imported afterwards; no other thread may do so meanwhile. Where it was imported before, this
    saves nothing.
    """
    prefer_onednn()
    is_left_out = not {"keras", "sklearn"} & sys.modules.keys()
    if is_left_out:
        # An import of it fails, which Keras allows for.
        sys.modules["sklearn"] = None  # type: ignore[assignment]  # no None in typeshed
    try:
        import keras  # noqa: F401 - with TensorFlow, its backend
    finally:
        if is_left_out:
            del sys.modules["sklearn"]
