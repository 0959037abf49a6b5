"""Where an archive lies: a folder of this machine, or an object store that fsspec knows.

A day's parts are ``day=2026-11-24/part-00000.parquet`` and on, and of the same number
``wide-00000.parquet`` where hours have rates that take more than 32 bits. A file is written under a name
that no reader takes for one, made durable, read back and only then given its name, so that what has the name
of a part is one. In a folder of this machine durable means fsync, of the file and of the folder; an object
store has a file when it says so.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import takewhile
from typing import Any, BinaryIO

from collector.archive.parts import SCHEMA, WIDE, Contents, contents_of, write_part
from reports.faults import ConfigFault, Fault

try:
    import fsspec
    from fsspec.implementations.local import LocalFileSystem
except ImportError:
    raise Fault("archive: fsspec isn't installed; install it with: pip install 'bandgap[archive]'") from None

_NAME = re.compile(r"day=(\d{4}-\d\d-\d\d)/(part|wide)-(\d{5})\.parquet$")
_CHUNK = 1 << 20

Step = Callable[[str], None]
"""Told of every step once it is done."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a part: its UTC day, its number, its path for fsspec, and whether it has the wide hours."""

    day: date
    number: int
    path: str
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """A part that has been written and read back."""

    part: Part
    rows: int
    size_bytes: int
    sha256: str


class Shelf:
    """An archive. Raises ConfigFault when its place can't be used."""

    def __init__(self, place: str) -> None:
        try:
            self.filesystem, self.root = fsspec.core.url_to_fs(place)
            if self.local:
                self.root = os.path.abspath(self.root)
            else:
                self.filesystem.exists(self.root)
        except (ImportError, ValueError, OSError) as fault:
            raise ConfigFault(
                f"{place}: can't be used as an archive: {str(fault).splitlines()[0]}; name a folder, or "
                "a URL that fsspec knows"
            ) from None

    @property
    def local(self) -> bool:
        return isinstance(self.filesystem, LocalFileSystem)

    def url(self, path: str) -> str:
        """A path of the archive as others than fsspec are told it."""
        return path if self.local else str(self.filesystem.unstrip_protocol(path))

    def parts(self, first: date, last: date) -> list[Part]:
        """The parts of the days from ``first`` to ``last``, in order."""
        found = []
        self.filesystem.invalidate_cache()
        for path in self.filesystem.glob(f"{self.root}/day={_begun_alike(first, last)}*/*.parquet"):
            if (match := _NAME.search(path)) and first <= (day := date.fromisoformat(match[1])) <= last:
                found.append(Part(day, int(match[3]), path, match[2] == "wide"))
        return sorted(found, key=lambda part: (part.day, part.number, part.wide))

    def put(
        self,
        day: date,
        number: int,
        rows: Iterable[tuple[Any, ...]],
        step: Step,
        *,
        wide: bool = False,
    ) -> Stored | None:
        """Writes a file of a day's part; None when there were no rows. Raises Fault when it doesn't read
        back."""
        folder, name = f"{self.root}/day={day}", f"{'wide' if wide else 'part'}-{number:05}"
        part = Part(day, number, f"{folder}/{name}.parquet", wide)
        self._sweep(folder)
        temporary = f"{folder}/.{name}.writing"
        self.filesystem.makedirs(folder, exist_ok=True)
        with self._durable(temporary) as out:
            wrote = write_part(out, rows, number, WIDE if wide else SCHEMA)
            step("written")
        step("synced")
        if not wrote.rows:
            self.filesystem.rm_file(temporary)
            return None
        stored = self._checked(part, temporary, wrote)
        step("verified")
        self._name(temporary, part.path)
        step("named")
        return stored

    @contextmanager
    def opened(self, part: Part) -> Iterator[BinaryIO]:
        """A part to read; what is wrong with it is said with its path."""
        try:
            with self.filesystem.open(part.path, "rb") as source:
                yield source
        except Fault as fault:
            raise Fault(f"{self.url(part.path)}: {fault}") from None
        except OSError as fault:
            raise Fault(f"{self.url(part.path)}: can't be read: {fault}") from None

    @contextmanager
    def _durable(self, path: str) -> Iterator[BinaryIO]:
        with self.filesystem.open(path, "wb") as out:
            yield out
            if self.local:
                out.flush()
                os.fsync(out.fileno())

    def _checked(self, part: Part, path: str, wrote: Contents) -> Stored:
        digest, size = hashlib.sha256(), 0
        with self.filesystem.open(path, "rb") as source:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
            source.seek(0)
            if contents_of(source) != wrote:
                raise Fault(f"{self.url(path)}: doesn't read back as it was written; nothing was taken away")
        return Stored(part, wrote.rows, size, digest.hexdigest())

    def _name(self, temporary: str, path: str) -> None:
        if not self.local:
            self.filesystem.mv(temporary, path)
            return
        os.rename(temporary, path)
        for folder in (os.path.dirname(path), self.root, os.path.dirname(self.root)):
            held = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(held)
            finally:
                os.close(held)

    def _sweep(self, folder: str) -> None:
        """Takes away what an earlier run left unfinished."""
        self.filesystem.invalidate_cache()
        for path in self.filesystem.glob(f"{folder}/.*.writing"):
            self.filesystem.rm_file(path)


def _begun_alike(first: date, last: date) -> str:
    """What the names of all days in between begin with, so that years of other days needn't be listed."""
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(str(first), str(last), strict=True))
    return "".join(letter for letter, _ in alike)
