"""The made-up district of ``tests/reports/example_district.py`` in a collector's database.

Run as ``python -m tests.collector.made_district FOLDER`` it makes database and settings to try the report on.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, select, update

from collector.database import Database
from collector.engine import engine, writing
from collector.migrating import prepare
from collector.schools.importing import enter
from collector.schools.reading import schools_of
from collector.schools.sheet import sheet_of
from collector.tables import sites, summaries
from reports.periods import days_in, week_named
from reports.summaries import Summary
from reports.wire import summary_json
from tests.reports.example_district import CHICAGO, HOSTILE, NOW, TOLD, WEEKS, Told

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


def keep(source: Engine, told: Iterable[Told], weeks: Iterable[str] = WEEKS) -> None:
    """Enters summaries of weeks, and the days of the last, as if they had been uploaded."""
    labels = tuple(weeks)
    with writing(source) as connection:
        keys = {one.id: one.key for one in connection.execute(select(sites.c.id, sites.c.key))}
        for one in told:
            found = sites.c.id == one.site
            connection.execute(
                update(sites).where(found).values(heard_at=int(one.heard_at.timestamp()), agent="0.3.0")
            )
            periods = [week_named(label, CHICAGO) for label in labels]
            days = days_in(periods[-1], CHICAGO)[:5]
            for nth, period in enumerate(reversed(periods)):
                _row(connection, keys[one.site], one.week(period, nth))
            for day in days:
                _row(connection, keys[one.site], one.week(day))


def _row(connection: Connection, key: int, summary: Summary) -> None:
    body = summary_json(summary)
    connection.execute(
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
