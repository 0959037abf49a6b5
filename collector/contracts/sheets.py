"""A sheet of contracts, a row for each circuit: the columns of a sheet of schools that speak of contracts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from collector.schools.columns import CONTRACT_COLUMNS, cell
from collector.schools.sheet import Sheet, read_sheet
from reports.faults import ConfigFault
from reports.settings import nearest
from reports.sites import printable_name

COLUMNS = ("circuit", "district_id", *CONTRACT_COLUMNS, "notes")


@dataclass(frozen=True, slots=True)
class Contracts:
    """By circuit, what its row says; with any fault nothing else counts."""

    circuits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    faults: tuple[str, ...] = ()


def read_contracts(path: Path) -> Contracts:
    """Reads and judges a file. Raises Fault when it is no table."""
    return contracts_of(read_sheet(path))


def contracts_of(sheet: Sheet) -> Contracts:
    """Judges a sheet."""
    faults = [
        f"row 1, {one}: unknown column{nearest(one, COLUMNS)}" for one in sheet.columns if one not in COLUMNS
    ]
    if "circuit" not in sheet.columns:
        faults.append("row 1: no column circuit, expected the circuits' ids in it")
    faults += sheet.faults
    found: dict[str, Mapping[str, Any]] = {}
    for number, cells in sheet.rows:
        said: dict[str, Any] = {}
        for name, text in cells.items():
            if not text or name not in COLUMNS:
                continue
            try:
                said[name] = (
                    notes(text) if name == "notes" else cell(name, text, decimal_comma=sheet.decimal_comma)
                )
            except ConfigFault as fault:
                faults.append(f"row {number}, {fault}")
        named = str(said.pop("circuit", ""))
        if not named:
            if "circuit" in sheet.columns and not cells.get("circuit"):
                faults.append(f"row {number}, circuit: missing")
            continue
        if named in found:
            faults.append(f'row {number}, circuit: "{named}" is there already')
        faults += [f"row {number}, {line}" for line in wrong_together(said)]
        found[named] = said
    return Contracts(found, tuple(dict.fromkeys(faults)))


def wrong_together(said: Mapping[str, Any]) -> list[str]:
    """What doesn't fit together in one contract, as `column: what`."""
    if said.get("starts_on") and said.get("ends_on") and said["ends_on"] < said["starts_on"]:
        return [f"ends_on: {said['ends_on']} is before starts_on, {said['starts_on']}"]
    return []


def notes(text: str) -> str:
    """A remark. Raises ConfigFault."""
    try:
        return printable_name(text)
    except ValueError:
        raise ConfigFault("notes: expected a remark of up to 200 printable characters") from None
