"""Which files lie in what was given: folders are walked, archives looked into, all within bounds.

Names say what files hold and are never used as paths: nothing is unpacked to where it says.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import re
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from fmnist.data.idx import MAX_IMAGES, Borrowed, DatasetError, unpack
from fmnist.data.import_names import CLASSES_FILE, is_wanted

MAX_BYTES = 1 << 30  # of all files together, unpacked
MAX_FILES = 2 * MAX_IMAGES
_MAX_DEPTH = 2  # of archives in archives
_ARCHIVE = re.compile(r"\.(zip|npz|tar|tgz|tar\.gz)$", re.IGNORECASE)
_PLAIN_ZIP = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_TAR_MAGIC = slice(257, 262)
_DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error, zipfile.BadZipFile, tarfile.TarError)
_LITTER = ("__macosx", ".", "thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class Member:
    """One of the files to import: where it lies below what was given, and its size.

    size: bytes, without an archive's compression, with that of gzip.
    """

    parts: tuple[str, ...]
    size: int
    open: Callable[[], AbstractContextManager[IO[bytes]]]

    @property
    def name(self) -> str:
        """The name without folders, as a message shows it."""
        return self.parts[-1]

    @property
    def where(self) -> str:
        """The name with the last two of its folders."""
        return "/".join(self.parts[-3:])

    @contextlib.contextmanager
    def reading(self, tell_read: Callable[[int], None] | None = None) -> Iterator[Borrowed]:
        """Its bytes as they are stored; `tell_read(count)` is called as they are read.

        Raises DatasetError, naming it, where they are damaged or cannot be read.
        """
        try:
            with self.open() as raw:
                yield Borrowed(raw, tell_read)
        except _DAMAGED as error:
            raise DatasetError(
                f"{self.name} is damaged or cut short ({error}): download or make it again."
            ) from error
        except OSError as error:
            raise DatasetError(f"{self.name} cannot be read: {error.strerror or error}.") from error

    @contextlib.contextmanager
    def unpacked(
        self, tell_read: Callable[[int], None] | None = None
    ) -> Iterator[io.BufferedReader]:
        """Its bytes without layers of gzip, at most MAX_BYTES of them."""
        with self.reading(tell_read) as raw:
            yield io.BufferedReader(Borrowed(unpack(raw)[0], _Allowance(self.name).take), 1 << 18)


class _Allowance:
    """How much may still be read; DatasetError where it is more."""

    def __init__(self, name: str):
        self._name, self._left = name, MAX_BYTES

    def take(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise DatasetError(
                f"{self._name} has more than {MAX_BYTES / 1e6:,.0f} MB unpacked, which is the most "
                "that can be imported."
            )


class Members:
    """Collects the files that can hold a dataset; the names of others, for a message."""

    def __init__(self, stack: contextlib.ExitStack):
        self.wanted: list[Member] = []
        self.others: list[str] = []
        self._stack = stack
        self._allowance = _Allowance("The import")
        self._seen = 0

    def add_path(self, path: Path) -> None:
        """A folder, an archive or a file, and a list of class names beside it.

        Raises DatasetError when there is nothing, or too much.
        """
        if path.is_dir():
            self._walk(path)
            return
        if not path.is_file():
            raise DatasetError(f"There is no file or folder {path}.")
        beside = path.parent / CLASSES_FILE
        for file in (path, beside) if beside.is_file() else (path,):
            self._add(Member((file.name,), file.stat().st_size, partial(_open, file)), 0)

    def _walk(self, folder: Path) -> None:
        for place, folders, names in os.walk(folder):
            folders[:] = sorted(name for name in folders if not _is_litter(name))
            for name in sorted(names):
                path = Path(place, name)
                if path.is_file():
                    parts = path.relative_to(folder).parts
                    self._add(Member(parts, path.stat().st_size, partial(_open, path)), 0)

    def _add(self, member: Member, depth: int) -> None:
        self._seen += 1
        if self._seen > MAX_FILES:
            raise DatasetError(f"There are more than {MAX_FILES:,} files: choose fewer.")
        if any(map(_is_litter, member.parts)):
            return
        if _ARCHIVE.search(member.name) or (depth == 0 and len(member.parts) == 1):
            if depth > _MAX_DEPTH:
                raise DatasetError(
                    f"{member.where} is nested too deep in archives: unpack it first."
                )
            if self._look_into(member, depth):
                return
        if is_wanted(member.name):
            self._allowance.take(member.size)
            self.wanted.append(member)
        elif len(self.others) < 4:
            self.others.append(member.name)

    def _look_into(self, member: Member, depth: int) -> bool:
        """Add what lies in an archive; False where it is none, whatever its name says."""
        with contextlib.ExitStack() as own:
            file = own.enter_context(member.reading())
            stream, layers = unpack(file)
            head = stream.peek(262)
            if not head.startswith(b"PK") and head[_TAR_MAGIC] != b"ustar":
                if _ARCHIVE.search(member.name):
                    raise DatasetError(
                        f"{member.name} is damaged, or not an archive: make it again, as a zip."
                    )
                return False
            if depth or layers:
                raw: IO[bytes] = self._stack.enter_context(tempfile.TemporaryFile())
                _copy(stream, raw, member.name)
            else:
                raw = self._stack.enter_context(member.open())
            raw.seek(0)
            folder = (*member.parts[:-1], _ARCHIVE.sub("", member.name))
            look = self._look_into_zip if head.startswith(b"PK") else self._look_into_tar
            look(raw, member.name, folder, depth + 1)
        return True

    def _look_into_zip(
        self, raw: IO[bytes], name: str, folder: tuple[str, ...], depth: int
    ) -> None:
        try:
            archive = self._stack.enter_context(zipfile.ZipFile(raw))
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise DatasetError(f"{name} is damaged ({error}): make it again.") from error
        for info in archive.infolist():
            parts = _split_name(info.filename)
            if not parts or info.filename.endswith(("/", "\\")):
                continue
            if info.flag_bits & 1 or info.compress_type not in _PLAIN_ZIP:
                if is_wanted(parts[-1]):
                    raise DatasetError(
                        f"{name} has a password or an unusual compression: pack it again without."
                    )
                continue
            self._add(Member((*folder, *parts), info.file_size, partial(archive.open, info)), depth)

    def _look_into_tar(
        self, raw: IO[bytes], name: str, folder: tuple[str, ...], depth: int
    ) -> None:
        archive = self._stack.enter_context(tarfile.TarFile(fileobj=raw))
        for info in archive:
            parts = _split_name(info.name)
            if info.isreg() and parts:
                open_it = partial(archive.extractfile, info)
                # None is for what is no regular file.
                member = Member((*folder, *parts), info.size, open_it)  # type: ignore[arg-type]
                self._add(member, depth)


def _open(path: Path) -> IO[bytes]:
    return path.open("rb")


def _copy(stream: io.BufferedReader, target: IO[bytes], name: str) -> None:
    allowance = _Allowance(name)
    while block := stream.read(1 << 20):
        allowance.take(len(block))
        target.write(block)


def _split_name(name: str) -> tuple[str, ...]:
    """Folders and name in an archive; Windows separates them by backslashes."""
    return tuple(part for part in re.split(r"[\\/]", name) if part not in ("", ".", ".."))


def _is_litter(name: str) -> bool:
    return name.lower().startswith(_LITTER)


@contextlib.contextmanager
def open_members(paths: Sequence[Path]) -> Iterator[Members]:
    """The files in what was given, which can be read inside the `with`.

    Raises DatasetError when there is nothing at a path, it is damaged, or too much.
    """
    with contextlib.ExitStack() as stack:
        members = Members(stack)
        for path in paths:
            try:
                members.add_path(path)
            except _DAMAGED as error:
                raise DatasetError(f"{path.name} is damaged ({error}): make it again.") from error
            except OSError as error:
                raise DatasetError(
                    f"{error.filename or path} cannot be read: {error.strerror or error}."
                ) from error
        yield members
