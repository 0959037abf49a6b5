"""The columns of a sheet of schools, and each cell as what it says. ``docs/schools.md`` tells people of them.

A cell is held to what a settings file may say in its place (``reports/settings.py``), and a fault names row
and column. An empty cell says nothing, and changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from reports.faults import ConfigFault
from reports.settings import nearest, read_table, setting
from reports.sites import Contract, Site, printable_name

LOCALES = ("city", "suburb", "town", "rural")
"""What the tens of NCES's locale codes (11 to 43) stand for."""


def _id(raw: object) -> str:
    if not isinstance(raw, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", raw):
        raise ValueError(raw)
    return raw


def _locale(raw: object) -> str:
    text = str(raw).lower()
    if re.fullmatch(r"[1-4][1-3]", text):
        return LOCALES[int(text[0]) - 1]
    if text not in LOCALES:
        raise ValueError(raw)
    return text


_ID = "letters, digits, '.', '_' or '-', up to 64"
_NAME = "a name of up to 200 printable characters"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a school belongs: its district and that one's state, by their ids and names."""

    district_id: str | None = setting(None, parse=_id, expect=_ID)
    district: str | None = setting(None, parse=printable_name, expect=_NAME)
    state_id: str | None = setting(None, parse=_id, expect=_ID)
    state: str | None = setting(None, parse=printable_name, expect=_NAME)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What else is known of a school: where it lies, its devices, and the circuit that it is on."""

    lat: float | None = setting(None, low=-90, high=90)
    lon: float | None = setting(None, low=-180, high=180)
    locale: str | None = setting(
        None, parse=_locale, expect="city, suburb, town, rural, or NCES's code such as 41"
    )
    devices: int | None = setting(None, low=0, high=10_000_000)
    circuit: str | None = setting(None, parse=_id, expect=_ID)
    starts_on: date | None = None


_CONTRACT = ("provider", "connection", "down_mbps", "up_mbps", "monthly_cost", "currency", "ends_on")
_SITE = (
    *("id", "name", "serves", "students", "staff", "guests", "district_students", "timezone"),
    "school_hours",
)

COLUMNS: Mapping[str, tuple[type, str]] = {
    **{name: (Site, name) for name in _SITE},
    **{name: (Place, name) for name in ("district_id", "district", "state_id", "state")},
    **{name: (Whereabouts, name) for name in ("lat", "lon", "locale", "devices", "circuit", "starts_on")},
    **{name: (Contract, name) for name in _CONTRACT},
}
"""Each column with the dataclass and field that its cells fill."""

CONTRACT_COLUMNS = (*_CONTRACT, "starts_on")

_WHOLE = ("students", "staff", "guests", "district_students", "devices")
_FIGURES = ("lat", "lon", "down_mbps", "up_mbps", "monthly_cost")
_DAYS = ("starts_on", "ends_on")


def unknown(columns: tuple[str, ...]) -> list[str]:
    """What is wrong with a header, a line each."""
    faults = [
        f"row 1, {name}: unknown column{nearest(name, COLUMNS)}" for name in columns if name not in COLUMNS
    ]
    faults += [f"row 1, {name}: there twice" for name in COLUMNS if columns.count(name) > 1]
    if "id" not in columns:
        faults.append("row 1: no column id, expected the schools' ids in it")
    return [line.replace(", :", ", a column without a name:") for line in faults]


def cell(name: str, text: str, *, decimal_comma: bool) -> object:
    """What a cell says, as the value of its field. Raises ConfigFault with `column: found ..., expected
    ...`."""
    kind, field = COLUMNS[name]
    if name in ("id", "district_id") and (words := lost_zeros(name, text)):
        raise ConfigFault(f"{name}: {words}")
    try:
        found: object = read_table(kind, {field: _value(name, text, decimal_comma)}, "")
    except ConfigFault as fault:
        words = str(fault).strip()
        raise ConfigFault(words + " as in 2028-06-30" if name in _DAYS else words) from None
    return getattr(found, field)


def lost_zeros(name: str, text: str) -> str | None:
    """What a spreadsheet does to ids that it takes for numbers: NCES ids have 12 digits, districts' 7."""
    whole = 12 if name == "id" else 7
    if re.fullmatch(r"\d(\.\d+)?[eE]\+?\d+", text):
        return f'found "{text}": a spreadsheet took the id for a number; format the column as text'
    if re.fullmatch(rf"\d{{{whole - 1}}}", text):
        return (
            f'found "{text}", {whole - 1} digits: NCES ids have {whole}; a spreadsheet may have dropped the '
            f'leading zero, expected "0{text}"'
        )
    return None


def _value(name: str, text: str, decimal_comma: bool) -> object:
    """The cell as TOML would have it; what isn't of its kind stays text, and is refused as such."""
    if name in _WHOLE and re.fullmatch(r"\d{1,12}", text, re.ASCII):
        return int(text)
    if name in _FIGURES:
        plain = text.replace(",", ".") if decimal_comma else text
        if re.fullmatch(r"-?\d{1,12}(\.\d{1,9})?", plain, re.ASCII):
            return float(plain)
    if name in _DAYS:
        try:
            return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else text
        except ValueError:
            return text
    if name in ("serves", "connection"):
        return text.lower()
    return text
