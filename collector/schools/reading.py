"""A sheet of schools, judged as a whole: every fault by row and column, or every school.

What several rows say of one thing must agree: a district's name and state, a circuit's contract. Of these a
row may leave out what another one says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from collector.schools.columns import CONTRACT_COLUMNS, cell, unknown
from collector.schools.sheet import Sheet, read_sheet
from reports.faults import ConfigFault

SITE_FIELDS = (
    *("name", "serves", "students", "staff", "guests", "district_students", "timezone"),
    "school_hours",
)


@dataclass(frozen=True, slots=True)
class School:
    """One row: its number, and what its filled cells say, by column."""

    row: int
    said: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.said["id"])

    @property
    def circuit(self) -> str | None:
        """The circuit that it is on: the one that is named, or one of its own where it has a contract."""
        if named := self.said.get("circuit"):
            return str(named)
        return self.id if any(name in self.said for name in CONTRACT_COLUMNS) else None


@dataclass(frozen=True, slots=True)
class Sheets:
    """What a sheet comes to. ``faults`` are lines without the file's name; with any, nothing else counts.

    ``districts`` and ``circuits`` are by id, with all that their rows say of them.
    """

    schools: tuple[School, ...] = ()
    districts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    circuits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    faults: tuple[str, ...] = ()


def read_schools(path: Path) -> Sheets:
    """Reads and judges a file. Raises Fault when it is no table."""
    return schools_of(read_sheet(path))


def schools_of(sheet: Sheet) -> Sheets:
    """Judges a sheet. Faults are in the order of their rows."""
    faults = [(1, line) for line in unknown(sheet.columns)]
    faults += [(int(line.split()[1].rstrip(":")), line) for line in sheet.faults]
    schools: list[School] = []
    for number, cells in sheet.rows:
        said, wrong = _row(sheet, number, cells)
        faults += [(number, line) for line in wrong]
        if said is not None:
            schools.append(School(number, said))
    faults += _twice(schools)
    districts, more = _agreed(schools, "district_id", ("district", "state_id", "state"))
    faults += more
    circuits, more = _agreed(schools, "circuit", CONTRACT_COLUMNS)
    faults += more + _other_state_names(schools)
    lines = dict.fromkeys(line for _, line in sorted(faults, key=lambda one: one[0]))
    return Sheets(tuple(schools), districts, circuits, tuple(lines))


def _row(sheet: Sheet, number: int, cells: Mapping[str, str]) -> tuple[dict[str, Any] | None, list[str]]:
    """What a row says, None without an id; and what is wrong in it."""
    said: dict[str, Any] = {}
    faults = []
    for name, text in cells.items():
        try:
            if text:
                said[name] = cell(name, text, decimal_comma=sheet.decimal_comma)
        except KeyError:
            continue  # an unknown column was told once, in row 1
        except ConfigFault as fault:
            faults.append(f"row {number}, {fault}")
    if "id" in sheet.columns and not cells.get("id"):
        faults.append(f"row {number}, id: missing")
    if ("lat" in said) != ("lon" in said) and not any("lat:" in line or "lon:" in line for line in faults):
        faults.append(f"row {number}, {'lon' if 'lat' in said else 'lat'}: missing beside the other")
    if said.get("lat") == 0 == said.get("lon"):
        faults.append(f"row {number}, lat: 0 beside lon 0 is in the ocean; leave both empty")
    if "district" in said and "district_id" not in said and "district_id:" not in " ".join(faults):
        faults.append(f"row {number}, district_id: missing beside district")
    if "monthly_cost" not in said and "currency" in said:
        faults.append(f"row {number}, currency: says nothing without monthly_cost")
    if "starts_on" in said and "ends_on" in said and said["ends_on"] < said["starts_on"]:
        faults.append(f"row {number}, ends_on: {said['ends_on']} is before starts_on, {said['starts_on']}")
    return (said if "id" in said else None), faults


def _twice(schools: list[School]) -> list[tuple[int, str]]:
    first: dict[str, int] = {}
    faults = []
    for one in schools:
        if one.id in first:
            faults.append((one.row, f'row {one.row}, id: "{one.id}" is in row {first[one.id]} already'))
        first.setdefault(one.id, one.row)
    return faults


def _agreed(
    schools: list[School], key: str, names: tuple[str, ...]
) -> tuple[dict[str, dict[str, Any]], list[tuple[int, str]]]:
    """What all rows of one district or circuit say of it, and where they disagree."""
    found: dict[str, dict[str, Any]] = {}
    rows: dict[tuple[str, str], int] = {}
    faults = []
    for one in schools:
        named = one.circuit if key == "circuit" else one.said.get(key)
        if named is None:
            continue
        known = found.setdefault(str(named), {})
        for name in names:
            if name not in one.said:
                continue
            if known.setdefault(name, one.said[name]) != one.said[name]:
                before = rows[str(named), name]
                what = "circuit" if key == "circuit" else "district"
                faults.append(
                    (
                        one.row,
                        f'row {one.row}, {name}: "{one.said[name]}", but row {before} says '
                        f'"{known[name]}" of the same {what} "{named}"',
                    )
                )
            rows.setdefault((str(named), name), one.row)
    return found, faults


def _other_state_names(schools: list[School]) -> list[tuple[int, str]]:
    named: dict[str, tuple[int, str]] = {}
    faults = []
    for one in schools:
        state, name = one.said.get("state_id"), one.said.get("state")
        if name is not None and state is None:
            faults.append((one.row, f"row {one.row}, state_id: missing beside state"))
        if state is None or name is None:
            continue
        row, known = named.setdefault(str(state), (one.row, str(name)))
        if known != name:
            faults.append(
                (one.row, f'row {one.row}, state: "{name}", but row {row} calls "{state}" "{known}"')
            )
    return faults
