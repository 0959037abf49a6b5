"""Which site is of which district, state and circuit, and what it was promised: from a file, or the store.

A file is CSV with a header, or Parquet, with the columns ``site``, ``district`` and ``state``, and as many
of ``circuit``, ``contracted_down_mbps`` and ``contracted_up_mbps`` as are known. Ids are texts and keep
their leading zeros. In the store a site's circuit says what was promised; where it has none, its own
contract does.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, select

from collector.archive.columns import PER_MBPS
from collector.tables import circuits, places, sites
from reports.faults import UsageFault
from reports.sites import Contract

_IDS = ("site", "district", "state", "circuit")
_NEEDED = _IDS[:3]
_MBPS = ("contracted_down_mbps", "contracted_up_mbps")
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in _IDS),
        ("contracted_down_bps", pa.int64()),
        ("contracted_up_bps", pa.int64()),
    ]
)


def from_file(path: Path) -> pa.Table:
    """The sites of a file. Raises UsageFault with what is wrong with it."""
    try:
        if path.suffix == ".parquet":
            rows: Iterable[Mapping[str, Any]] = pq.read_table(path).to_pylist()
        else:
            with path.open(newline="", encoding="utf-8-sig") as lines:
                rows = list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, pa.ArrowException, csv.Error) as fault:
        raise UsageFault(f"{path}: can't be read: {str(fault).splitlines()[0]}") from None
    return _table([_row(path, number, row) for number, row in enumerate(rows, 1)], str(path))


def from_store(connection: Connection) -> pa.Table:
    """All enrolled sites."""
    districts, states = places.alias(), places.alias()
    joined = (
        sites.outerjoin(districts, sites.c.place == districts.c.key)
        .outerjoin(states, districts.c.parent == states.c.key)
        .outerjoin(circuits, sites.c.circuit == circuits.c.key)
    )
    found = connection.execute(
        select(
            sites.c.id,
            districts.c.id,
            states.c.id,
            circuits.c.id,
            circuits.c.contracted_down_mbps,
            circuits.c.contracted_up_mbps,
            sites.c.contract,
        ).select_from(joined)
    )
    rows = []
    for site, district, state, circuit, down, up, text in found:
        own = msgspec.json.decode(text, type=Contract)
        promised = (own.down_mbps, own.up_mbps) if circuit is None else (down, up)
        rows.append((site, district, state, circuit, *map(_bps, promised)))
    return _table(rows, "the store")


def _row(path: Path, number: int, row: Mapping[str, Any]) -> tuple[Any, ...]:
    for name in _NEEDED:
        if name not in row:
            raise UsageFault(f"{path}: has no column {name}; expected site, district and state")
    if not row["site"]:
        raise UsageFault(f"{path}: row {number}: site is empty")
    promised = []
    for name in _MBPS:
        try:
            promised.append(_bps(float(row[name])) if row.get(name) not in (None, "") else None)
        except ValueError:
            raise UsageFault(
                f'{path}: row {number}: {name}: found "{row[name]}", expected a number'
            ) from None
    for name in _IDS:
        if not isinstance(row.get(name), str | None):
            raise UsageFault(f"{path}: row {number}: {name} isn't a text, so its leading zeros are lost")
    return (*(row.get(name) or None for name in _IDS), *promised)


def _table(rows: list[tuple[Any, ...]], source: str) -> pa.Table:
    if len({row[0] for row in rows}) < len(rows):
        twice = sorted(row[0] for row in rows)
        again = next(a for a, b in pairwise(twice) if a == b)
        raise UsageFault(f'{source}: the site "{again}" is there twice')
    columns = zip(*rows, strict=True) if rows else ([] for _ in SCHEMA)
    return pa.table(
        [pa.array(values, field.type) for field, values in zip(SCHEMA, columns, strict=True)], schema=SCHEMA
    )


def _bps(mbps: float | None) -> int | None:
    return None if mbps is None else round(mbps * PER_MBPS)
