"""Tells by its content what a file is, and reads it row by row.

Ours are CSV and JSON lines of ``bandgap export``; of others, what speedtest-cli, Speedtest Tracker and vnstat
write. A first line decides, then every line has to be of that kind. Lines are read as they come, except for
one JSON document in a file, which has to be read whole.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, TextIO

from agent.exchange import speedtest_cli, speedtest_tracker, vnstat
from agent.exchange.rows import Bad, Item, LeftOut, Row, stored
from agent.exchange.tables import TABLES, Table
from reports.faults import Fault

OURS = "bandgap"
KINDS = (OURS, speedtest_cli.ORIGIN, speedtest_tracker.ORIGIN, vnstat.ORIGIN)
LONGEST_DOCUMENT = 200_000_000
"""Octets of a file that is one JSON document: what may have to be held in memory."""
_EXPECTED = (
    "expected an export of bandgap's (csv or jsonl), speedtest-cli's --csv or --json, "
    "Speedtest Tracker's export, or vnstat's --json"
)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the files of other tools don't say: the zone of their local times, and which interface is meant.

    ``zone`` is None when nobody named one: then Speedtest Tracker's times are UTC and vnstat's the site's.
    """

    now: datetime
    site_zone: tzinfo
    zone: tzinfo | None = None
    interface: str | None = None
    wan: str | None = None


@dataclass(frozen=True, slots=True)
class Recognised:
    """What the file is, in words and by its kind, and its rows."""

    kind: str
    words: str
    items: Iterator[Item]


Reader = Callable[[Any], Row | LeftOut]
Tracked = Callable[[Mapping[str, str], tzinfo | None], Row | LeftOut]


def recognise(path: Path, file: TextIO, around: Circumstances) -> Recognised:
    """Looks at the file's beginning. Raises Fault for one that isn't known.

    ``file`` is open with ``newline=""``, as csv wants it, and can be wound back.
    """
    try:
        first = file.readline(1 << 20)
        while first and not first.strip():
            first = file.readline(1 << 20)
        file.seek(0)
        if first.lstrip()[:1] in ("{", "["):
            return _of_json(path, file, first, around)
        return _of_csv(path, file, first, around)
    except UnicodeDecodeError:
        raise Fault(f"{path}: not a text file; {_EXPECTED}") from None


def _of_csv(path: Path, file: TextIO, first: str, around: Circumstances) -> Recognised:
    for delimiter in (",", ";", "\t"):
        header = next(csv.reader([first], delimiter=delimiter), [])
        for table in TABLES.values():
            if tuple(header) == table.titles:
                reader = _ours(path, table)
                return Recognised(
                    OURS, f"bandgap's {table.name}", _csv(file, delimiter, header, reader, named=True)
                )
        if speedtest_cli.is_csv_row(header):
            headed = header if tuple(header) == speedtest_cli.CSV_HEADER else None
            lines = _csv(file, delimiter, headed, speedtest_cli.from_csv)
            return Recognised(speedtest_cli.ORIGIN, "speedtest-cli's CSV", lines)
        tracked: Tracked | None = None
        if speedtest_tracker.is_old_header(header):
            tracked = speedtest_tracker.from_old
        elif speedtest_tracker.is_new_header(header):
            tracked = speedtest_tracker.from_new
        if tracked is not None:
            lines = _csv(file, delimiter, header, _tracked(tracked, header, around.zone))
            return Recognised(speedtest_tracker.ORIGIN, "Speedtest Tracker's CSV", lines)
    raise Fault(f"{path}: not known by its first line; {_EXPECTED}")


def _of_json(path: Path, file: TextIO, first: str, around: Circumstances) -> Recognised:
    try:
        entry, lines = json.loads(first), True
    except ValueError:
        entry, lines = _document(path, file), False
    if isinstance(entry, list):
        entries, lines = (entry if lines is False else _document(path, file)), False
        entry = entries[0] if entries else None
    else:
        entries = [entry]
    if vnstat.is_vnstat(entry):
        items = vnstat.items(entry, around.interface, around.wan, around.zone or around.site_zone, around.now)
        return Recognised(vnstat.ORIGIN, f"vnstat's JSON (vnstat {entry['vnstatversion']})", items)
    kind, words, reader = _of_entry(path, entry, around)
    if lines:
        return Recognised(kind, words, _jsonl(file, reader))
    return Recognised(kind, words, (_read(f"entry {n}", one, reader) for n, one in enumerate(entries, 1)))


def _of_entry(path: Path, entry: object, around: Circumstances) -> tuple[str, str, Reader]:
    if isinstance(entry, Mapping):
        for table in TABLES.values():
            if set(entry) == set(table.titles):
                return OURS, f"bandgap's {table.name}", _ours(path, table)
        if entry.keys() >= speedtest_cli.JSON_KEYS:
            return speedtest_cli.ORIGIN, "speedtest-cli's JSON", speedtest_cli.from_json
        if entry.keys() >= speedtest_tracker.OLD_KEYS:
            words = "Speedtest Tracker's JSON"
            return speedtest_tracker.ORIGIN, words, lambda row: speedtest_tracker.from_old(row, around.zone)
    raise Fault(f"{path}: JSON of something else; {_EXPECTED}")


def _ours(path: Path, table: Table) -> Reader:
    if not table.importable:
        raise Fault(
            f"{path}: bandgap's {table.name} are made from samples; import tests, minutes and usage instead"
        )

    def read(values: Mapping[str, Any]) -> Row:
        if set(values) != set(table.titles):
            strange = min(set(values) ^ set(table.titles))
            raise ValueError(f"{strange}: {'unknown' if strange in values else 'missing'}")
        row = {
            column.name: stored(column, values[title])
            for title, column in zip(table.titles, table.columns, strict=True)
        }
        for end in ("ended_at", "ends_at", "seen_until"):
            if row.get(end) is not None and row[end] < row[table.key[0]]:
                raise ValueError(f"{end}: before {table.key[0]}")
        return Row(table.name, row)

    return read


def _tracked(read: Tracked, header: Sequence[str], zone: tzinfo | None) -> Reader:
    names = speedtest_tracker.names_of(header)
    return lambda cells: read(dict(zip(names, cells, strict=True)), zone)


def _csv(
    file: TextIO, delimiter: str, header: Sequence[str] | None, reader: Reader, *, named: bool = False
) -> Iterator[Item]:
    """Its rows after the header, if it has one; ``named``: read by name, our apostrophes taken away."""
    lines = csv.reader(file, delimiter=delimiter, strict=True)
    at = 1
    try:
        for cells in lines:
            where, at = f"line {at}", lines.line_num + 1
            if not cells or cells == header:  # speedtest-cli's header may come again where files were joined
                continue
            if header is not None and len(cells) != len(header):
                yield Bad(where, f"found {len(cells)} cells, expected {len(header)}")
                continue
            values = dict(zip(header or (), map(_bare, cells), strict=True)) if named else cells
            yield _read(where, values, reader)
    except csv.Error as fault:
        yield Bad(f"line {at}", f"no CSV: {fault}")
    except UnicodeDecodeError:
        yield Bad(f"line {at} or soon after", "not UTF-8")


def _jsonl(file: TextIO, reader: Reader) -> Iterator[Item]:
    try:
        for n, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                entry = json.loads(line)
            except ValueError:
                yield Bad(f"line {n}", "no JSON")
                continue
            yield _read(f"line {n}", entry, reader)
    except UnicodeDecodeError:
        yield Bad("the file", "not UTF-8 throughout")


def _read(where: str, values: object, reader: Reader) -> Item:
    try:
        if not isinstance(values, Mapping | list):
            raise ValueError("expected an object")
        return reader(values)
    except (ValueError, OverflowError, AttributeError) as fault:
        return Bad(where, str(fault))


def _bare(cell: str) -> str:
    """A cell of our CSV without the apostrophe that keeps a spreadsheet from computing it."""
    return cell[1:] if cell.startswith(("'=", "'+", "'-", "'@", "'\t", "'\r", "''")) else cell


def _document(path: Path, file: TextIO) -> Any:
    file.seek(0)
    text = file.read(LONGEST_DOCUMENT + 1)
    if len(text) > LONGEST_DOCUMENT:
        raise Fault(f"{path}: too long for one JSON document; one object a line can be of any length")
    try:
        return json.loads(text)
    except ValueError as fault:
        raise Fault(f"{path}: no JSON: {fault}") from None
