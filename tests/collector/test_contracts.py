"""What was bought is in one registry: entered by hand or by sheet, priced beside its peers, counted once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from collector.cli import main
from collector.contracts.registry import all_circuits, keep_circuit
from collector.contracts.sharing import shared_circuits
from collector.contracts.sheets import contracts_of
from collector.database import Database
from collector.engine import engine, reading, writing
from collector.schools.importing import enter
from collector.schools.reading import schools_of
from collector.schools.sheet import sheet_of
from collector.store import Store
from reports.evidence import EvidenceRule
from reports.shared_circuit import circuit_gap
from reports.shipped import chosen, shipped_targets
from reports.sites import Site
from tests.collector import made
from tests.collector.conftest import Running


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(list(words)) == code
    found = capsys.readouterr()
    return found.out if code == 0 else found.err


def test_a_contract_is_entered_once_and_changed_by_what_is_said(source: Engine) -> None:
    with writing(source) as connection:
        key, became = keep_circuit(connection, "hub", {"down_mbps": 500.0, "monthly_cost": 600.0})
        assert became == "new"
        assert keep_circuit(connection, "hub", {"down_mbps": 500.0}) == (key, "same")
        assert keep_circuit(connection, "hub", {"ends_on": date(2027, 6, 30)}) == (key, "changed")
    with reading(source) as connection:
        (one,) = all_circuits(connection)
    assert (one.contract.down_mbps, one.contract.currency, one.contract.ends_on) == (
        500.0,
        "USD",
        date(2027, 6, 30),
    )


@pytest.mark.parametrize(
    ("day", "holds"), [(date(2025, 6, 30), False), (date(2025, 7, 1), True), (date(2028, 7, 1), False)]
)
def test_a_contract_holds_between_its_days(source: Engine, day: date, holds: bool) -> None:
    with writing(source) as connection:
        keep_circuit(connection, "hub", {"starts_on": date(2025, 7, 1), "ends_on": date(2028, 6, 30)})
        (one,) = all_circuits(connection)
    assert one.holds(day) is holds


def test_faults_of_a_sheet_of_contracts_are_lines_with_row_and_column() -> None:
    text = "circuit,down_mbps,starts_on,ends_on,cost\nhub,fast,2027-01-01,2026-01-01,1\n,5,,,\nhub,5,,,\n"
    found = contracts_of(sheet_of(text, Path("contracts.csv")))
    assert found.faults == (
        "row 1, cost: unknown column, known are: circuit, district_id, provider, connection, down_mbps, up_mbps, "
        "monthly_cost, currency, ends_on, starts_on, notes",
        'row 2, down_mbps: found "fast", expected a number of 0.001 or more',
        "row 2, ends_on: 2026-01-01 is before starts_on, 2027-01-01",
        "row 3, circuit: missing",
        'row 4, circuit: "hub" is there already',
    )


def test_the_commands_enter_list_and_name_what_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("--database", str(tmp_path / "c.sqlite"))
    sheet = tmp_path / "contracts.csv"
    lines = [f"c{n:02},500,{1000 + 10 * n},2027-06-30" for n in range(10)]
    sheet.write_text("\n".join(["circuit,down_mbps,monthly_cost,ends_on", *lines]))
    assert said(capsys, "contract", "import", str(sheet), "--dry-run", *where) == (
        "would be entered: contracts: 10 new\n"
    )
    assert said(capsys, "contract", "list", *where) == "No circuit is known yet.\n"
    assert said(capsys, "contract", "import", str(sheet), *where) == "entered: contracts: 10 new\n"
    listed = said(capsys, "contract", "list", *where)
    assert "2.09 of 10" in listed
    assert said(capsys, "contract", "add", "c00", "--ends-on", "2026-12-31", *where) == "c00: changed\n"
    assert "erate.window_opens isn't set" in said(capsys, "contract", "list", "--ending", *where, code=78)
    config = tmp_path / "collector.toml"
    config.write_text("[erate]\nwindow_opens = 2027-01-13\n")
    ending = said(capsys, "contract", "list", "--ending", "--config", str(config), *where)
    assert "c00" in ending
    assert "c01" not in ending


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("hub", "--down-mbps", "fast"), 'down_mbps: found "fast", expected a number of 0.001 or more'),
        (("hub", "--ends-on", "soon"), 'ends_on: found "soon", expected a date as in 2028-06-30'),
        (("../hub",), "circuit: found \"../hub\", expected letters, digits, '.', '_' or '-', up to 64"),
    ],
)
def test_what_no_contract_can_be_is_one_line(
    words: tuple[str, ...], line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("--database", str(tmp_path / "c.sqlite"))
    assert said(capsys, "contract", "add", *words, *where, code=2) == f"bandgap: {line}\n"


def test_a_contract_of_a_district_that_nobody_entered_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("--database", str(tmp_path / "c.sqlite"))
    told = said(capsys, "contract", "add", "hub", "--district-id", "0100005", *where, code=1)
    assert told.startswith('bandgap: district_id: no district "0100005" is known')


def test_schools_that_share_a_circuit_are_one_of_its_size(collector: Running) -> None:
    """Two schools of 430 and 500: one contract, one capacity, the target of a district of 930."""
    tokens = [collector.enrol(made.LINCOLN), collector.enrol("oak")]
    text = (
        "id,district_id,serves,students,staff,circuit,down_mbps\n"
        "lincoln,0100005,school,430,38,hub,1000\noak,0100005,school,500,40,hub,\n"
    )
    store: Store = collector.store
    source = engine(Database(store._path))
    enter(source, schools_of(sheet_of(text, Path("s.csv"))), made.NOW)
    for token, name in zip(tokens, ("lincoln", "oak"), strict=True):
        facts = Site(id=name, name=name, serves="school")
        assert collector.post(token, made.body([made.week()], site=facts)).status_code == 200
    with reading(source) as connection:
        (hub,) = shared_circuits(connection, store.newest_weeks(made.NOW, 1))
    source.dispose()
    assert (hub.schools, hub.site.students, hub.contract.down_mbps) == (("lincoln", "oak"), 930, 1000.0)
    assert hub.down.at_least_mbps == 71.0
    target = chosen(("setda-2-2020-21",), shipped_targets())[0]
    gap = circuit_gap(target, hub, EvidenceRule())
    assert gap is not None
    assert gap.required.down_mbps == pytest.approx((930 + 78) * 4.3)
