"""`bandgap report`: the capacity report of a week, month or school year, from this gateway's own samples."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from agent import clock, undated
from agent.damage import noticed
from agent.history import History
from agent.home_tally import tallied
from agent.installation import Installation, find
from agent.paper import paper
from reports.costs import Finance
from reports.faults import UsageFault
from reports.formats.table import BINARY, FORMATS, MACHINE, TEXT
from reports.languages import LANGUAGES, spoken
from reports.long_periods import month_named, school_year_named
from reports.periods import Period, week_asked
from reports.sentences import UNCOUNTED
from reports.shipped import chosen, shipped_prices, shipped_targets
from reports.week import WeeklyReport, weekly_report
from reports.what_if import WhatIf, what_if
from reports.whole_file import whole_file
from reports.wording import say

LOOKS_BACK = timedelta(days=3 * 366)
"""Growth is told from about three years of weeks; older ones are of another school."""

ENDINGS = {"txt": "text"}
"""Endings of files that aren't a format's name."""


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bandgap report", description=__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--week", metavar="2026-W47", help="an ISO week, or last (default: the one that is running)"
    )
    which.add_argument("--month", metavar="2026-10", help="a calendar month")
    which.add_argument("--school-year", metavar="2026-27", help="from 1 July 2026 to 30 June 2027")
    parser.add_argument("--format", choices=sorted(FORMATS), help="default: text, or as --output ends")
    parser.add_argument("--language", choices=LANGUAGES, help="default: [report] language in agent.toml")
    parser.add_argument("--output", metavar="FILE", help="write to this file instead of to the terminal")
    supposing = parser.add_argument_group("what if", "recompute gap, outlook and cost with what is supposed")
    supposing.add_argument("--students", type=int, metavar="N", help="the line served this many students")
    supposing.add_argument("--staff", type=int, metavar="N", help="and this many staff")
    supposing.add_argument(
        "--capacity-down", type=float, metavar="MBPS", help="the line delivered this much down"
    )
    supposing.add_argument(
        "--devices", type=int, metavar="N", help="this many more devices were busy at once"
    )
    supposing.add_argument("--testers", type=int, metavar="N", help="this many took a test at once")
    supposing.add_argument(
        "--kbps", type=float, metavar="K", help="each of those devices or testers took this much"
    )
    parser.add_argument("--email", action="store_true", help="mail it, as [email] in agent.toml says, once")
    parser.add_argument("--to", nargs="+", default=[], metavar="ADDR", help="with --email: to these instead")
    parser.add_argument("--again", action="store_true", help="with --email: also to those who have it")
    args = parser.parse_args(argv)
    if (args.to or args.again) and not args.email:
        parser.error("--to and --again go with --email")
    asked = what_if(args.students, args.staff, args.capacity_down, args.devices, args.testers, args.kbps)
    if asked and args.email:
        parser.error("a what-if isn't mailed: it is no report of the week")
    place, now = find(os.environ), clock.now()
    period = _period(args, ZoneInfo(place.config.site.timezone), now)
    size = paper(place.config.report.paper, os.environ)
    if args.email:
        from agent.mail.posting import post

        with spoken(args.language or place.config.report.language):
            return post(place, collect(place, period, now), args.to, now, again=args.again, size=size)
    file = Path(args.output) if args.output and args.output != "-" else None
    form = _form(args.format, file, size)
    if form in BINARY and file is None and sys.stdout.isatty():
        raise UsageFault(f"{form} isn't for a terminal: name a file with --output, or send it into a pipe")
    with spoken("en" if form in MACHINE else args.language or place.config.report.language):
        report = collect(place, period, now, asked)
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
    return week_asked(args.week, now, zone)


def _form(named: str | None, file: Path | None, size: str) -> str:
    """The format that was named, else the one of the file's ending; a PDF on the paper in use here."""
    ending = file.suffix.lstrip(".").lower() if file else ""
    form = named or ENDINGS.get(ending, ending if ending in FORMATS else "text")
    return "pdf-letter" if form == "pdf" and size == "letter" else form


def collect(place: Installation, period: Period, now: datetime, asked: WhatIf | None = None) -> WeeklyReport:
    """The report of a period from the store; an empty store gives a report that knows nothing."""
    with noticed(place.state):
        connection = place.open_to_read()
        report = _report(place, History(connection), period, now, undated.minutes(connection), asked)
        connection.close()
    return report


def _report(
    place: Installation,
    history: History,
    period: Period,
    now: datetime,
    undated_minutes: int,
    asked: WhatIf | None,
) -> WeeklyReport:
    config = place.config
    known = shipped_targets(config.targets.folder)
    return weekly_report(
        config.site,
        config.contract,
        chosen(config.targets.sets, known),
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
        uncounted=None if config.demand_from else say(UNCOUNTED),
        last_before=history.last_trusted_sample(period.starts_at),
        weeks=history.weekly_demand(
            period.starts_at - LOOKS_BACK, period.ends_at, ZoneInfo(config.site.timezone)
        ),
        finance=Finance(config.cost, config.erate, *shipped_prices()),
        what_if=asked,
        homework=tallied(config.homework, known),
        on_path=config.measure.sees_all_traffic,
    )


def _write(path: Path, data: bytes) -> None:
    with whole_file(path) as draft:
        draft.write_bytes(data)
    print(path)
