"""A report that somebody has asked for on a page, made by a child of the server.

Its libraries - WeasyPrint has 70 MB - and seconds of work stay out of the process that takes uploads. The
order comes as JSON on the child's standard input, the file goes where the first argument says. What the asker
can mend is a line on standard output, in their language, and exit code 1 or 2.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from collector.database import named
from collector.settings import Settings
from reports.district import Scope
from reports.faults import Fault
from reports.wording import Language

PATIENCE_S = 300.0
NICE = 5
"""Uploads go first."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made, of which database; one of the periods, or the week that is running."""

    settings: Settings
    database: str
    scope: Scope
    place: str
    form: str
    language: Language
    now: datetime
    week: str | None = None
    month: str | None = None
    school_year: str | None = None


def made(order: Order, path: Path) -> None:
    """Has a child write the report. Raises Fault with what it said that the asker can mend."""
    child = [sys.executable, "-P", "-m", "collector.report_order", str(path)]
    try:
        done = subprocess.run(
            child, input=msgspec.json.encode(order), stdout=subprocess.PIPE, timeout=PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError("the child that makes a report takes too long") from None
    if done.returncode in (1, 2) and done.stdout:
        raise Fault(done.stdout.decode().strip())
    if done.returncode:
        raise RuntimeError("the child that makes a report failed")


def main() -> int:
    from collector.engine import engine
    from collector.reporting import district_report  # what this child is for

    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    os.nice(NICE)
    source = engine(named(order.database))
    try:
        data = district_report(
            source,
            order.settings,
            order.scope,
            order.place,
            order.form,
            now=order.now,
            week=order.week,
            month=order.month,
            school_year=order.school_year,
            language=order.language,
        )
    except Fault as fault:
        print(fault)
        return fault.exit_code
    finally:
        source.dispose()
    Path(sys.argv[1]).write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
