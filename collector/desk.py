"""What every request handler works with, made once when the collector starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from collector.database import Database
from collector.settings import Settings
from collector.store import Store
from collector.tally import Tally
from collector.writer import Writer
from reports.targets import TargetSet


@dataclass(frozen=True, slots=True)
class Desk:
    """The store and its writer, the settings, the target sets in their order, the clock, and the engine by
    which the tables of ``collector/tables.py`` are read that the store doesn't, and where the database is."""

    settings: Settings
    store: Store
    writer: Writer
    targets: tuple[TargetSet, ...]
    clock: Callable[[], datetime]
    engine: Engine
    database: Database

    @property
    def tally(self) -> Tally:
        """What is counted of this collector, in all its processes."""
        return self.writer.tally
