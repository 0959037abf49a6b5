"""A sheet of schools is taken as spreadsheets save it, and every fault in it is a line with row and column."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.schools.columns import COLUMNS
from collector.schools.reading import Sheets, read_schools, schools_of
from collector.schools.sheet import sheet_of
from reports.faults import Fault

HEADER = "id,name,district_id,district,state_id,students,lat,lon,circuit,down_mbps,monthly_cost,ends_on"
GOOD = "010000500870,Lincoln Elementary,0100005,Valley,AL,430,32.5,-86.9,hub-1,500,850,2028-06-30"


def judged(*rows: str, header: str = HEADER) -> Sheets:
    return schools_of(sheet_of("\n".join([header, *rows]), Path("schools.csv")))


def written(folder: Path, raw: bytes) -> Path:
    path = folder / "schools.csv"
    path.write_bytes(raw)
    return path


def test_ids_keep_their_leading_zeros() -> None:
    (school,) = judged(GOOD).schools
    assert (school.id, school.said["district_id"]) == ("010000500870", "0100005")
    assert school.said["ends_on"] == date(2028, 6, 30)


@pytest.mark.parametrize(
    "raw",
    [
        f"{HEADER}\n{GOOD}\n".encode(),
        f"{HEADER}\r\n{GOOD}\r\n".encode(),
        b"\xef\xbb\xbf" + f"{HEADER}\r\n{GOOD}\r\n".encode(),
        f"{HEADER}\r\n{GOOD}".replace(",", ";").replace("32.5", "32,5").replace("-86.9", "-86,9").encode(),
        f"sep=;\r\n{HEADER}\r\n{GOOD}".replace(",", ";").encode(),
        f"{HEADER}\r\n{GOOD}".replace(",", "\t").encode("utf-16"),
        f"\n{HEADER}\n,,,,,,,,,,,\n{GOOD}\n\n".encode(),
        f"{HEADER.upper().replace('_', ' ')}\n{GOOD}\n".encode(),
    ],
    ids=[
        "plain",
        "crlf",
        "bom",
        "excel-semicolons",
        "sep-line",
        "utf-16-tabs",
        "empty-rows",
        "header-as-typed",
    ],
)
def test_a_sheet_is_the_same_however_it_was_saved(raw: bytes, tmp_path: Path) -> None:
    found = read_schools(written(tmp_path, raw))
    assert found.faults == ()
    (school,) = found.schools
    assert (school.id, school.said["lat"], school.said["students"]) == ("010000500870", 32.5, 430)


def test_every_fault_is_one_line_with_row_and_column() -> None:
    """A dry run is worth having when one look mends all."""
    found = judged(
        GOOD,
        "10000500871,Oak,100005,Valley,AL,4oo,91,-86.9,hub-2,fast,850,6/30/2028",
        "1.00005E+11,Elm,0100005,Vale,AL,,32.5,,hub-1,1000,,",
        ",Ash,,Valley,,,0,0,,,,",
        GOOD,
    )
    assert found.faults == (
        'row 3, id: found "10000500871", 11 digits: NCES ids have 12; a spreadsheet may have dropped the '
        'leading zero, expected "010000500871"',
        'row 3, district_id: found "100005", 6 digits: NCES ids have 7; a spreadsheet may have dropped the '
        'leading zero, expected "0100005"',
        'row 3, students: found "4oo", expected a whole number from 0 to 10,000,000',
        "row 3, lat: found 91.0, expected a number from -90 to 90",
        'row 3, down_mbps: found "fast", expected a number of 0.001 or more',
        'row 3, ends_on: found "6/30/2028", expected a date as in 2028-06-30',
        'row 4, id: found "1.00005E+11": a spreadsheet took the id for a number; format the column as text',
        "row 4, lon: missing beside the other",
        "row 5, id: missing",
        "row 5, lat: 0 beside lon 0 is in the ocean; leave both empty",
        "row 5, district_id: missing beside district",
        'row 6, id: "010000500870" is in row 2 already',
    )


def test_rows_that_disagree_about_one_thing_are_faults() -> None:
    other = GOOD.replace("010000500870", "010000500871")
    found = judged(
        GOOD,
        other.replace("500,850", "1000,850"),
        other.replace("010000500871", "010000500872").replace("Valley", "Vale"),
    )
    assert found.faults == (
        'row 3, down_mbps: "1000.0", but row 2 says "500.0" of the same circuit "hub-1"',
        'row 4, district: "Vale", but row 2 says "Valley" of the same district "0100005"',
    )


def test_a_row_may_leave_out_what_another_says_of_the_same_circuit() -> None:
    found = judged(GOOD, "010000500871,Oak,0100005,,,300,,,hub-1,,,")
    assert found.faults == ()
    assert found.circuits == {
        "hub-1": {"down_mbps": 500.0, "monthly_cost": 850.0, "ends_on": date(2028, 6, 30)}
    }
    assert found.districts == {"0100005": {"district": "Valley", "state_id": "AL"}}


def test_a_contract_without_a_circuit_is_the_schools_own() -> None:
    found = judged(GOOD.replace("hub-1", ""), "010000500871,Oak,0100005,,,300,,,,,,")
    assert list(found.circuits) == ["010000500870"]
    assert [one.circuit for one in found.schools] == ["010000500870", None]


def test_columns_that_are_unknown_or_there_twice_are_named() -> None:
    found = judged("1,2,3,4", header="id,studnets,name,name")
    assert found.faults == (
        'row 1, studnets: unknown column, did you mean "students"?',
        "row 1, name: there twice",
    )
    assert "row 1: no column id, expected the schools' ids in it" in judged("x", header="name").faults


def test_more_cells_than_columns_are_a_fault() -> None:
    assert judged("a-1,Oak,more", header="id,name").faults == ("row 2: 3 cells, the header has 2",)


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b"", "schools.csv: empty, expected a header and a row for each school"),
        (
            "id,name\na,Caf\u00e9\n".encode("cp1252"),
            'schools.csv: row 2: not UTF-8 text; save it as "CSV UTF-8"',
        ),
        (b"id,name\na,b\0c\n", "schools.csv: row 2: holds a zero byte, no text"),
    ],
    ids=["empty", "cp1252", "zero"],
)
def test_what_is_no_table_is_one_line(raw: bytes, line: str, tmp_path: Path) -> None:
    with pytest.raises(Fault) as caught:
        read_schools(written(tmp_path, raw))
    assert str(caught.value).endswith(line)


CELLS = st.one_of(
    st.text(max_size=12), st.sampled_from(["0100005", "500", "-1", "2028-06-30", "=1+1", "1e400"])
)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=6), max_size=8), st.sampled_from([",", ";", "\t"]))
def test_no_sheet_breaks_the_reader(rows: list[list[str]], separator: str) -> None:
    """Whatever stands in it: schools, or lines that begin with the row."""
    file = io.StringIO(newline="")
    out = csv.writer(file, delimiter=separator)
    out.writerow(["id", "name", "students", "lat", "ends_on", "circuit"])
    out.writerows(rows)
    try:
        found = schools_of(sheet_of(file.getvalue().replace("\0", ""), Path("schools.csv")))
    except Fault:
        return
    assert all(line.startswith("row ") and "\n" not in line for line in found.faults)
    assert all(set(one.said) <= set(COLUMNS) for one in found.schools)
