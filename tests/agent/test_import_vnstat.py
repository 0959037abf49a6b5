"""vnstat's history: five-minute rows of the WAN interface where there are none of ours, and nothing coarser."""

import json
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agent import store
from agent.exchange import vnstat
from agent.exchange.rows import Bad, Item, LeftOut, Row
from agent.history import History
from reports.faults import UsageFault
from reports.samples import UsageSample
from tests.agent.kept_history import contents
from tests.commands import bandgap, environment

SAMPLE = Path(__file__).with_name("fixtures") / "imports" / "vnstat-2.10.json"
"""Written by vnstat 2.10 (Debian 12) after 17 minutes of counting, in UTC."""
CHICAGO = ZoneInfo("America/Chicago")
LATER = datetime(2027, 1, 1, tzinfo=UTC)


def document(*rows: dict[str, Any], name: str = "eth0", updated: datetime | None = None) -> dict[str, Any]:
    """As vnstat 2.9 writes it, without a single ``timestamp``."""
    at = updated or datetime(2026, 12, 1)  # noqa: DTZ001  # vnstat's are local
    return {
        "vnstatversion": "2.9",
        "jsonversion": "2",
        "interfaces": [
            {
                "name": name,
                "created": {"date": {"year": 2020, "month": 1, "day": 1}},
                "updated": {**local(at), "id": 1},
                "traffic": {"total": {"rx": 1, "tx": 2}, "fiveminute": list(rows)},
            }
        ],
    }


def local(at: datetime) -> dict[str, Any]:
    date = {"year": at.year, "month": at.month, "day": at.day}
    return {"date": date, "time": {"hour": at.hour, "minute": at.minute}}


def five(*at: int, rx: object = 37_500_000, tx: object = 3_750_000) -> dict[str, Any]:
    return {"id": 1, **local(datetime(*at)), "rx": rx, "tx": tx}  # type: ignore[arg-type]  # noqa: DTZ001


def read(
    given: dict[str, Any], zone: tzinfo = UTC, interface: str | None = None, wan: str | None = None
) -> list[Item]:
    return list(vnstat.items(given, interface, wan, zone, LATER))


def starts(items: list[Item]) -> list[datetime]:
    return [datetime.fromtimestamp(one.values["started_at"], UTC) for one in items if isinstance(one, Row)]


def test_what_vnstat_wrote(tmp_path: Path) -> None:
    """Two whole slots: the first began with vnstat, the last wasn't over, the rest is too coarse."""
    environ = environment(tmp_path, '[site]\ntimezone = "UTC"\n')
    done = bandgap(environ, "import", str(SAMPLE))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1:] == [
        "2 five-minute means: 2 are new, 0 were here already",
        "from 2026-11-24T09:00:00Z to 2026-11-24T09:05:00Z",
        "left out: 6 totals of hours, days, months and years (coarser than five minutes); "
        "1 five minutes in which vnstat began; 1 five minutes that weren't over yet",
    ]
    assert [row[1:5] for row in contents(tmp_path / "state")["usage"]] == [
        ("vnstat:eth0", 300.0, 2837574, 11087),
        ("vnstat:eth0", 300.0, 6059, 6431),
    ]
    again = bandgap(environ, "import", str(SAMPLE))
    assert "2 five-minute means: 0 are new, 2 were here already" in again.stdout


def test_bytes_over_five_minutes_are_the_mean() -> None:
    (row,) = (one for one in read(document(five(2026, 11, 3, 10, 0))) if isinstance(one, Row))
    sample = UsageSample(**{**row.values, "started_at": LATER})
    assert (sample.mean.down_mbps, sample.mean.up_mbps) == (1.0, 0.1)


def test_our_own_rows_stay_and_nothing_is_added_to_them(tmp_path: Path) -> None:
    """Where the agent saw even a part of a slot, vnstat's row of it stays out."""
    start = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    (tmp_path / "state").mkdir()
    with closing(store.open_store(tmp_path / "state")) as connection:
        store.write_minutes(connection, [UsageSample("eth0", start + timedelta(minutes=3), 12.0, 500, 50)])
        environ = environment(tmp_path, '[site]\ntimezone = "UTC"\n')
        assert "1 are new, 1 were here" in bandgap(environ, "import", str(SAMPLE)).stdout
        history = History(connection)
        first, second = history.five_minute_means(start, start + timedelta(hours=1))
        assert (first.interface, first.rx_bytes, first.interval_s) == ("eth0", 500, 12.0)
        assert (second.interface, second.rx_bytes) == ("vnstat:eth0", 6059)
        assert history.measuring_since() == start


def test_local_times_are_the_sites() -> None:
    """A school in Chicago, in summer and in winter."""
    found = read(document(five(2026, 7, 1, 8, 0), five(2026, 11, 30, 8, 0)), CHICAGO)
    assert starts(found) == [datetime(2026, 7, 1, 13, tzinfo=UTC), datetime(2026, 11, 30, 14, tzinfo=UTC)]


def test_the_hour_that_is_lived_twice_stays_out() -> None:
    """vnstat adds both to one row; so does the hour that there never is."""
    rows = [
        five(2026, 11, 1, 0, 55),
        five(2026, 11, 1, 1, 0),
        five(2026, 11, 1, 1, 55),
        five(2026, 11, 1, 2, 0),
    ]
    found = read(document(*rows, five(2026, 3, 8, 2, 30)), CHICAGO)
    assert starts(found) == [
        datetime(2026, 11, 1, 5, 55, tzinfo=UTC),
        datetime(2026, 11, 1, 8, 0, tzinfo=UTC),
    ]
    assert sum(isinstance(one, LeftOut) for one in found) == 3


def test_a_wrong_time_zone_is_found_by_the_timestamps() -> None:
    """vnstat 2.10 writes both; an hour off is no small thing for school hours."""
    found = read(json.loads(SAMPLE.read_text()), CHICAGO)
    assert starts(found) == []
    (first, *_) = (one for one in found if isinstance(one, Bad))
    assert first.where == "interface eth0, fiveminute 1"
    assert "--timezone" in first.why


def test_slots_of_just_now_are_the_agents(tmp_path: Path) -> None:
    """It may yet write them; what isn't over isn't whole."""
    now = datetime(2026, 11, 3, 10, 14, tzinfo=UTC)
    rows = [five(2026, 11, 3, 9, minute) for minute in (50, 55)] + [
        five(2026, 11, 3, 10, 0),
        five(2026, 11, 3, 10, 10),
    ]
    given = document(*rows, updated=datetime(2026, 11, 3, 10, 12))  # noqa: DTZ001
    found = list(vnstat.items(given, None, None, UTC, now))
    assert starts(found) == [datetime(2026, 11, 3, 9, minute, tzinfo=UTC) for minute in (50, 55)]


def test_of_several_interfaces_one_is_named() -> None:
    """A bridge and its port would count the same bytes twice."""
    both = document(five(2026, 11, 3, 10, 0), name="br0")
    both["interfaces"] += document(five(2026, 11, 3, 10, 0), name="eth0")["interfaces"]
    with pytest.raises(UsageFault, match="name the WAN interface with --interface: the file has br0, eth0"):
        read(both)
    with pytest.raises(UsageFault, match='--interface "eth9": not in the file'):
        read(both, interface="eth9")
    for chosen in (read(both, interface="br0"), read(both, wan="br0")):
        (row,) = (one for one in chosen if isinstance(one, Row))
        assert row.values["interface"] == "vnstat:br0"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (five(2026, 11, 3, 10, 0, rx=-5), "rx: found"),
        (five(2026, 11, 3, 10, 0, rx=1.5), "rx: found"),
        (five(2026, 11, 3, 10, 0, tx=None), "rx or tx: missing"),
        (five(2026, 11, 3, 10, 0, rx=2**62), "more than any line carries"),
        (five(2026, 11, 3, 10, 2), "expected a multiple of five minutes"),
        ({"rx": 1, "tx": 1}, "date: missing"),
        (
            {"date": {"year": 2026, "month": 2, "day": 31}, "time": {"hour": 1, "minute": 0}},
            "day is out of range",
        ),
        (five(2026, 11, 3, 10, 0) | {"timestamp": "soon"}, "timestamp: found soon"),
        ("row", "string indices"),
    ],
)
def test_bad_rows_say_what_is_wrong(row: dict[str, Any], why: str) -> None:
    (bad,) = (one for one in read(document(row)) if isinstance(one, Bad))
    assert bad.where == "interface eth0, fiveminute 1"
    assert why in bad.why


@pytest.mark.skipif(not shutil.which("vnstatd"), reason="vnstat isn't installed (tests/system_packages.sh)")
@pytest.mark.parametrize("zone", ["America/Chicago", "Asia/Kathmandu", "UTC"])
def test_vnstats_own_database_in_vnstats_own_words(tmp_path: Path, zone: str) -> None:
    """vnstat makes the database; rows of a past day are laid into it; vnstat writes all as JSON."""
    folder = tmp_path / "vnstat"
    folder.mkdir()
    conf = tmp_path / "vnstat.conf"
    conf.write_text(f'DatabaseDir "{folder}"\nUseLogging 0\n')
    environ = {"PATH": f"{os.environ['PATH']}:/usr/sbin", "TZ": zone}
    for words in (["vnstatd", "--initdb"], ["vnstat", "--add", "-i", "lo"]):
        subprocess.run([*words, "--config", str(conf)], env=environ, capture_output=True, check=True)
    database, name = folder / "vnstat.db", "lo"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE interface SET created = '2026-01-01 00:00:00'")
        for minute, rx in ((0, 100), (5, 200)):
            connection.execute(
                "INSERT INTO fiveminute (interface, date, rx, tx) SELECT id, ?, ?, 7 FROM interface WHERE name = ?",
                [f"2026-03-02 09:{minute:02}:00", rx, name],
            )
        connection.commit()
    written = subprocess.run(
        ["vnstat", "--config", str(conf), "--json"], env=environ, capture_output=True, text=True, check=True
    ).stdout
    (tmp_path / "vnstat.json").write_text(written)
    here = environment(tmp_path, f'[site]\ntimezone = "{zone}"\n')
    done = bandgap(here, "import", "vnstat.json", "--interface", name)
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 are new" in done.stdout
    start = datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo(zone)).timestamp()
    assert [row[:5] for row in contents(tmp_path / "state")["usage"]] == [
        (start, f"vnstat:{name}", 300.0, 100, 7),
        (start + 300, f"vnstat:{name}", 300.0, 200, 7),
    ]
