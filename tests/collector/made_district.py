"""A made-up district of five schools over two circuits, beside another district of one: what a collector holds.

One school is silent since the Tuesday, one has too few tests, one has a name that would do harm where it were
taken for anything but text. The larger circuit has the district's own agent, the smaller has none. Run as
``python -m tests.collector.made_district FOLDER`` it makes the database and settings to try the report on.
"""

from __future__ import annotations

import dataclasses
import hashlib
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, insert, select, update

from collector.database import Database
from collector.engine import engine, writing
from collector.migrating import prepare
from collector.schools.importing import enter
from collector.schools.reading import schools_of
from collector.schools.sheet import sheet_of
from collector.tables import sites, summaries
from reports.periods import Period, day_of, days_in, week_named
from reports.samples import Rates
from reports.summaries import CapacityFigures, Summary, UsageFigures
from reports.wire import summary_json
from tests.collector.made import CHICAGO

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
WEEKS = ("2026-W45", "2026-W46", "2026-W47")
HOSTILE = '<script>alert(1)</script> =1+1 | שלום 🏫 "Middle"'
SETTINGS = """\
[erate]
window_opens = 2027-01-13
window_closes = 2027-03-26
nslp_share = 0.62
locale = "rural"
"""
SHEET = (
    "id,name,serves,students,staff,district_id,district,state_id,state,timezone,circuit,provider,connection,"
    "down_mbps,up_mbps,monthly_cost,currency,ends_on\n"
    "hub,Cedar Fork gateway,district,,,0100005,Cedar Fork District,AL,Alabama,America/Chicago,cedar-hub,"
    "Example Fiber,fibre,2000,2000,2400,USD,2028-06-30\n"
    "010000500870,Cedar Fork Elementary,school,430,38,0100005,,AL,,America/Chicago,cedar-hub,,,,,,,\n"
    '010000500871,"{hostile}",school,510,47,0100005,,AL,,America/Chicago,cedar-hub,,,,,,,\n'
    "010000500872,Cedar Fork High School,school,690,61,0100005,,AL,,America/Chicago,cedar-hub,,,,,,,\n"
    "010000500873,Stony Point School,school,240,22,0100005,,AL,,America/Chicago,south-line,Example Cable,"
    "cable,1500,200,640,USD,2026-12-31\n"
    "010000500874,Pine Hill School,school,180,16,0100005,,AL,,America/Chicago,south-line,,,,,,,\n"
    "020000600101,River Bend School,school,118,14,0200006,River Bend District,AL,,America/Chicago,river,"
    "Example Rural,fixed-wireless,300,50,,,\n"
)


@dataclass(frozen=True, slots=True)
class Told:
    """What one site's weeks say: the median down, demand and its peak, tests and days, and minutes out."""

    site: str
    down: float | None
    demand: float
    peak: float
    tests: int = 26
    untrusted: int = 2
    days: int = 5
    out: float = 0.0
    silent_since: datetime | None = None


TOLD = (
    Told("hub", 1940.0, 1180.0, 1710.0, out=84.0),
    Told("010000500870", 1420.0, 310.0, 540.0, untrusted=5),
    Told("010000500871", 1220.0, 402.0, 690.0, untrusted=11, out=12.0),
    Told("010000500872", 1650.0, 520.0, 800.0, silent_since=datetime(2026, 11, 17, 16, 5, tzinfo=UTC)),
    Told("010000500873", 940.0, 141.0, 260.0),
    Told("010000500874", 610.0, 96.0, 180.0, tests=3, days=2),
    Told("020000600101", 281.0, 74.0, 120.0, out=3.0),
)


def week_of_site(told: Told, period: Period, nth: int) -> Summary:
    """A summary of a week or a day; earlier weeks have a little less demand, and who is silent stops."""
    through = min(told.silent_since or period.ends_at, period.ends_at)
    usage = UsageFigures(
        600, 590, Rates(30.0, 4.0), Rates(told.demand - 9.0 * nth, 9.0), Rates(told.peak, 22.0)
    )
    rates = Rates(told.down, None if told.down is None else told.down / 4)
    part = 1 if period.kind == "week" else 5
    return Summary(
        kind=period.kind,
        label=period.label,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        through_at=through,
        usage=usage,
        usage_school=usage if told.silent_since is None else dataclasses.replace(usage, found=120),
        capacity=CapacityFigures(
            told.tests // part,
            told.untrusted // part,
            1,
            told.days if part == 1 else 1,
            rates,
            rates,
            9.0,
            61.0,
        ),
        outage_minutes=told.out / part,
        tests_down_bytes=900_000_000,
        tests_up_bytes=200_000_000,
    )


def keep(source: Engine, told: Iterable[Told], weeks: Iterable[str] = WEEKS) -> None:
    """Enters summaries of weeks, and the days of the last, as if they had been uploaded."""
    labels = tuple(weeks)
    with writing(source) as connection:
        keys = {one.id: one.key for one in connection.execute(select(sites.c.id, sites.c.key))}
        for one in told:
            heard_at = one.silent_since or NOW - timedelta(minutes=20)
            found = sites.c.id == one.site
            connection.execute(
                update(sites).where(found).values(heard_at=int(heard_at.timestamp()), agent="0.3.0")
            )
            periods = [week_named(label, CHICAGO) for label in labels]
            days = days_in(periods[-1], CHICAGO)[:5]
            for nth, period in enumerate(reversed(periods)):
                _row(connection, keys[one.site], week_of_site(one, period, nth))
            for day in days:
                _row(connection, keys[one.site], week_of_site(one, day_of(day.starts_at, CHICAGO), 0))


def _row(connection: object, key: int, summary: Summary) -> None:
    body = summary_json(summary)
    connection.execute(  # type: ignore[attr-defined]
        insert(summaries).values(
            starts_at=int(summary.starts_at.timestamp()),
            kind=summary.kind,
            site=key,
            label=summary.label,
            through_at=int(summary.through_at.timestamp()),
            sha256=hashlib.sha256(body.encode()).digest(),
            received_at=int(NOW.timestamp()),
            body=body,
        )
    )


def lay(source: Engine) -> None:
    """The whole of it into a migrated database."""
    sheets = schools_of(sheet_of(SHEET.format(hostile=HOSTILE.replace('"', '""')), Path("schools.csv")))
    assert sheets.faults == (), sheets.faults
    enter(source, sheets, NOW - timedelta(days=40))
    keep(source, TOLD)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    prepare(Database(folder / "collector.sqlite"))
    opened = engine(Database(folder / "collector.sqlite"))
    lay(opened)
    opened.dispose()
    (folder / "collector.toml").write_text(SETTINGS)
    print(f"bandgap collector report --district 0100005 --week 2026-W47 --database {folder}/collector.sqlite")
