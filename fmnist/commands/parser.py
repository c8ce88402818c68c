"""How every command reads its options."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from fmnist.terminal import say


class Parser(argparse.ArgumentParser):
    """Options are never abbreviated, and a mistake gets one line."""

    def __init__(self, **options: Any):
        super().__init__(**options, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """One line, without the pages of usage; exit code 2."""
        say(f"{self.prog}: {message} (--help lists all options)")
        self.exit(2)
