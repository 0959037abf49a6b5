"""One part of the archive: a Parquet file with hours of one UTC day, site by site, each in order of time.

The schema's version stands in the file, and each row has the number of its part: of an hour that is in
several parts of a day, the one with the highest number holds. Rates have 32 bits; hours with a higher one,
which few lines carry, are in a wide file of the same part. Pages carry checksums, which readers of ours
check. pyarrow is loaded by those who read or write parts, and by nothing that serves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO

from collector.archive.columns import COLUMNS, READABLE, VERSION, Hour, hour_of_row
from reports.faults import Fault

try:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
except ImportError:
    raise Fault("archive: pyarrow isn't installed; install it with: pip install 'bandgap[archive]'") from None

ROW_GROUP = 122_880
"""Rows that are held in memory at a time: DuckDB's own unit, one core's work."""

_TYPES = {
    "count": pa.int16(),
    "rate": pa.int32(),
    "whole": pa.int64(),
    "text": pa.string(),
    "day": pa.date32(),
    "time": pa.timestamp("us", tz="UTC"),
}
_DELTAS = {column.name: "DELTA_BINARY_PACKED" for column in COLUMNS if column.kind == "whole"}
"""Figures that repeat seldom: no dictionary helps, and as deltas they are read in half of the time."""

_PACKED = {"text": "lz4", "day": "lz4", "count": "lz4", "rate": "none", "time": "zstd", "whole": "zstd"}
"""What every roll-up reads is undone quickly. Rates don't repeat: zstd saves an eighth of them and makes a
roll-up half as dear again, LZ4 saves a thirtieth."""
_CODECS = {"part": "lz4"} | {column.name: _PACKED[column.kind] for column in COLUMNS}


def _schema(types: Mapping[str, Any]) -> Any:
    return pa.schema(
        [
            *(pa.field(column.name, types[column.kind], nullable=not column.needed) for column in COLUMNS),
            pa.field("part", pa.int32(), nullable=False),
        ],
        metadata={"bandgap.hours": str(VERSION)},
    )


SCHEMA = _schema(_TYPES)
WIDE = _schema({**_TYPES, "rate": pa.int64()})


@dataclass(frozen=True, slots=True)
class Contents:
    """What a part holds: its rows, how many values of each column are known, and what they add up to."""

    rows: int = 0
    known: tuple[int, ...] = (0,) * len(SCHEMA)
    sums: tuple[int, ...] = (0,) * len(SCHEMA)

    def with_batch(self, batch: pa.RecordBatch | pa.Table) -> Contents:
        known = [len(column) - column.null_count for column in batch.columns]
        sums = [_sum(column) for column in batch.columns]
        return Contents(
            self.rows + batch.num_rows,
            tuple(a + b for a, b in zip(self.known, known, strict=True)),
            tuple(a + b for a, b in zip(self.sums, sums, strict=True)),
        )


def table_of(rows: Sequence[tuple[Any, ...]], part: int, schema: Any = SCHEMA) -> pa.Table:
    """Rows of ``columns.row_of`` as a table of a part's schema."""
    values = zip(*rows, strict=True) if rows else ([] for _ in COLUMNS)
    arrays = [pa.array(each, field.type) for field, each in zip(schema, values, strict=False)]
    return pa.table([*arrays, pa.repeat(pa.scalar(part, pa.int32()), len(rows))], schema=schema)


def write_part(out: BinaryIO, rows: Iterable[tuple[Any, ...]], part: int, schema: Any = SCHEMA) -> Contents:
    """Writes rows, a row group at a time."""
    contents = Contents()
    rows = iter(rows)
    with writer(out, schema) as parquet:
        while batch := list(islice(rows, ROW_GROUP)):
            table = table_of(batch, part, schema)
            parquet.write_table(table, row_group_size=ROW_GROUP)
            contents = contents.with_batch(table)
    return contents


def writer(out: BinaryIO | str, schema: Any = SCHEMA) -> pq.ParquetWriter:
    """How every part is packed."""
    return pq.ParquetWriter(
        out,
        schema,
        version="2.6",
        compression=_CODECS,
        use_dictionary=["part", *(one.name for one in COLUMNS if one.kind not in ("rate", "whole"))],
        column_encoding=_DELTAS,
        write_page_checksum=True,
    )


def contents_of(source: BinaryIO) -> Contents:
    """What a part holds by reading all of it. Raises Fault when it is no part of this version."""
    contents = Contents()
    for batch in _batches(source):
        contents = contents.with_batch(batch)
    return contents


def hours_in(source: BinaryIO) -> Iterator[Hour]:
    """The hours of a part, in its order."""
    for batch in _batches(source):
        for row in zip(*(column.to_pylist() for column in batch.columns[: len(COLUMNS)]), strict=True):
            yield hour_of_row(row)


def ranks_in(source: BinaryIO, sites: Sequence[str]) -> dict[tuple[str, datetime], tuple[datetime, datetime]]:
    """By site and start, how far each of these sites' hours reaches and when it was received."""
    names = ["site", "starts_at", "through_at", "received_at"]
    with _readable():
        table = pq.read_table(source, columns=names, filters=[("site", "in", list(sites))])
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    return {(site, starts_at): (through_at, received_at) for site, starts_at, through_at, received_at in rows}


class _readable:  # noqa: N801  # reads as a word of the with statement
    """Whatever is wrong with a file is one line."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, fault: BaseException | None, trace: object) -> None:
        if isinstance(fault, pa.ArrowException | OSError):
            raise Fault(f"can't be read as Parquet: {str(fault).splitlines()[0]}") from None


def _batches(source: BinaryIO) -> Iterator[Any]:
    with _readable():
        file = pq.ParquetFile(source, page_checksum_verification=True)
        version = (file.schema_arrow.metadata or {}).get(b"bandgap.hours", b"none").decode()
        if version not in map(str, READABLE):
            raise Fault(f"its hours are of version {version}, and this one reads up to {VERSION}")
        yield from file.iter_batches(ROW_GROUP)


def _sum(column: Any) -> int:
    if pa.types.is_string(column.type):
        column = pc.binary_length(column)
    elif pa.types.is_date(column.type):
        column = column.cast(pa.int32())
    return pc.sum(column.cast(pa.int64())).as_py() or 0
