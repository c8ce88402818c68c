"""How every command reads its options."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NoReturn

from fmnist.terminal import say


class Parser(argparse.ArgumentParser):
    """Options are never abbreviated, and a mistake gets one line."""

    def __init__(self, **options: Any):
        super().__init__(**options, allow_abbrev=False)

    def add_runs_dir(self, **options: Any) -> None:
        """The option that says where runs live; options: of `add_argument`."""
        meaning = "where runs live (default: FMNIST_RUNS_DIR)"
        self.add_argument("--runs-dir", type=Path, metavar="DIR", help=meaning, **options)

    def error(self, message: str) -> NoReturn:
        """One line, without the pages of usage; exit code 2."""
        say(f"{self.prog}: {message} (--help lists all options)")
        self.exit(2)
