"""`bandgap report`: the weekly capacity report from this gateway's own samples."""

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
from agent.installation import Installation, find
from reports.costs import Finance
from reports.faults import Fault
from reports.formats.table import FORMATS
from reports.periods import Period, week_asked
from reports.sentences import UNCOUNTED
from reports.shipped import chosen, shipped_prices, shipped_targets
from reports.week import WeeklyReport, weekly_report
from reports.what_if import WhatIf, what_if

LOOKS_BACK = timedelta(days=3 * 366)
"""Growth is told from about three years of weeks; older ones are of another school."""


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bandgap report", description=__doc__)
    parser.add_argument(
        "--week", metavar="2026-W47", help="an ISO week, or last (default: the one that is running)"
    )
    parser.add_argument("--format", choices=sorted(FORMATS), help="default: text, or as --output ends")
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
    zone = ZoneInfo(place.config.site.timezone)
    period = week_asked(args.week, now, zone)
    if args.email:
        from agent.mail.posting import post

        return post(place, collect(place, period, now), args.to, now, again=args.again)
    ending = Path(args.output or "").suffix.lstrip(".")
    form = args.format or (ending if ending in FORMATS else "text")
    text = FORMATS[form](collect(place, period, now, asked))
    if args.output and args.output != "-":
        _write(Path(args.output), text)
    else:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
    return 0


def collect(place: Installation, period: Period, now: datetime, asked: WhatIf | None = None) -> WeeklyReport:
    """The report of a week from the store; an empty store gives a report that knows nothing."""
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
        weeks=history.weekly_demand(
            period.starts_at - LOOKS_BACK, period.ends_at, ZoneInfo(config.site.timezone)
        ),
        finance=Finance(config.cost, config.erate, *shipped_prices()),
        what_if=asked,
        on_path=config.measure.sees_all_traffic,
    )


def _write(path: Path, text: str) -> None:
    """Puts the whole file there or leaves the old one: a report is read while it is written."""
    draft = path.with_name(path.name + ".part")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as fault:
        draft.unlink(missing_ok=True)
        raise Fault(f"{path}: can't be written: {fault.strerror}") from None
    print(path)
