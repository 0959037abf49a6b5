"""`bandgap collector report` reads a place's weeks from either database, and says in a line what it can't."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine

from collector.cli import main
from collector.database import Database
from collector.engine import engine
from collector.migrating import prepare
from collector.reporting import collect, district_report
from collector.settings import load
from reports.faults import Fault
from reports.formats.district_table import TEXT
from tests.collector import made
from tests.collector.conftest import Running
from tests.collector.made_district import lay
from tests.golden.district import DISTRICT, SITE, STATE
from tests.reports import example_district as example
from tests.reports.example_district import HOSTILE, NOW


@pytest.fixture
def laid(source: Engine) -> Engine:
    """The made-up district in a database of either kind."""
    lay(source)
    return source


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The same in an SQLite file, for commands."""
    path = tmp_path / "fleet.sqlite"
    prepare(Database(path))
    source = engine(Database(path))
    lay(source)
    source.dispose()
    return path


def test_a_district_is_what_its_sites_and_circuits_come_to(laid: Engine) -> None:
    """As the same sites give it without any database."""
    found = collect(laid, load(None), "district", DISTRICT, now=NOW, week="last")
    wanted = example.report(asked=found.asked)
    assert found.place == wanted.place
    assert found.counts == wanted.counts
    assert found.shortfall_mbps == wanted.shortfall_mbps
    assert found.demand == wanted.demand
    assert [one.site.id for one in found.schools] == [one.site.id for one in wanted.schools]
    assert [one.gap for one in found.circuits] == [one.gap for one in wanted.circuits]


def test_a_state_has_its_districts_and_no_discount_of_one(laid: Engine) -> None:
    found = collect(laid, load(None), "state", STATE, now=NOW, week="2026-W47")
    assert [(one.name, one.schools) for one in found.districts] == [
        ("Cedar Fork District", 5),
        ("River Bend District", 1),
    ]
    assert (len(found.circuits), found.circuits_short) == (3, 2)
    assert found.asked.finance.erate.nslp_share is None


def test_a_site_is_held_against_its_part_of_the_whole_district(laid: Engine) -> None:
    """2,050 students are the district's, though the report is of one school; its days are listed."""
    found = collect(laid, load(None), "site", SITE, now=NOW, week="last")
    (one,) = found.schools
    assert one.site.district_students == 2050
    assert one.gap is not None
    assert one.gap.required.down_mbps == 557 * 3
    assert len(found.days) == 5
    assert found.circuits[0].elsewhere == 3


def test_a_month_and_a_year_are_told_by_their_weeks(laid: Engine) -> None:
    """The week from 26 October has its Thursday in October, and none of it is in November."""
    month = collect(laid, load(None), "district", DISTRICT, now=NOW, month="2026-11")
    assert month.weeks == ("2026-W45", "2026-W46", "2026-W47", "2026-W48")
    year = collect(laid, load(None), "district", DISTRICT, now=NOW, school_year="2026-27")
    assert (len(year.weeks), year.weeks[0], year.weeks[-1]) == (52, "2026-W27", "2027-W25")
    assert {one.weeks_told for one in year.schools} == {3}


@pytest.mark.parametrize(
    ("scope", "place", "line"),
    [
        ("district", "0100006", 'district "0100006": not known, known are: 0100005, 0200006'),
        ("state", "0100005", 'state "0100005": not known, known are: AL'),
        ("site", "nobody", 'site "nobody": not enrolled; `bandgap collector sites` lists those that are'),
    ],
)
def test_a_place_that_is_not_known_is_one_line(
    file: Path, capsys: pytest.CaptureFixture[str], scope: str, place: str, line: str
) -> None:
    assert main(["report", f"--{scope}", place, "--database", str(file)]) == 1
    assert capsys.readouterr().err == f"bandgap: {line}\n"


def test_a_collector_without_places_says_how_they_come(tmp_path: Path) -> None:
    prepare(Database(tmp_path / "c.sqlite"))
    source = engine(Database(tmp_path / "c.sqlite"))
    with pytest.raises(Fault, match="`bandgap collector import` enters them"):
        collect(source, load(None), "district", "1", now=NOW)
    source.dispose()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--week", "2026-W60"), 'week "2026-W60": no such ISO week, expected one as in 2026-W47'),
        (("--month", "2026-13"), 'month "2026-13": no such month, expected one as in 2026-10'),
    ],
)
def test_a_time_that_is_none_is_one_line(
    file: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], line: str
) -> None:
    assert main(["report", "--district", DISTRICT, "--database", str(file), *words]) == 2
    assert capsys.readouterr().err == f"bandgap: {line}\n"


def test_the_command_writes_what_the_ending_says(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ("--database", str(file), "--week", "2026-W47")
    assert main(["report", "--district", DISTRICT, *where]) == 0
    assert capsys.readouterr().out.startswith("Short of SETDA 2020-21 by at least 3,388 Mbps")
    for ending, begin in (
        ("html", "<!DOCTYPE html>"),
        ("md", "# Cedar Fork District"),
        ("csv", "period,site_id"),
    ):
        out = file.with_suffix(f".{ending}")
        assert main(["report", "--district", DISTRICT, *where, "--output", str(out)]) == 0
        assert out.read_text().startswith(begin)
    out = file.parent / "nowhere" / "w.html"
    assert main(["report", "--district", DISTRICT, *where, "--output", str(out)]) == 1
    assert "can't be written" in capsys.readouterr().err


def test_the_command_speaks_spanish_but_to_programs(
    file: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    where = ("report", "--district", DISTRICT, "--database", str(file), "--week", "2026-W47")
    assert main([*where, "--language", "es"]) == 0
    text = capsysbinary.readouterr().out.decode()
    assert text.startswith("Faltan al menos 3,388 Mbps para la meta SETDA 2020-21")
    assert "(mediano, de 1,000 a 10,000 estudiantes)" in " ".join(text.split())
    assert main([*where, "--language", "es", "--format", "json"]) == 0
    data = json.loads(capsysbinary.readouterr().out)
    assert data["verdict_words"].startswith("Short of SETDA 2020-21")
    assert "medium, 1,000 to 10,000 students" in data["required"]["terms"]
    assert main([*where, "--language", "es", "--format", "csv"]) == 0
    assert b"short" in capsysbinary.readouterr().out
    assert main(where) == 0
    assert capsysbinary.readouterr().out.startswith(b"Short of SETDA 2020-21")


def test_a_route_gets_bytes(laid: Engine) -> None:
    data = district_report(laid, load(None), "district", DISTRICT, "json", now=NOW, week="last")
    found = json.loads(data)
    assert found["schools"][0]["site_name"] == HOSTILE
    assert district_report(laid, load(None), "district", DISTRICT, now=NOW, week="last").startswith(
        b"Short of"
    )


def test_the_share_of_schools_comes_from_the_settings(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = file.with_suffix(".toml")
    config.write_text("[district]\nmin_schools_share = 0.9\n")
    where = ("--database", str(file), "--week", "2026-W47", "--config", str(config))
    assert main(["report", "--district", DISTRICT, *where]) == 0
    assert "3 of 5 schools have\nevidence, 5 are needed." in capsys.readouterr().out
    config.write_text("[district]\nmin_schools_share = 2\n")
    assert main(["report", "--district", DISTRICT, *where]) == 78


def test_what_gateways_uploaded_is_what_is_reported(collector: Running) -> None:
    """Through the collector's own interface: enrolled, sent, reported, as one site without a district."""
    token = collector.enrol(made.LINCOLN, made.CABLE)
    assert collector.post(token, made.body([made.week(), made.day(), made.hour()])).status_code == 200
    found = collect(collector.store.engine, load(None), "site", "lincoln", now=made.NOW)
    (one,) = found.schools
    assert one.gap is not None
    assert (one.state, one.gap.delivered.down_mbps, len(found.days)) == ("short", 94.1, 1)
    assert "Lincoln Elementary" in TEXT["text"](found)
