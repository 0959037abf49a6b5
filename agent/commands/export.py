"""`bandgap export`: what the store holds as CSV, JSON lines or Parquet, to keep or to compute with."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from agent.exchange.tables import TABLES, rows, time_text
from agent.exchange.writers import WRITERS, Rows
from agent.installation import find
from agent.terminal import Counting
from reports.faults import UsageFault
from reports.periods import midnight
from reports.whole_file import whole_file

STEP = 5000


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bandgap export", description=__doc__)
    parser.add_argument("--what", choices=TABLES, default="tests", help="default: tests")
    parser.add_argument("--from", dest="first", metavar="DATE", help="the first day, by the site's calendar")
    parser.add_argument("--to", dest="last", metavar="DATE", help="the last day, which is exported too")
    parser.add_argument("--format", choices=WRITERS, help="default: csv, or as the file's name ends")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="write to this file instead of to the terminal"
    )
    args = parser.parse_args(argv)
    place = find(os.environ)
    zone = ZoneInfo(place.config.site.timezone)
    starts_at, ends_at = _moment("--from", args.first, zone), _moment("--to", args.last, zone, days=1)
    output = None if args.output in (None, "-") else Path(args.output)
    ending = output.suffix.lstrip(".") if output else ""
    form = args.format or (ending if ending in WRITERS else "csv")
    if form == "parquet" and output is None and sys.stdout.isatty():
        raise UsageFault("parquet is no text for a terminal: name a file with -o")
    table = TABLES[args.what]
    connection = place.open(read_only=True)
    with Counting(f"export of {table.name}", beside=None if output else sys.stdout) as counting:
        found = _counted(
            rows(connection, table, starts_at, ends_at), counting, table.names.index(table.key[0])
        )
        if output is None:
            WRITERS[form](table, found, sys.stdout.buffer)
        else:
            _write(output, lambda out: WRITERS[form](table, found, out))
    connection.close()
    return 0


def _moment(option: str, text: str | None, zone: ZoneInfo, days: int = 0) -> datetime | None:
    """The beginning of a day, or of the one after."""
    if text is None:
        return None
    try:
        return midnight(date.fromisoformat(text) + timedelta(days=days), zone)
    except (ValueError, OverflowError):
        raise UsageFault(f'{option}: found "{text}", expected a date as in 2026-11-24') from None


def _counted(found: Rows, counting: Counting, time_at: int) -> Iterator[tuple[Any, ...]]:
    for n, row in enumerate(found, 1):
        if n % STEP == 0:
            counting.show(f"{n:,} rows, at {time_text(row[time_at])}")
        yield row


def _write(path: Path, write: Any) -> None:
    with whole_file(path) as draft, draft.open("wb") as out:
        write(out)
    print(path)
