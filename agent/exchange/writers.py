"""The formats of an export: CSV, JSON lines and Parquet, each written as the rows come.

Times are ISO 8601 in UTC (in Parquet: timestamps), what isn't known is an empty cell or null, and numbers
keep every digit. In CSV, text that a spreadsheet would take for a formula gets an apostrophe in front, as in
reports; so does text that begins with one, so that an import knows which to take away.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, BinaryIO

from agent.exchange.tables import Column, Table, time_text
from reports.faults import Fault
from reports.formats.as_csv import guarded

Rows = Iterable[tuple[Any, ...]]
BATCH = 20_000
"""Rows of a Parquet row group: what is held in memory at a time."""


def write_csv(table: Table, rows: Rows, out: BinaryIO) -> None:
    """RFC 4180: a header, comma, CRLF, quotes where they are needed; codes are parted by spaces."""
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=False)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(table.titles)
    for row in rows:
        writer.writerow([_cell(column, value) for column, value in zip(table.columns, row, strict=True)])
    text.flush()
    text.detach()


def write_jsonl(table: Table, rows: Rows, out: BinaryIO) -> None:
    """One object a line."""
    for row in rows:
        cells = (_plain(column, value) for column, value in zip(table.columns, row, strict=True))
        values = dict(zip(table.titles, cells, strict=True))
        out.write(json.dumps(values, ensure_ascii=False, allow_nan=False).encode() + b"\n")
    out.flush()


def write_parquet(table: Table, rows: Rows, out: BinaryIO) -> None:
    """Apache Parquet through pyarrow, which is an extra. Raises Fault when it isn't installed."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise Fault(
            "parquet: pyarrow isn't installed; install it with: pip install 'bandgap[parquet]'"
        ) from None
    types = {
        "text": pa.string(),
        "time": pa.timestamp("s", tz="UTC"),
        "number": pa.float64(),
        "whole": pa.int64(),
        "codes": pa.list_(pa.string()),
    }
    schema = pa.schema(
        [
            pa.field(title, types[column.kind], nullable=not column.needed)
            for title, column in zip(table.titles, table.columns, strict=True)
        ]
    )
    rows = iter(rows)
    with pq.ParquetWriter(out, schema) as writer:
        while batch := list(islice(rows, BATCH)):
            arrays = [
                pa.array([_arrow(column, value) for value in values], types[column.kind])
                for column, values in zip(table.columns, zip(*batch, strict=True), strict=True)
            ]
            writer.write_table(pa.table(arrays, schema=schema))


WRITERS: dict[str, Callable[[Table, Rows, BinaryIO], None]] = {
    "csv": write_csv,
    "jsonl": write_jsonl,
    "parquet": write_parquet,
}
"""Every format by the name that a person gives it."""


def _plain(column: Column, value: Any) -> Any:
    if value is None:
        return None
    if column.kind == "time":
        return time_text(value)
    return json.loads(value) if column.kind == "codes" else value


def _cell(column: Column, value: Any) -> Any:
    value = _plain(column, value)
    if value is None:
        return ""
    if column.kind == "codes":
        value = " ".join(value)
    if isinstance(value, str):
        return "'" + value if value.startswith("'") else guarded(value)
    return repr(value) if isinstance(value, float) else value


def _arrow(column: Column, value: Any) -> Any:
    if value is None or column.kind == "time":
        return value
    return float(value) if column.kind == "number" else _plain(column, value)
