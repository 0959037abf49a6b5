"""How a roll-up is written: a table for people, in Mbps; CSV, JSON and Parquet with all that was computed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tabulate import tabulate

from reports.formats.as_csv import guarded

_SHOWN = {
    "site": "site",
    "place": "place",
    "district": "district",
    "sites": "sites",
    "sites_told": "told",
    "hours_told": "hours",
    "contracted_down_bps": "contracted",
    "typical_down_bps": "typical",
    "circuits_measured": "circuits measured",
    "school_highest_down_bps": "highest in school",
    "school_p95_down_bps": "p95 in school",
    "busiest_down_bps": "busiest hour",
    "peak_down_bps": "peak",
    "tests_trusted": "tests",
}
"""Columns of the table, and what it calls them; rates are those down, in Mbps."""


def as_table(rows: pa.Table) -> bytes:
    """Some columns, rates in Mbps, for a terminal."""
    names = [name for name in _SHOWN if name in rows.column_names]
    cells = [[_cell(name, row[name]) for name in names] for row in rows.select(names).to_pylist()]
    if not cells:
        return b"No site is known here.\n"
    aligned = ["right" if name.endswith("_bps") else "left" for name in names]
    headers = [_SHOWN[name] + (" Mbps" if name.endswith("_bps") else "") for name in names]
    return (tabulate(cells, headers, disable_numparse=True, colalign=aligned) + "\n").encode()


def as_csv(rows: pa.Table) -> bytes:
    """RFC 4180; what isn't known is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(rows.column_names)
    for row in zip(*(column.to_pylist() for column in rows.columns), strict=True):
        writer.writerow([guarded(cell) if isinstance(cell, str | None) else cell for cell in row])
    return out.getvalue().encode()


def as_json(rows: pa.Table) -> bytes:
    """A list of objects."""
    return (json.dumps(rows.to_pylist(), ensure_ascii=False, indent=1) + "\n").encode()


def as_parquet(rows: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(rows, out, compression="zstd")
    return out.getvalue()


FORMATS: dict[str, Callable[[pa.Table], bytes]] = {
    "table": as_table,
    "csv": as_csv,
    "json": as_json,
    "parquet": as_parquet,
}
"""Every format by the name that a person gives it."""


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "–"
    return (
        f"{value / 1e6:,.1f}" if name.endswith("_bps") else f"{value:,}" if isinstance(value, int) else value
    )
