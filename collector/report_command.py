"""``bandgap collector report``: the capacity report of a district, a state or one site, as a file or to "
"read."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from collector.asked import opened
from collector.settings import Settings
from reports.district import Scope
from reports.faults import UsageFault
from reports.languages import LANGUAGES
from reports.whole_file import whole_file

FORMS = ("text", "html", "md", "json", "csv", "pdf", "pdf-letter", "xlsx")
BINARY = ("pdf", "pdf-letter", "xlsx")
SCOPES: tuple[Scope, ...] = ("district", "state", "site")


def add(commands: Any, shared: argparse.ArgumentParser, now: Callable[[], datetime]) -> None:
    """Adds the command to the collector's."""
    reporting = commands.add_parser(
        "report", parents=[shared], help="the capacity report of a district, a state or one site"
    )
    whose = reporting.add_mutually_exclusive_group(required=True)
    whose.add_argument("--district", metavar="ID", help="all schools of a district, shared circuits once")
    whose.add_argument("--state", metavar="ID", help="all districts of a state")
    whose.add_argument("--site", metavar="ID", help="one site, as far as its summaries tell")
    when = reporting.add_mutually_exclusive_group()
    when.add_argument(
        "--week", metavar="2026-W47", help="an ISO week, or last (default: the one that is running)"
    )
    when.add_argument("--month", metavar="2026-10", help="a calendar month, by its weeks")
    when.add_argument("--year", metavar="2026-27", help="from 1 July 2026 to 30 June 2027, by its weeks")
    reporting.add_argument("--format", choices=FORMS, help="default: text, or as --output ends")
    reporting.add_argument("--language", choices=LANGUAGES, default="en", help="default: en")
    reporting.add_argument("--output", metavar="FILE", help="write to this file instead of to the terminal")
    reporting.set_defaults(run=partial(_report, now=now))


def _report(asked: argparse.Namespace, settings: Settings, *, now: Callable[[], datetime]) -> int:
    from collector.reporting import district_report  # Jinja2 and prices, which no other command needs

    file = Path(asked.output) if asked.output and asked.output != "-" else None
    form = _form(asked.format, file)
    if form in BINARY and file is None and sys.stdout.isatty():
        raise UsageFault(f"{form} isn't for a terminal: name a file with --output, or send it into a pipe")
    scope = next(scope for scope in SCOPES if getattr(asked, scope) is not None)
    with opened(asked, settings) as source:
        data = district_report(
            source,
            settings,
            scope,
            getattr(asked, scope),
            form,
            now=now(),
            week=asked.week,
            month=asked.month,
            school_year=asked.year,
            language=asked.language,
        )
    if file is not None:
        _write(file, data)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    return 0


def _form(named: str | None, file: Path | None) -> str:
    """The format that was named, else the one of the file's ending."""
    ending = file.suffix.lstrip(".").lower() if file else ""
    return named or (ending if ending in FORMS else "text")


def _write(path: Path, data: bytes) -> None:
    with whole_file(path) as draft:
        draft.write_bytes(data)
    print(path)
