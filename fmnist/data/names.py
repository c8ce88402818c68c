"""What a dataset and its classes may be called."""

from __future__ import annotations

import re
from typing import Any

from fmnist.data.dataset import CLASS_NAMES
from fmnist.data.idx import DatasetError

MAX_NAME = 40  # characters, of a dataset and of a class
# Nothing that Markdown, HTML or a chart gives a meaning of its own.
_NAME = re.compile(r"[^\W_][\w /.,'()&+-]*")


def require_plain(what: str, name: str, given: str | None = None) -> None:
    """Raise a DatasetError unless a name is short and of letters, digits and a few signs.

    given: the name as it came, for the message.
    """
    if len(name) > MAX_NAME or not _NAME.fullmatch(name):
        raise DatasetError(
            f"{what} is {(name if given is None else given)[: MAX_NAME + 1]!r}; expected 1 to "
            f"{MAX_NAME} letters, digits, spaces and / . , ' ( ) & + - _, with a letter or digit "
            "first."
        )


def check_class_names(names: Any) -> tuple[str, ...]:
    """Ten class names without spaces around them, in the order of the labels.

    Raises DatasetError when they are not ten different short texts of letters, digits and
    `/ . , ' ( ) & + - _`.
    """
    if not isinstance(names, list | tuple) or len(names) != len(CLASS_NAMES):
        found = f"{len(names)}" if isinstance(names, list | tuple) else type(names).__name__
        raise DatasetError(
            f"Expected ten class names, in the order of the labels 0 to 9; got {found}."
        )
    cleaned = tuple(" ".join(name.split()) if isinstance(name, str) else "" for name in names)
    for label, name in enumerate(cleaned):
        require_plain(f"The name of class {label}", name, str(names[label]))
        if name in cleaned[:label]:
            raise DatasetError(
                f"The classes {cleaned.index(name)} and {label} are both called {name!r}; "
                "give each a name of its own."
            )
    return cleaned
