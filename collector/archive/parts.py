"""One part of the archive: a Parquet file with hours of one UTC day, in the order of site and time.

The schema's version stands in the file, and so does the number of the part. Of an hour that is in several
parts of a day, the one with the highest number holds. pyarrow is loaded by those who read or write parts, and
by nothing that serves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

from collector.archive.columns import COLUMNS, VERSION, Hour, hour_of_row
from reports.faults import Fault

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError:
    raise Fault("archive: pyarrow isn't installed; install it with: pip install 'bandgap[archive]'") from None

ROW_GROUP = 122_880
"""Rows that are held in memory at a time: DuckDB's own unit, one core's work."""

_TYPES = {
    "count": pa.int32(),
    "whole": pa.int64(),
    "text": pa.string(),
    "day": pa.date32(),
    "time": pa.timestamp("us", tz="UTC"),
}
_DELTAS = {column.name: "DELTA_BINARY_PACKED" for column in COLUMNS if column.kind == "whole"}
"""Figures that repeat seldom: no dictionary helps, and as deltas they are read in half of the time."""

SCHEMA = pa.schema(
    [
        *(pa.field(column.name, _TYPES[column.kind], nullable=not column.needed) for column in COLUMNS),
        pa.field("part", pa.int32(), nullable=False),
    ],
    metadata={"bandgap.hours": str(VERSION)},
)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a part holds: how many rows, and the SHA-256 over them in their order."""

    rows: int
    sha256: str


def write_part(out: BinaryIO, rows: Iterable[tuple[Any, ...]], part: int) -> Contents:
    """Writes rows of ``columns.row_of``, a row group at a time."""
    tally = _Tally()
    rows = iter(rows)
    with writer(out) as parquet:
        while batch := list(islice(rows, ROW_GROUP)):
            arrays = [
                pa.array(values, field.type)
                for field, values in zip(SCHEMA, zip(*batch, strict=True), strict=False)
            ]
            arrays.append(pa.repeat(pa.scalar(part, pa.int32()), len(batch)))
            parquet.write_table(pa.table(arrays, schema=SCHEMA), row_group_size=ROW_GROUP)
            tally.add(batch)
    return tally.contents


def writer(out: BinaryIO | str) -> pq.ParquetWriter:
    """How every part is packed."""
    return pq.ParquetWriter(
        out,
        SCHEMA,
        version="2.6",
        compression="zstd",
        compression_level=1,
        use_dictionary=[name for name in SCHEMA.names if name not in _DELTAS],
        column_encoding=_DELTAS,
    )


def contents(source: BinaryIO) -> Contents:
    """What a part holds by reading all of it. Raises Fault when it is no part of this version."""
    tally = _Tally()
    for batch in _batches(source, None):
        tally.add(list(zip(*(column.to_pylist() for column in batch.columns[:-1]), strict=True)))
    return tally.contents


def hours_in(source: BinaryIO) -> Iterator[Hour]:
    """The hours of a part, in its order."""
    for batch in _batches(source, None):
        for row in zip(*(column.to_pylist() for column in batch.columns[:-1]), strict=True):
            yield hour_of_row(row)


def ranks_in(source: BinaryIO) -> Iterator[tuple[Any, ...]]:
    """Site, start, reach and receipt of each row: what says which of two is the one that holds."""
    for batch in _batches(source, ["site", "starts_at", "through_at", "received_at"]):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _batches(source: BinaryIO, names: list[str] | None) -> Iterator[Any]:
    try:
        file = pq.ParquetFile(source)
        version = (file.schema_arrow.metadata or {}).get(b"bandgap.hours", b"none").decode()
        if version != str(VERSION):
            raise Fault(f"its hours are of version {version}, and this one reads {VERSION}")
        yield from file.iter_batches(ROW_GROUP, columns=names)
    except (pa.ArrowException, OSError) as fault:
        raise Fault(f"it can't be read as Parquet: {str(fault).splitlines()[0]}") from None


class _Tally:
    def __init__(self) -> None:
        self._rows = 0
        self._hash = hashlib.sha256()

    def add(self, rows: list[tuple[Any, ...]]) -> None:
        self._rows += len(rows)
        self._hash.update(repr(rows).encode())

    @property
    def contents(self) -> Contents:
        return Contents(self._rows, self._hash.hexdigest())
