"""What the commands of the Lab have in common."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn


class Parser(argparse.ArgumentParser):
    """Options are never abbreviated, and a mistake gets one line."""

    def __init__(self, **options: Any):
        super().__init__(**options, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """One line, without the pages of usage; exit code 2."""
        self.exit(2, f"{self.prog}: {message} (--help lists all options)\n")
