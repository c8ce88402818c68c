"""A file of records that several people add to: a JSON object a line, in the order made.

Each record has a key, under which a later one takes the earlier one's place. A line that cannot be
read is left where it is, and costs no other.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import filelock

from fmnist.files import replacing_file
from fmnist.json_files import parse_json, read_bytes

_LOCK_TIMEOUT = 10.0  # seconds


class _Keyed(Protocol):
    @property
    def key(self) -> Any: ...


_Record = TypeVar("_Record", bound=_Keyed)


@dataclass(frozen=True)
class JsonLines(Generic[_Record]):
    """How the records of one kind are read and written."""

    name: str  # of several: "corrections"
    max_bytes: int
    from_values: Callable[[Any], _Record]  # raises ValueError for what is no such record
    to_values: Callable[[_Record], dict[str, Any]]
    error: type[ValueError]  # raised where the file cannot be read or written

    def read(self, path: Path) -> tuple[dict[Any, _Record], list[str]]:
        """By key, in the file's order, and the lines that are no record; nothing without a file."""
        try:
            content = read_bytes(path, self.max_bytes)
        except FileNotFoundError:
            content = b""
        except (OSError, ValueError) as error:
            raise self.cannot(path, "read", error) from error
        records: dict[Any, _Record] = {}
        unreadable = []
        for line in content.decode("utf-8", "replace").splitlines():
            try:
                record = self.from_values(parse_json(line))
            except ValueError:
                if line.strip():
                    unreadable.append(line)
            else:
                records.pop(record.key, None)
                records[record.key] = record
        return records, unreadable

    def change(self, path: Path, change: Callable[[dict[Any, _Record]], Any]) -> None:
        """Let `change` alter the records, and rewrite the file in one move.

        Two at once wait for each other, so that none is lost.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(path.with_name(f".{path.stem}.lock"), timeout=_LOCK_TIMEOUT):
                records, unreadable = self.read(path)
                change(records)
                lines = [json.dumps(self.to_values(record)) for record in records.values()]
                with replacing_file(path) as draft:
                    text = "".join(line + "\n" for line in [*lines, *unreadable])
                    draft.write_text(text, encoding="utf-8")
        except (OSError, filelock.Timeout) as error:
            raise self.cannot(path, "written", error) from error

    def cannot(self, path: Path, what: str, error: Exception) -> ValueError:
        reason = getattr(error, "strerror", None) or error
        return self.error(
            f"The {self.name} in {path} cannot be {what} ({reason}): see that the folder is there "
            "and may be written, and has room."
        )
