"""A sheet of schools is entered whole or not at all, and the same sheet twice changes nothing."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, select

from collector.cli import main
from collector.database import Database
from collector.engine import engine, reading
from collector.fleet_tables import school_facts
from collector.migrating import prepare
from collector.registry import place, place_of, sites_under
from collector.schools.columns import COLUMNS
from collector.schools.importing import enter
from collector.schools.reading import read_schools, schools_of
from collector.schools.sheet import sheet_of
from collector.tables import circuits, sites
from reports.sites import Contract, Site
from tests.collector import made
from tests.collector.conftest import Running
from tests.commands import ROOT

SAMPLE = ROOT / "config" / "examples" / "schools.csv"


def entered(source: Engine, text: str, **more: Any) -> str:
    sheets = schools_of(sheet_of(text, Path("schools.csv")))
    assert sheets.faults == ()
    return enter(source, sheets, made.NOW, **more).words


def rows(source: Engine) -> list[tuple[Any, ...]]:
    with reading(source) as connection:
        return [
            *map(tuple, connection.execute(select(sites).order_by(sites.c.id))),
            *map(tuple, connection.execute(select(circuits).order_by(circuits.c.id))),
            *map(tuple, connection.execute(select(school_facts).order_by(school_facts.c.site))),
        ]


def site(source: Engine, site_id: str) -> tuple[Any, Site, Contract]:
    with reading(source) as connection:
        row = connection.execute(select(sites).where(sites.c.id == site_id)).one()
    facts = msgspec.json.decode(row.facts, type=Site)
    return row, facts, msgspec.json.decode(row.contract, type=Contract)


def test_the_shipped_sample_is_entered_and_a_second_time_changes_nothing(source: Engine) -> None:
    sheets = read_schools(SAMPLE)
    assert sheets.faults == ()
    assert enter(source, sheets, made.NOW).words == (
        "states: 1 new; districts: 1 new; circuits: 2 new; schools: 4 new"
    )
    before = rows(source)
    assert enter(source, sheets, made.NOW).words == (
        "states: 1 as they were; districts: 1 as they were; circuits: 2 as they were; schools: 4 as they were"
    )
    assert rows(source) == before


def test_a_school_stands_in_its_district_and_state_with_all_that_was_said(source: Engine) -> None:
    enter(source, read_schools(SAMPLE), made.NOW)
    row, facts, contract = site(source, "010000500872")
    assert (facts.name, facts.students, facts.district_students) == ("Cedar Fork High School", 690, 1630)
    assert (row.lat, row.lon) == (32.5, -86.9)
    assert (contract.down_mbps, str(contract.ends_on)) == (500.0, "2026-12-31")
    with reading(source) as connection:
        state = place(connection, "state", "AL")
        assert state is not None
        assert len(sites_under(connection, state.key)) == 3
        found = place_of(connection, row.key)
        assert found is not None
        assert (found.id, found.name, found.parent) == ("0100005", "Cedar Fork District", state.key)
        more = connection.execute(select(school_facts).where(school_facts.c.site == row.key)).one()
    assert (more.devices, more.locale) == (910, "town")


def test_a_shared_circuit_holds_the_contract_and_its_schools_hold_none(source: Engine) -> None:
    """What the hub was bought with is nobody's alone."""
    enter(source, read_schools(SAMPLE), made.NOW)
    first, second = (site(source, one) for one in ("010000500870", "010000500871"))
    assert first[0].circuit == second[0].circuit is not None
    assert first[2] == second[2] == Contract()


def test_a_dry_run_says_the_same_and_leaves_nothing(source: Engine) -> None:
    sheets = read_schools(SAMPLE)
    assert enter(source, sheets, made.NOW, dry_run=True).words == enter(source, sheets, made.NOW).words
    fresh = rows(source)
    changed = "id,students\n010000500870,431\n"
    assert entered(source, changed, dry_run=True) == "schools: 1 changed"
    assert rows(source) == fresh


def test_an_empty_cell_and_a_column_that_is_not_there_change_nothing(source: Engine) -> None:
    enter(source, read_schools(SAMPLE), made.NOW)
    before = site(source, "010000500870")[1]
    assert entered(source, "id,name,students,devices\n010000500870,,431,\n") == "schools: 1 changed"
    after = site(source, "010000500870")[1]
    assert (after.name, after.students, after.staff) == (before.name, 431, before.staff)


def test_what_is_enrolled_keeps_its_token_and_its_gateways_word(collector: Running) -> None:
    """The sheet enters facts; the gateway's next upload brings its own in their place."""
    token = collector.enrol("lincoln")
    source = engine(Database(collector.store._path))
    assert entered(source, "id,name,students,staff\nlincoln,Lincoln,9,38\n") == "schools: 1 changed"
    assert collector.post(token, made.body([made.week()])).status_code == 200
    known = collector.store.site("lincoln")
    assert known is not None
    assert (known.site.name, known.site.students) == ("Lincoln Elementary", 430)
    assert entered(source, "id,staff\nlincoln,40\n") == "schools: 1 changed"
    source.dispose()


def test_an_entered_school_has_no_token_until_one_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--database", str(tmp_path / "collector.sqlite")]
    assert main(["import", str(SAMPLE), *where]) == 0
    assert "schools: 4 new" in capsys.readouterr().out
    assert main(["enrol", "010000600901", "--rotate", *where]) == 0
    assert capsys.readouterr().out.startswith("bandgap_")


def test_the_command_tells_every_fault_and_enters_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "schools.csv"
    sheet.write_text("id,students\na-1,12\na-2,twelve\na-1,\n")
    database = tmp_path / "collector.sqlite"
    assert main(["import", str(sheet), "--database", str(database)]) == 1
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        'schools.csv: row 3, students: found "twelve", expected a whole number from 0 to 10,000,000',
        'schools.csv: row 4, id: "a-1" is in row 2 already',
    ]
    assert said.err == f"bandgap: {sheet}: 2 faults; nothing was entered\n"
    prepare(Database(database))
    source = engine(Database(database))
    assert rows(source) == []
    source.dispose()


def test_every_column_is_told_in_the_documents() -> None:
    text = (ROOT / "docs" / "schools.md").read_text()
    told = set(re.findall(r"`(\w+)`", text))
    assert set(COLUMNS) <= told
    assert SAMPLE.read_text() == (files("config") / "examples" / "schools.csv").read_text()
