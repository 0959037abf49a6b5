"""The database that a command line or the settings name, opened for a command."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from collector.database import Database, named
from collector.engine import engine
from collector.migrating import prepare
from collector.reads import Unavailable, one_line
from collector.settings import Settings, default_database


def database(asked: argparse.Namespace, settings: Settings) -> Database:
    """``--database``, else the settings', else the usual place. Raises ConfigFault."""
    text = asked.database or settings.store.database
    return named(text) if text else Database(default_database(os.environ, root=os.geteuid() == 0))


@contextmanager
def opened(asked: argparse.Namespace, settings: Settings) -> Iterator[Engine]:
    """Its tables, migrated first. Raises Unavailable when they don't answer."""
    found = database(asked, settings)
    prepare(found)
    source = engine(found)
    try:
        yield source
    except SQLAlchemyError as fault:
        raise Unavailable(one_line(getattr(fault, "orig", None) or fault)) from None
    finally:
        source.dispose()
