"""`bandgap report`: the capacity report of a week, month or school year, from this gateway's own samples."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from agent import clock, undated
from agent.damage import noticed
from agent.history import History
from agent.installation import Installation, find
from agent.paper import paper
from reports.faults import Fault, UsageFault
from reports.formats.table import BINARY, FORMATS, TEXT
from reports.long_periods import month_named, school_year_named
from reports.periods import Period, week_named, week_of
from reports.sentences import UNCOUNTED
from reports.shipped import chosen, shipped_targets
from reports.week import WeeklyReport, weekly_report

ENDINGS = {"txt": "text"}
"""Endings of files that aren't a format's name."""


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bandgap report", description=__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--week", metavar="2026-W47", help="an ISO week (default: the one that is running)")
    which.add_argument("--month", metavar="2026-10", help="a calendar month")
    which.add_argument("--school-year", metavar="2026-27", help="from 1 July 2026 to 30 June 2027")
    parser.add_argument("--format", choices=sorted(FORMATS), help="default: text, or as --output ends")
    parser.add_argument("--output", metavar="FILE", help="write to this file instead of to the terminal")
    args = parser.parse_args(argv)
    place, now = find(os.environ), clock.now()
    period = _period(args, ZoneInfo(place.config.site.timezone), now)
    file = Path(args.output) if args.output and args.output != "-" else None
    form = _form(args.format, file, paper(place.config.report.paper, os.environ))
    if form in BINARY and file is None and sys.stdout.isatty():
        raise UsageFault(f"{form} isn't for a terminal: name a file with --output, or send it into a pipe")
    report = collect(place, period, now)
    data = BINARY[form](report) if form in BINARY else TEXT[form](report).encode()
    if file is not None:
        _write(file, data)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    return 0


def _period(args: argparse.Namespace, zone: ZoneInfo, now: datetime) -> Period:
    if args.month:
        return month_named(args.month, zone)
    if args.school_year:
        return school_year_named(args.school_year, zone)
    return week_named(args.week, zone) if args.week else week_of(now, zone)


def _form(named: str | None, file: Path | None, size: str) -> str:
    """The format that was named, else the one of the file's ending; a PDF on the paper in use here."""
    ending = file.suffix.lstrip(".").lower() if file else ""
    form = named or ENDINGS.get(ending, ending if ending in FORMATS else "text")
    return "pdf-letter" if form == "pdf" and size == "letter" else form


def collect(place: Installation, period: Period, now: datetime) -> WeeklyReport:
    """The report of a period from the store; an empty store gives a report that knows nothing."""
    with noticed(place.state):
        connection = place.open_to_read()
        report = _report(place, History(connection), period, now, undated.minutes(connection))
        connection.close()
    return report


def _report(
    place: Installation, history: History, period: Period, now: datetime, undated_minutes: int
) -> WeeklyReport:
    config = place.config
    return weekly_report(
        config.site,
        config.contract,
        chosen(config.targets.sets, shipped_targets(config.targets.folder)),
        config.evidence,
        period,
        history.five_minute_means(period.starts_at, period.ends_at),
        history.capacity_samples(period.starts_at, period.ends_at),
        history.outages(period.starts_at, period.ends_at),
        history.probed(period.starts_at, period.ends_at),
        history.holes(period.starts_at, period.ends_at),
        clock_steps=history.clock_steps(period.starts_at, period.ends_at),
        undated_minutes=undated_minutes,
        made_at=now,
        measuring_since=history.measuring_since(),
        uncounted=None if config.demand_from else UNCOUNTED,
        last_before=history.last_trusted_sample(period.starts_at),
    )


def _write(path: Path, data: bytes) -> None:
    """Puts the whole file there or leaves the old one: a report is read while it is written."""
    draft = path.with_name(path.name + ".part")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as fault:
        draft.unlink(missing_ok=True)
        raise Fault(f"{path}: can't be written: {fault.strerror}") from None
    print(path)
