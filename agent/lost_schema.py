"""Gives a damaged store the list of its tables back, when that is what was spoilt.

The list is on the first page and two or three more, and says on which page each table begins. Stores of one
format are all made by the same statements, so in each the same table begins on the same page: the list of a
new, empty store is true for the damaged one. There are two such layouts, of stores made new and of those laid
out anew from an older format; the one is taken whose tables begin where the damaged file has beginnings of
their kind. Page and header layout: https://www.sqlite.org/fileformat2.html, 1.3 and 1.6.
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
_OLDEST_REBUILT = 2
"""Stores of this format, the last with large pages, are laid out anew."""


def with_schema(aside: Path) -> Path | None:
    """A copy of the file ``aside`` that has its list of tables again, to be read and removed.

    None when no list that is known fits.
    """
    octets = bytearray(aside.read_bytes())
    with tempfile.TemporaryDirectory(dir=aside.parent) as name:
        models = _made_new(Path(name) / "new"), _laid_out_anew(Path(name) / "anew")
        share, model = max((_fit(octets, model), model) for model in models)
        if share < LEAST_FIT:
            return None
        _graft(octets, model.read_bytes())
    copy = aside.with_name(aside.name + ".read")
    copy.write_bytes(octets)
    log = aside.with_name(aside.name + "-wal")
    if log.exists():
        shutil.copyfile(log, copy.with_name(copy.name + "-wal"))
    return copy


def _made_new(folder: Path) -> Path:
    folder.mkdir()
    with closing(store.open_store(folder)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder / store.FILE


def _laid_out_anew(folder: Path) -> Path:
    folder.mkdir()
    with closing(sqlite3.connect(folder / store.FILE, isolation_level=None)) as old:
        migrations.apply(old, migrations.MIGRATIONS[:_OLDEST_REBUILT])
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


def _graft(octets: bytearray, model: bytes) -> None:
    """Puts the model's list of tables into the file: its first page at the beginning, the others at the end.

    Where they were in the file isn't known, and what is there now may be samples.
    """
    octets[: store.PAGE_BYTES] = model[: store.PAGE_BYTES]
    octets.extend(b"\0" * (-len(octets) % store.PAGE_BYTES))
    for pointer in _pointers(model):
        (page,) = struct.unpack_from(">I", model, pointer)
        struct.pack_into(">I", octets, pointer, len(octets) // store.PAGE_BYTES + 1)
        octets += model[(page - 1) * store.PAGE_BYTES : page * store.PAGE_BYTES]
    (counter,) = struct.unpack_from(">I", octets, 24)
    struct.pack_into(">I", octets, 28, len(octets) // store.PAGE_BYTES)
    struct.pack_into(">II", octets, 32, 0, 0)  # no free pages: nothing is written to this copy
    struct.pack_into(">I", octets, 92, counter)  # the length above is to be believed


def _pointers(model: bytes) -> list[int]:
    """Where the first page names the pages on which the list goes on; nowhere when it has room for all."""
    kind, _, cells = struct.unpack_from(">BHH", model, _HEADER_BYTES)
    if kind != _TABLE[0]:
        return []
    return [*struct.unpack_from(f">{cells}H", model, _HEADER_BYTES + 12), _HEADER_BYTES + 8]
