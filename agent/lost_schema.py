"""Gives a damaged store the list of its tables back, when that is what was spoilt.

The list is on the first page and two or three more, and says on which page each table begins. Stores of one
format are all made by the same statements, so in each the same table begins on the same page: the list of a
new, empty store is true for the damaged one. There are several such layouts, of stores made new and of those
laid out anew from each older format; the one is taken whose tables begin where the damaged file has
beginnings of their kind. Page and header layout: https://www.sqlite.org/fileformat2.html, 1.3 and 1.6.
"""

from __future__ import annotations

import shutil
import sqlite3
import struct
import tempfile
from contextlib import closing
from pathlib import Path

from agent import migrations, store

_TABLE, _INDEX = (0x05, 0x0D), (0x02, 0x0A)
"""First octets of pages of tables with row numbers, and of all others: inner pages and leaves."""
_HEADER_BYTES = 100
LEAST_FIT = 0.8
_REBUILT = range(1, 6)
"""Stores of these formats had large pages, and were laid out anew before they were migrated."""


def with_schema(aside: Path) -> Path | None:
    """A copy of the file ``aside`` that has its list of tables again, to be read and removed.

    None when no list that is known fits.
    """
    copy = aside.with_name(aside.name + ".read")
    octets = bytearray(aside.read_bytes())
    with tempfile.TemporaryDirectory(dir=aside.parent) as name:
        models = [_made_new(Path(name) / "new")]
        models += [_laid_out_anew(Path(name) / f"anew-{number}", number) for number in _REBUILT]
        share, model = max((_fit(octets, model), model) for model in models)
        if share < LEAST_FIT:
            return None
        _empty_first_page(octets, model.read_bytes())
        copy.write_bytes(octets)
        log = aside.with_name(aside.name + "-wal")
        if log.exists():
            shutil.copyfile(log, copy.with_name(copy.name + "-wal"))
        _list_tables(copy, model)
    return copy


def _made_new(folder: Path) -> Path:
    folder.mkdir()
    with closing(store.open_store(folder)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder / store.FILE


def _laid_out_anew(folder: Path, number: int) -> Path:
    folder.mkdir()
    with closing(sqlite3.connect(folder / store.FILE, isolation_level=None)) as old:
        migrations.apply(old, migrations.MIGRATIONS[:number])
    with closing(store.open_store(folder)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder / store.FILE


def _fit(octets: bytearray, model: Path) -> float:
    """The share of the model's tables that begin where the file has a beginning of their kind."""
    with closing(sqlite3.connect(model)) as connection:
        roots = connection.execute(
            """SELECT rootpage, type = 'table' AND sql NOT LIKE '%WITHOUT ROWID' FROM sqlite_master
               WHERE rootpage"""
        ).fetchall()
    right = 0
    for page, numbered in roots:
        place = (page - 1) * store.PAGE_BYTES
        right += place < len(octets) and octets[place] in (_TABLE if numbered else _INDEX)
    return right / len(roots)


def _empty_first_page(octets: bytearray, model: bytes) -> None:
    """A first page that lists no table yet and says that no page is free, or tracked for giving it back."""
    octets.extend(b"\0" * (-len(octets) % store.PAGE_BYTES))
    octets[: store.PAGE_BYTES] = model[:_HEADER_BYTES].ljust(store.PAGE_BYTES, b"\0")
    struct.pack_into(">BHHHB", octets, _HEADER_BYTES, _TABLE[1], 0, 0, store.PAGE_BYTES, 0)
    (counter,) = struct.unpack_from(">I", octets, 24)
    struct.pack_into(">I", octets, 28, len(octets) // store.PAGE_BYTES)
    struct.pack_into(">II", octets, 32, 0, 0)
    struct.pack_into(">I", octets, 52, 0)
    struct.pack_into(">I", octets, 64, 0)
    struct.pack_into(">I", octets, 92, counter)  # the length above is to be believed


def _list_tables(copy: Path, model: Path) -> None:
    """Writes the model's list into the copy; what that takes of room lies at the end, behind all samples."""
    with closing(sqlite3.connect(model)) as connection:
        rows = connection.execute("SELECT type, name, tbl_name, rootpage, sql FROM sqlite_master").fetchall()
    with closing(sqlite3.connect(copy)) as connection:
        if connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            return  # the log had the list
        connection.execute("PRAGMA writable_schema = ON")
        with connection:
            connection.executemany("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", rows)
