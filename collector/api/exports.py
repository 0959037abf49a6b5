"""The table of sites as a file: CSV for spreadsheets, GeoJSON for maps, Parquet for analysts.

Rows are read and written a page after the other, so that a hundred thousand of them don't stand in memory.
Text that a spreadsheet would take for a formula is marked as text. Parquet is written by a child, since its
library would stay in the server's memory.
"""

from __future__ import annotations

import csv
import io
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from collector.apart import module
from collector.api.answering import asked_of
from collector.desk import Desk
from collector.problems import Problem
from collector.standings.asked import Asked
from collector.standings.board import board_of
from collector.standings.judged import WORDS
from collector.standings.reading import Stand, every
from collector.standings.scope import Scope, scope_of
from reports.formats.as_csv import guarded

GEOJSON, PARQUET, CSV = "application/geo+json", "application/vnd.apache.parquet", "text/csv"
ROWS_AT_ONCE = 200

Cell = str | int | float | None


def flat(row: Stand) -> dict[str, Cell]:
    """A site as one row; units stand in the names."""
    gap = row.gap
    return {
        "site_id": row.id,
        "name": row.name,
        "district_id": row.district_id,
        "district": row.district,
        "state": WORDS[row.state],
        "verdict": WORDS[row.verdict],
        "week": row.week,
        "target": gap.target if gap else None,
        "required_down_mbps": gap.required.down_mbps if gap else None,
        "required_up_mbps": gap.required.up_mbps if gap else None,
        "contracted_down_mbps": gap.contracted.down_mbps if gap else None,
        "contracted_up_mbps": gap.contracted.up_mbps if gap else None,
        "delivered_down_mbps": gap.delivered.down_mbps if gap else None,
        "delivered_up_mbps": gap.delivered.up_mbps if gap else None,
        "demanded_down_mbps": gap.demanded.down_mbps if gap else None,
        "demanded_up_mbps": gap.demanded.up_mbps if gap else None,
        "shortfall_mbps": row.shortfall_mbps,
        "shortfall_down_mbps": row.shortfall_down_mbps,
        "shortfall_up_mbps": row.shortfall_up_mbps,
        "share_met": row.share_met,
        "share_met_week_before": row.share_before,
        "people": row.people,
        "people_short": row.people_short,
        "utilisation": row.utilisation,
        "coverage": row.coverage,
        "tests": gap.tests if gap else None,
        "school_days": gap.school_days if gap else None,
        "missing": "; ".join(gap.missing) if gap else None,
        "provider": row.provider,
        "contract_ends_on": row.contract_ends_on.isoformat() if row.contract_ends_on else None,
        "heard_at": row.heard_at.isoformat().replace("+00:00", "Z") if row.heard_at else None,
        "agent": row.agent,
        "lat": row.lat,
        "lon": row.lon,
    }


FIELDS = (
    "site_id", "name", "district_id", "district", "state", "verdict", "week", "target",
    "required_down_mbps", "required_up_mbps", "contracted_down_mbps", "contracted_up_mbps",
    "delivered_down_mbps", "delivered_up_mbps", "demanded_down_mbps", "demanded_up_mbps",
    "shortfall_mbps", "shortfall_down_mbps", "shortfall_up_mbps", "share_met",
    "share_met_week_before", "people", "people_short", "utilisation", "coverage", "tests",
    "school_days", "missing", "provider", "contract_ends_on", "heard_at", "agent", "lat", "lon",
)  # fmt: skip
_EXACT = ("lat", "lon")


def get_sites_csv(desk: Desk, request: Request) -> Response:
    """The sites that are asked for, all of them, as CSV."""
    rows = _rows(request)
    return StreamingResponse(_csv(rows), media_type=CSV, headers=_named("sites.csv"))


def get_sites_geojson(desk: Desk, request: Request) -> Response:
    """The sites that are asked for and that have a place on the map, as GeoJSON (RFC 7946)."""
    rows = _rows(request)
    return StreamingResponse(_geojson(rows), media_type=GEOJSON, headers=_named("sites.geojson"))


def get_sites_parquet(desk: Desk, request: Request) -> Response:
    """The sites that are asked for, all of them, as a Parquet file."""
    if find_spec("pyarrow") is None:
        raise Problem(501, "Parquet takes pyarrow on the collector: pip install 'bandgap[parquet]'.")
    rows = _rows(request)
    with tempfile.NamedTemporaryFile(prefix="bandgap-", suffix=".parquet", delete=False) as file:
        path = Path(file.name)
    child = subprocess.Popen(module("collector.api.parquet", str(path)), stdin=subprocess.PIPE)
    assert child.stdin is not None
    with child.stdin as pipe:
        for row in rows:
            pipe.write(msgspec.json.encode(flat(row)) + b"\n")
    if child.wait():
        path.unlink(missing_ok=True)
        raise RuntimeError("the child that writes Parquet failed")
    return FileResponse(
        path, media_type=PARQUET, headers=_named("sites.parquet"), background=BackgroundTask(path.unlink)
    )


def _rows(request: Request) -> Iterator[Stand]:
    """The rows that are asked for; the first is read here, so that a fault is told before a file begins."""
    asked, scope = replace(asked_of(request), after=None, before=None), scope_of(request)
    found = _each(request, scope, asked)
    first = next(found, None)
    return iter(()) if first is None else _with(first, found)


def _with(first: Stand, others: Iterator[Stand]) -> Iterator[Stand]:
    yield first
    yield from others


def _each(request: Request, scope: Scope, asked: Asked) -> Iterator[Stand]:
    with ExitStack() as stack:
        connection = stack.enter_context(board_of(request).open())
        yield from every(connection, scope, asked)


def _csv(rows: Iterator[Stand]) -> Iterator[str]:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(FIELDS)
    count = 0
    for count, row in enumerate(rows, 1):
        said = flat(row)
        writer.writerow([_cell(name, said[name]) for name in FIELDS])
        if count % ROWS_AT_ONCE == 0:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()


def _cell(name: str, cell: Cell) -> str | int | float:
    return round(cell, 6) if name in _EXACT and isinstance(cell, float) else guarded(cell)


def _geojson(rows: Iterator[Stand]) -> Iterator[bytes]:
    yield b'{"type":"FeatureCollection","features":['
    comma = b""
    for row in rows:
        if row.lat is None or row.lon is None:
            continue
        said: dict[str, Any] = flat(row)
        feature = {
            "type": "Feature",
            "id": row.id,
            "geometry": {"type": "Point", "coordinates": [row.lon, row.lat]},
            "properties": {name: said[name] for name in FIELDS if name not in _EXACT},
        }
        yield comma + msgspec.json.encode(feature)
        comma = b",\n"
    yield b"]}"


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
