"""Writes a Parquet file from rows of JSON on standard input: the server's child, with a library it shuns."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from collector.api.exports import FIELDS

WHOLE = {"people", "people_short", "tests", "school_days"}
TEXTS = {
    "site_id", "name", "district_id", "district", "state", "verdict", "week", "target", "missing", "provider",
    "contract_ends_on", "heard_at", "agent",
}  # fmt: skip
AT_ONCE = 5000

SCHEMA = pa.schema(
    [
        (name, pa.string() if name in TEXTS else pa.int64() if name in WHOLE else pa.float64())
        for name in FIELDS
    ]
)


def write(lines: Iterator[bytes], path: str) -> None:
    """Row groups of ``AT_ONCE`` rows."""
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        while batch := [_row(line) for line in islice(lines, AT_ONCE)]:
            writer.write_table(pa.Table.from_pylist(batch, schema=SCHEMA))


def _row(line: bytes) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(line)
    return found


if __name__ == "__main__":
    write(iter(sys.stdin.buffer), sys.argv[1])
