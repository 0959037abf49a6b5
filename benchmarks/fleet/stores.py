"""The two stores that a fleet is measured in: an SQLite file, and a PostgreSQL server of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from collector.database import Database, named
from tests.postgres import Cluster, cluster

STORES = ("SQLite", "PostgreSQL")


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a fleet lies; ``server`` is PostgreSQL's."""

    name: str
    database: Database
    server: Cluster | None = None

    def files(self) -> list[Path]:
        """All that the store reads."""
        if self.server is not None:
            return [path for path in (self.server.folder / "data" / "base").rglob("*") if path.is_file()]
        assert self.database.path is not None
        return list(self.database.path.parent.glob(f"{self.database.path.name}*"))

    def size_mb(self) -> float:
        return sum(path.stat().st_size for path in self.files()) / 1e6

    def forget(self) -> None:
        """Takes its files out of the system's page cache."""
        for path in self.files():
            held = os.open(path, os.O_RDONLY)
            try:
                os.fdatasync(held)  # what isn't on the disk yet stays in memory
                os.posix_fadvise(held, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(held)

    def restart(self) -> None:
        """Makes a server forget what it holds in memory itself."""
        if self.server is not None:
            self.server.stop()
            self.server.start()

    def processor_s(self) -> float:
        """What the store's own processes have used; SQLite has none."""
        used = 0.0
        for pid in self.server.processes() if self.server else ():
            times = psutil.Process(pid).cpu_times()
            used += times.user + times.system
        return used


@contextmanager
def stored(name: str, folder: Path) -> Iterator[Stored]:
    """An empty store for the block."""
    with ExitStack() as held:
        if name == "SQLite":
            yield Stored(name, named(str(folder / "fleet.sqlite")))
        else:
            server = held.enter_context(cluster())
            yield Stored(name, named(server.create()), server)
