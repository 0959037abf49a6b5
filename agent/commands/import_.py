"""`bandgap import`: takes in an export of bandgap's, or the history of another speed test logger.

The file is recognised by its content. What is here already stays as it is, so importing a file again adds
nothing. Tests that another tool made are kept and shown, marked "imported", and enter no verdict.
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent import clock, wan
from agent.exchange.intake import Gathered, gather, put
from agent.exchange.recognise import KINDS, Circumstances, recognise
from agent.exchange.tables import time_text
from agent.installation import Installation, find
from reports.faults import Fault, UsageFault

_THINGS = {
    "tests": "tests",
    "minutes": "minutes",
    "usage": "five-minute means",
    "outages": "outages",
    "probed": "probed stretches",
}


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bandgap import", description=__doc__)
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument(
        "--kind", choices=KINDS, help="take it for this and nothing else (default: by its content)"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, and change nothing")
    parser.add_argument(
        "--skip-bad", action="store_true", help="take the good rows of a file that has bad ones"
    )
    parser.add_argument("--interface", metavar="NAME", help="which interface of vnstat's is the WAN's")
    parser.add_argument(
        "--timezone",
        metavar="ZONE",
        help="of times that say none (default: the site's for vnstat, UTC for Speedtest Tracker)",
    )
    args = parser.parse_args(argv)
    place = find(os.environ)
    around = _circumstances(place, args.timezone, args.interface)
    connection = place.open()
    try:
        with args.file.open(encoding="utf-8-sig", newline="") as file:
            found = recognise(args.file, file, around)
            if args.kind not in (None, found.kind):
                raise UsageFault(f"--kind {args.kind}: {args.file} is {found.words}")
            gathered = gather(connection, found.items)
        refused = bool(gathered.bad_count) and not args.skip_bad
        new = put(connection, dry_run=args.dry_run or refused)
    except OSError as fault:
        raise Fault(f"{args.file}: can't be read: {fault.strerror}") from None
    finally:
        connection.close()
    print(f"{args.file}: {found.words}")
    _tell(gathered, new, would=args.dry_run or refused)
    if refused:
        raise Fault(
            f"{args.file}: {_bad(gathered.bad_count)}, so nothing was imported; "
            "mend them, or leave them out with --skip-bad"
        )
    return 0


def _circumstances(place: Installation, timezone: str | None, interface: str | None) -> Circumstances:
    zone: tzinfo | None = None
    if timezone is not None:
        try:
            zone = ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise UsageFault(
                f'--timezone "{timezone}": no such time zone, expected one as in America/Chicago'
            ) from None
    measured = place.config.measure.interface
    return Circumstances(
        now=clock.now(),
        site_zone=ZoneInfo(place.config.site.timezone),
        zone=zone,
        interface=interface,
        wan=wan.default_interface() if measured == "auto" else measured,
    )


def _tell(gathered: Gathered, new: dict[str, int], *, would: bool) -> None:
    for name, things in _THINGS.items():
        if count := gathered.rows[name]:
            print(
                f"{count:,} {things}: {new[name]:,} {'would be' if would else 'are'} new, "
                f"{count - new[name]:,} {'are' if would else 'were'} here already"
            )
    if gathered.first is not None and gathered.last is not None:
        print(f"from {time_text(gathered.first)} to {time_text(gathered.last)}")
    else:
        print("nothing in it that can be imported")
    if gathered.left_out:
        print("left out: " + "; ".join(f"{count:,} {what}" for what, count in gathered.left_out.items()))
    for bad in gathered.bad:
        print(f"{bad.where}: {bad.why}", file=sys.stderr)
    if more := gathered.bad_count - len(gathered.bad):
        print(f"and {more:,} more", file=sys.stderr)


def _bad(count: int) -> str:
    return f"{count:,} bad {'row' if count == 1 else 'rows'}"
