"""When the store's file isn't in order: how that is noticed, and how it is set aside for a new one.

Noticed when it is opened; by ``PRAGMA quick_check`` at the start after an unclean end, since that reads the
whole file; and by a command that comes upon it, which leaves a mark for the agent to find: the file is the
agent's to set aside. Set aside means renamed, with the time, and with what belongs to it; nothing is thrown
away. ``agent/salvage.py`` fetches from it what can still be read.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from agent import store
from agent.store import FILE, Damaged, Unwritable

log = logging.getLogger("bandgap")

MARK = FILE + ".suspect"
ASIDE = FILE + ".corrupt-"
SALVAGED = "salvaged "
"""What the note of a file begins with that was set aside and from which all was fetched."""


@contextmanager
def noticed(folder: Path) -> Iterator[None]:
    """What is wrong with the store becomes one line; damage is left for the agent to see to."""
    try:
        yield
    except Damaged:
        _mark(folder)
        raise
    except sqlite3.DatabaseError as fault:
        words = store.in_words(fault, folder / FILE)
        if isinstance(words, Damaged):
            _mark(folder)
        elif not isinstance(words, Unwritable):
            raise
        raise words from None


def suspected(folder: Path) -> bool:
    """Whether a command came upon damage."""
    return (folder / MARK).exists()


def sound(connection: sqlite3.Connection) -> bool:
    """Whether the whole file is in order; reads all of it."""
    try:
        return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.DatabaseError as fault:
        if store.is_damage(fault):
            return False
        raise


def open_sound(folder: Path, now: datetime, *, check: bool) -> sqlite3.Connection:
    """The agent's store at its start; a new one when the old one is damaged. ``check`` reads all of it.

    Raises as ``open_store`` does for what isn't to be touched.
    """
    try:
        connection = store.open_store(folder)
    except Damaged:
        return begin_anew(folder, now)
    if (check or suspected(folder)) and not sound(connection):
        connection.close()
        return begin_anew(folder, now)
    (folder / MARK).unlink(missing_ok=True)
    return connection


def begin_anew(folder: Path, now: datetime) -> sqlite3.Connection:
    """Sets the store's file aside and opens a new one.

    Others that have the old one open keep it under its new name: SQLite leaves the log alone of a file that
    was moved under it. The new store numbers its summaries from the present second on, so that those of the
    old one fit before them.
    """
    aside = set_aside(folder, now)
    log.error("the store was damaged: it is set aside as %s, and a new one begins", aside)
    connection = store.open_store(folder)
    connection.execute(
        "INSERT INTO sqlite_sequence (name, seq) VALUES ('summaries', ?)", (int(now.timestamp()),)
    )
    return connection


def set_aside(folder: Path, now: datetime) -> Path:
    """Renames the store's file, its log and its index of that; returns the new name."""
    aside = folder / f"{ASIDE}{now:%Y%m%dT%H%M%SZ}"
    for ending in ("-shm", "-wal", ""):
        with suppress(FileNotFoundError):
            os.replace(folder / (FILE + ending), f"{aside}{ending}")
    (folder / MARK).unlink(missing_ok=True)
    return aside


def waiting(folder: Path, connection: sqlite3.Connection) -> list[Path]:
    """The files that were set aside and not yet salvaged, oldest first."""
    found = sorted(folder.glob(ASIDE + "*Z"))
    return [path for path in found if store.noted(connection, SALVAGED + path.name) is None]


def _mark(folder: Path) -> None:
    with suppress(OSError):
        (folder / MARK).touch()
