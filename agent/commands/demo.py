"""`bandgap demo`: a folder with a year and a term of a made-up school, to see every page at once.

Nothing is measured and nothing leaves the machine. The same seed and date give the same data. A folder that
holds a real store is refused.
"""

from __future__ import annotations

import argparse
import shlex
from datetime import date, datetime, timedelta
from pathlib import Path

from agent import clock
from agent.demo.laying import SETTINGS, lay
from agent.demo.school import MARK, ZONE, Story
from agent.terminal import Counting
from reports.faults import UsageFault
from reports.periods import SLOT_S, midnight

FOLDER = "bandgap-demo"


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="bandgap demo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", metavar="FOLDER", nargs="?", default=FOLDER, help=f"default: {FOLDER}")
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="another number, another school year"
    )
    parser.add_argument("--until", metavar="DATE", help="the last day with data (default: up to now)")
    args = parser.parse_args(argv)
    folder, until = Path(args.folder), _until(args.until, clock.now())
    with Counting("demo") as counting:
        told = lay(folder, args.seed, until, counting.show)
    print(_words(folder, told))
    return 0


def _until(text: str | None, now: datetime) -> datetime:
    """The end of that day; now if it isn't over."""
    now = datetime.fromtimestamp(now.timestamp() // SLOT_S * SLOT_S, now.tzinfo)
    if text is None:
        return now
    try:
        day = date.fromisoformat(text)
        starts_at, ends_at = midnight(day, ZONE), midnight(day + timedelta(days=1), ZONE)
    except (ValueError, OverflowError):
        raise UsageFault(f'--until: found "{text}", expected a date as in 2026-11-24') from None
    if starts_at > now:
        raise UsageFault(f"--until: {text} is still to come; data ends by now")
    return min(ends_at, now)


def _words(folder: Path, told: Story) -> str:
    whole = shlex.quote(str(folder.absolute()))
    days = [at.astimezone(ZONE).date() for at in (told.begins_at, told.until)]
    page = shlex.quote(f"{folder}/week.html")
    week = f"bandgap report --week {told.last_week.label}"
    return "\n".join(
        (
            f"{folder}: {MARK} of a made-up school, {days[0]} to {days[1]}. See it:",
            "",
            f"  export BANDGAP_CONFIG={whole}/{SETTINGS} BANDGAP_STATE_DIR={whole}",
            "  bandgap status",
            f"  {week}",
            f"  {week} --output {page}",
        )
    )
