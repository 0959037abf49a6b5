"""Roll-ups of hours: the same as the agents' own weeks where these say the same, and nothing that nobody counted."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, select

from collector.archive.columns import Hour
from collector.archive.shelf import Shelf
from collector.cli import main
from collector.database import Database
from collector.engine import engine, writing
from collector.migrating import prepare
from collector.reads import as_text
from collector.registry import add_place, put_site
from collector.rollups.command import days_of
from collector.tables import circuits, sites
from collector.tokens import token_hash
from reports.percentiles import percentile
from reports.periods import SchoolHours, hour_of, week_named
from reports.samples import CapacitySample, Outage, Stretch, UsageSample
from reports.sites import Contract, Site
from reports.summaries import Summary, summarise
from tests.collector.archived import FIRST, FLEET, drop, everything, filled, keep, move_all

WEEK = "2026-W36"
"""The week from FIRST on."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "collector.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Engine]:
    prepare(Database(path))
    made = engine(Database(path))
    yield made
    made.dispose()


@pytest.fixture
def asked(path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """What the command answers, as JSON has it, by the name of each row."""

    def ask(by: str = "site", *more: str, of: str = WEEK, period: str = "week") -> dict[str, dict[str, Any]]:
        words = ("rollup", "--database", str(path), "--period", period, "--of", of, "--by", by)
        assert main([*words, "--format", "json", *more]) == 0
        rows = json.loads(capsys.readouterr().out)
        return {row["site" if by == "site" else "place"]: row for row in rows}

    return ask


def school(source: Engine, name: str, zone: str = "America/Chicago", down: float | None = 100.0) -> Site:
    site = Site(id=name, name=name, timezone=zone, students=300)
    with writing(source) as connection:
        connection.execute(
            sites.insert().values(
                id=name,
                token_sha256=token_hash(name),
                enrolled_at=0,
                facts=as_text(site),
                contract=as_text(Contract(down_mbps=down)),
            )
        )
    return site


def lived(site: Site, seed: int) -> tuple[Summary, list[Hour]]:
    """A week of a site as its agent summarises it: the week itself, and its hours."""
    hours = SchoolHours.of(site)
    week = week_named(WEEK, hours.zone)
    usage, tests, outages = [], [], []
    at, number = week.starts_at, seed
    while at < week.ends_at:
        number = number * 48271 % 2147483647
        if number % 17:  # some five minutes nobody counted
            octets = number % 4_000_000_000
            usage.append(
                UsageSample("wan0", at, 300.0, octets, octets // 7, number % 997 / 7, number % 97 / 7)
            )
        if at.minute == 20 and at.hour % 5 == 0:
            tests.append(
                CapacitySample(
                    f"{number}",
                    at,
                    at,
                    "http",
                    None,
                    "ok",
                    down_mbps=80 + number % 1000 / 37,
                    up_mbps=20 + number % 100 / 37,
                    down_bytes=number % 10**8,
                    up_bytes=number % 10**7,
                    flags=("busy_cpu",) if number % 11 == 0 else (),
                )
            )
        at += timedelta(minutes=5)
    down = week.starts_at + timedelta(hours=40, minutes=50)
    outages.append(Outage(down, down, down + timedelta(minutes=25), "internet"))
    probed = [Stretch(week.starts_at, week.ends_at)]

    def summary(period: Any) -> Summary:
        return summarise(period, period.ends_at, usage, tests, hours, outages, probed)

    found = []
    begins = week.starts_at
    while begins < week.ends_at:
        one = summary(hour_of(begins))
        day = one.starts_at.astimezone(hours.zone).date()
        found.append(Hour(site.id or "", day, one.ends_at + timedelta(minutes=5), one))
        begins += timedelta(hours=1)
    return summary(week), found


def bps(mbps: float | None) -> int | None:
    return None if mbps is None else round(mbps * 1_000_000)


@pytest.mark.parametrize("zone", ["America/Chicago", "Pacific/Kiritimati", "UTC"])
def test_a_week_of_hours_says_what_the_agents_own_week_says(store: Engine, asked: Any, zone: str) -> None:
    """Sums, extremes and medians, by the site's own calendar. A percentile of five-minute means is no such figure.

    The highest five-minute mean stands where the week's 95th percentile can't be had; it is never less.
    """
    week, hours = lived(school(store, "lincoln", zone), 7)
    keep(store, hours)
    row = asked()["lincoln"]
    assert row["hours_told"] == 168
    for part, figures in (("slots", week.usage), ("school_slots", week.usage_school)):
        assert (row[f"{part}_expected"], row[f"{part}_found"]) == (figures.expected, figures.found)
    assert (row["peak_down_bps"], row["peak_up_bps"]) == (
        bps(week.usage.peak.down_mbps),
        bps(week.usage.peak.up_mbps),
    )
    capacity = week.capacity
    assert (row["tests_trusted"], row["tests_untrusted"], row["tests_failed"]) == (
        capacity.tests_trusted, capacity.tests_untrusted, capacity.tests_failed
    )  # fmt: skip
    assert capacity.tests_untrusted
    assert (row["best_down_bps"], row["best_up_bps"]) == (
        bps(capacity.best.down_mbps),
        bps(capacity.best.up_mbps),
    )
    assert capacity.typical.down_mbps is not None
    assert abs(row["typical_down_bps"] - capacity.typical.down_mbps * 1e6) <= 1
    assert row["outage_us"] == round((week.outage_minutes or 0) * 60_000_000) == 25 * 60_000_000
    assert (row["tests_down_bytes"], row["tests_up_bytes"]) == (week.tests_down_bytes, week.tests_up_bytes)
    assert row["highest_down_bps"] >= (bps(week.usage.p95.down_mbps) or 0)
    assert row["school_highest_down_bps"] >= (bps(week.usage_school.p95.down_mbps) or 0)


def test_who_told_nothing_is_there_without_a_figure(store: Engine, asked: Any) -> None:
    """A silent site is a row, and missing is never 0."""
    school(store, "silent", down=None)
    _, hours = lived(school(store, "untested"), 9)
    keep(store, [untested(one) for one in hours])
    rows = asked()
    assert rows["silent"] == {
        name: "silent" if name == "site" else 0 if name == "hours_told" else None for name in rows["silent"]
    }
    assert rows["untested"]["typical_down_bps"] is None
    assert rows["untested"]["tests_trusted"] == 0


def untested(hour: Hour) -> Hour:
    nothing = summarise(hour_of(hour.summary.starts_at), hour.summary.ends_at, [], [], SchoolHours.of(Site()))
    summary = dataclasses.replace(hour.summary, capacity=nothing.capacity)
    return dataclasses.replace(hour, summary=summary)


def test_a_shared_circuit_counts_once(store: Engine, asked: Any) -> None:
    """Two schools on one line demand together and have its capacity between them; a third has its own."""
    weeks = {}
    for number, name in enumerate(("north", "south", "west")):
        weeks[name], hours = lived(school(store, name), number + 3)
        keep(store, hours)
    with writing(store) as connection:
        state = add_place(connection, "state", "08", "Colorado")
        district = add_place(connection, "district", "0800001", "First", state)
        connection.execute(
            circuits.insert().values(key=1, id="C1", contracted_down_mbps=500.0, contracted_up_mbps=50.0)
        )
        for row in connection.execute(select(sites)).all():
            put_site(connection, row.key, district)
        connection.execute(sites.update().where(sites.c.id != "west").values(circuit=1))
    row = asked("district")["0800001"]
    alone = asked()
    assert (row["sites"], row["sites_told"], row["circuits"], row["circuits_measured"]) == (3, 3, 2, 2)
    assert row["contracted_down_bps"] == 600_000_000
    assert row["contracted_up_bps"] == 50_000_000  # nobody told what the third one's is
    assert row["typical_down_bps"] == alone["west"]["typical_down_bps"] + max(
        alone["north"]["typical_down_bps"], alone["south"]["typical_down_bps"]
    )
    assert row["hours_told"] == 3 * 168
    highest = [alone[name]["highest_down_bps"] for name in weeks]
    assert max(highest) < row["busiest_down_bps"] <= sum(highest)
    assert asked("state")["08"] == {**row, "place": "08"}


def test_the_busiest_hour_and_its_percentile_are_of_sums_of_the_same_hour(
    store: Engine, asked: Any, tmp_path: Path
) -> None:
    """Held against the same thing done in Python, hour by hour."""
    filled(store, FIRST - timedelta(days=1), 9)
    pq.write_table(FLEET.sites_table(), tmp_path / "sites.parquet")
    rows = asked("district", "--sites", str(tmp_path / "sites.parquet"))
    placed = {row["site"]: row["district"] for row in FLEET.sites_table().to_pylist()}
    together: dict[str, dict[datetime, int]] = {}
    at_school: dict[str, dict[datetime, int]] = {}
    for hour in everything(store, None, FIRST - timedelta(days=1), 9):
        if FIRST <= hour.local_day < FIRST + timedelta(days=7):
            for sums, figures in ((together, hour.summary.usage), (at_school, hour.summary.usage_school)):
                if (value := bps(figures.p95.down_mbps)) is not None:
                    of = sums.setdefault(placed[hour.site], {})
                    of[hour.summary.starts_at] = of.get(hour.summary.starts_at, 0) + value
    assert len(rows) == 2
    for place, row in rows.items():
        assert row["busiest_down_bps"] == max(together[place].values())
        assert row["school_p95_down_bps"] == percentile(map(float, at_school[place].values()), 0.95)


def test_it_does_not_matter_what_is_archived_already(store: Engine, asked: Any, tmp_path: Path) -> None:
    """All in the store, all in the archive, some here and some there, and parts that came later."""
    hours = filled(store, FIRST - timedelta(days=1), 9)
    shelf = Shelf(str(tmp_path / "archive"))
    before = [asked(by) for by in ("site", "state")]
    late = [hour for hour in hours if hour.summary.starts_at.hour == 15]
    for starts_at in {hour.summary.starts_at for hour in late}:
        drop(store, starts_at)
    move_all(store, shelf)
    half = [
        dataclasses.replace(
            hour,
            summary=dataclasses.replace(hour.summary, through_at=hour.summary.starts_at, tests_down_bytes=1),
        )
        for hour in late
    ]
    keep(store, half)
    move_all(store, shelf)
    assert len(shelf.parts(FIRST, FIRST)) == 2
    assert asked("site") != before[0]
    keep(store, late)
    assert [asked(by) for by in ("site", "state")] == before
    move_all(store, shelf)
    assert len(shelf.parts(FIRST, FIRST)) == 3
    assert [asked(by) for by in ("site", "state")] == before


def test_months_and_school_years_are_the_sites_own(store: Engine, asked: Any) -> None:
    """August's last day by the clocks of the site, and the school year that holds both."""
    filled(store, FIRST, 2)  # 31 August and 1 September
    parts = [asked(of=label, period="month") for label in ("2026-08", "2026-09")]
    year = asked(of="2026-27", period="school-year")
    for site, row in year.items():
        assert row["hours_told"] == sum(part[site]["hours_told"] for part in parts)
        if row["hours_told"]:
            assert all(part[site]["hours_told"] for part in parts)


@pytest.mark.parametrize(
    ("period", "label", "first", "end"),
    [
        ("week", "2026-W36", date(2026, 8, 31), date(2026, 9, 7)),
        ("month", "2026-12", date(2026, 12, 1), date(2027, 1, 1)),
        ("school-year", "2026-27", date(2026, 7, 1), date(2027, 7, 1)),
        ("week", None, date(2026, 11, 16), date(2026, 11, 23)),
        ("month", None, date(2026, 10, 1), date(2026, 11, 1)),
        ("school-year", None, date(2025, 7, 1), date(2026, 7, 1)),
    ],
)
def test_a_period_is_asked_by_its_name_or_is_the_last_one(
    period: str, label: str | None, first: date, end: date
) -> None:
    assert days_of(period, label, datetime(2026, 11, 24, 8, tzinfo=UTC)) == (first, end)


def test_percentiles_are_by_nearest_rank_for_any_number_of_hours() -> None:
    """DuckDB's exact one gives what ``reports/percentiles.py`` gives, and its median what that gives."""
    found = duckdb.execute(
        "SELECT n, percentile_disc(0.95) WITHIN GROUP (ORDER BY i), percentile_cont(0.5) WITHIN GROUP (ORDER BY i) "
        "FROM range(1, 1500) AS counts(n), range(1, 1500) AS values_(i) WHERE i <= n GROUP BY n ORDER BY n"
    ).fetchall()
    assert len(found) == 1499
    for n, p95, median in found:
        assert p95 == percentile(map(float, range(1, n + 1)), 0.95)
        assert median == (n + 1) / 2


def test_every_format_has_the_same_figures(
    store: Engine, path: Path, asked: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """CSV and Parquet to the last digit, the table for people in Mbps, with a dash where nothing is known."""
    keep(store, lived(school(store, "00123"), 5)[1])
    school(store, "silent", down=None)
    rows = asked()
    words = ["rollup", "--database", str(path), "--of", WEEK, "--format"]
    assert main([*words, "csv"]) == 0
    read = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert read == [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in rows.values()
    ]
    assert main([*words, "parquet", "--output", str(tmp_path / "week.parquet")]) == 0
    assert pq.read_table(tmp_path / "week.parquet").to_pylist() == list(rows.values())
    assert main([*words, "table"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].startswith("00123")
    assert f"{rows['00123']['typical_down_bps'] / 1e6:,.1f}" in lines[2]
    assert "–" in lines[3]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--of", "2026-W99"), 2, 'week "2026-W99": no such ISO week'),
        (("--format", "parquet"), 2, "--format parquet: is no text; name a file with --output"),
        (("--master", "spark://x:1"), 2, "--master: is Spark's; add --engine spark"),
        (("--sites", "nowhere.csv"), 2, "nowhere.csv: can't be read"),
        (("--output", "/nowhere/x"), 1, "/nowhere/x: can't be written: No such file or directory"),
    ],
)
def test_what_a_person_gets_wrong_is_one_line(
    path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, said: str
) -> None:
    assert main(["rollup", "--database", str(path), *words]) == code
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"bandgap: {said}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("site,state\n1,2\n", "has no column district; expected site, district and state"),
        ("site,district,state\n,2,3\n", "row 1: site is empty"),
        ("site,district,state\na,2,3\na,2,3\n", 'the site "a" is there twice'),
        (
            "site,district,state,contracted_down_mbps\na,2,3,fast\n",
            'row 1: contracted_down_mbps: found "fast", expected a number',
        ),
    ],
)
def test_a_file_of_sites_is_refused_with_the_row(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    file = tmp_path / "sites.csv"
    file.write_text(text)
    assert main(["rollup", "--database", str(path), "--sites", str(file)]) == 2
    assert capsys.readouterr().err == f"bandgap: {file}: {said}\n"


def test_a_file_of_sites_says_who_is_where(store: Engine, asked: Any, tmp_path: Path) -> None:
    """Ids keep their leading zeros; sites that it doesn't name aren't in the roll-up."""
    for name in ("007", "8"):
        keep(store, lived(school(store, name), 5)[1])
    file = tmp_path / "sites.csv"
    file.write_text("site,district,state,contracted_down_mbps\n007,0100,01,250.5\n")
    [(name, row)] = asked("site", "--sites", str(file)).items()
    assert (name, row["district"], row["state"], row["circuit"]) == ("007", "0100", "01", None)
    assert (row["contracted_down_bps"], row["contracted_up_bps"]) == (250_500_000, None)
    assert row["hours_told"] == 168


@pytest.mark.parametrize("library", ["pyarrow", "fsspec", "duckdb"])
def test_a_library_that_is_missing_is_named_in_one_line(tmp_path: Path, library: str) -> None:
    words = ["rollup", "--database", str(tmp_path / "collector.sqlite")]
    without = f"import sys; sys.modules[{library!r}] = None; from collector.cli import main; sys.exit(main({words}))"
    ended = subprocess.run([sys.executable, "-c", without], capture_output=True, text=True, timeout=120)
    assert ended.returncode == 1
    [line] = ended.stderr.splitlines()
    assert line.startswith(f"bandgap: rollup: {'DuckDB' if library == 'duckdb' else library} isn't installed")
    assert line.endswith("pip install 'bandgap[archive]'")
