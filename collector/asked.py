"""The database that a command line or the settings name, opened for a command."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from collector.database import Database, named
from collector.engine import engine
from collector.migrating import prepare
from collector.settings import Settings, default_database


def database(asked: argparse.Namespace, settings: Settings) -> Database:
    """``--database``, else the settings', else the usual place. Raises ConfigFault."""
    text = asked.database or settings.store.database
    return named(text) if text else Database(default_database(os.environ, root=os.geteuid() == 0))


@contextmanager
def opened(asked: argparse.Namespace, settings: Settings) -> Iterator[Engine]:
    """Its tables, migrated first."""
    found = database(asked, settings)
    prepare(found)
    source = engine(found)
    try:
        yield source
    finally:
        source.dispose()
