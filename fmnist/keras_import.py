"""The first import of TensorFlow and Keras in a process: the longest wait of all it does."""

from __future__ import annotations

import sys


def import_keras() -> None:
    """Import both, without scikit-learn, which Keras wants for wrappers that nothing here uses.

    That is a quarter of the seconds it takes. Scikit-learn can be imported afterwards; no other
    thread may do so meanwhile. Where it was imported before, it saves nothing.
    """
    is_left_out = not {"keras", "sklearn"} & sys.modules.keys()
    if is_left_out:
        sys.modules["sklearn"] = None  # an import of it fails, which Keras allows for
    try:
        import keras  # noqa: F401 - with TensorFlow, its backend
    finally:
        if is_left_out:
            del sys.modules["sklearn"]
