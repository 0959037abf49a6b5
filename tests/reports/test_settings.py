"""Settings are read strictly, and every fault is one line that says what would have been right."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Literal

import pytest

from reports.faults import ConfigFault
from reports.settings import duration, nearest, read_table, read_tables, setting
from reports.sites import Contract, Site

WHERE = "agent.toml: [site]"


@dataclass(frozen=True)
class Inner:
    """A table inside a table."""

    rate: float = setting(low=0)


@dataclass(frozen=True)
class Outer:
    """A table with one key of each kind."""

    needed: str
    mode: Literal["fast", "slow"] = "fast"
    on: bool = True
    count: int = setting(1, low=1, high=9)
    since: date | None = None
    parts: tuple[Inner, ...] = ()
    words: tuple[str, ...] = ()


def fault(kind: type, table: dict[str, object]) -> str:
    """The line that reading this table gives."""
    with pytest.raises(ConfigFault) as found:
        read_table(kind, table, WHERE)
    return str(found.value)


@pytest.mark.parametrize(
    ("kind", "table", "line"),
    [
        (Site, {"studnets": 412}, 'agent.toml: [site] studnets: unknown key, did you mean "students"?'),
        (
            Site,
            {"students": -1},
            "agent.toml: [site] students: found -1, expected a whole number from 0 to 10,000,000",
        ),
        (
            Site,
            {"students": 4.5},
            "agent.toml: [site] students: found 4.5, expected a whole number from 0 to 10,000,000",
        ),
        (
            Site,
            {"students": True},
            "agent.toml: [site] students: found true, expected a whole number from 0 to 10,000,000",
        ),
        (
            Site,
            {"timezone": "America/Chigaco"},
            'agent.toml: [site] timezone: found "America/Chigaco", expected a time zone such as "America/Chicago"',
        ),
        (
            Site,
            {"school_hours": "17:00-07:00"},
            'agent.toml: [site] school_hours: found "17:00-07:00", '
            'expected opening and closing time as in "07:00-17:00"',
        ),
        (
            Site,
            {"school_days": ["mon", "funday"]},
            "agent.toml: [site] school_days: found ['mon', 'funday'], expected a list of days as in [\"mon\", \"tue\"]",
        ),
        (
            Site,
            {"serves": "college"},
            'agent.toml: [site] serves: found "college", expected one of "school", "independent-school", "district"',
        ),
        (
            Site,
            {"id": 310042},
            "agent.toml: [site] id: found 310042, "
            "expected letters, digits, '.', '_' or '-', up to 64, as text in quotes",
        ),
        (
            Contract,
            {"down_mbps": 0},
            "agent.toml: [site] down_mbps: found 0, expected a number of 0.001 or more",
        ),
        (Contract, {"ends_on": "2027"}, 'agent.toml: [site] ends_on: found "2027", expected a date'),
        (Outer, {}, "agent.toml: [site] needed: missing, expected text"),
        (Outer, {"needed": 4}, "agent.toml: [site] needed: found 4, expected text"),
        (Outer, {"needed": "", "on": 1}, "agent.toml: [site] on: found 1, expected true or false"),
        (
            Outer,
            {"needed": "", "count": 10},
            "agent.toml: [site] count: found 10, expected a whole number from 1 to 9",
        ),
        (
            Outer,
            {"needed": "", "words": ["a", 1]},
            "agent.toml: [site] words: found 1, expected a list of text",
        ),
        (Outer, {"needed": "", "words": "a"}, 'agent.toml: [site] words: found "a", expected a list of text'),
        (
            Outer,
            {"needed": "", "parts": [{"rate": 1}, {"rat": 2}]},
            'agent.toml: [site] parts[1] rat: unknown key, did you mean "rate"?',
        ),
        (Outer, {"needed": "", "parts": [3]}, "agent.toml: [site] parts[0]: found 3, expected a table"),
    ],
)
def test_a_wrong_key_or_value_is_one_exact_line(kind: type, table: dict[str, object], line: str) -> None:
    """The line names the place, the key, what was found and what is expected."""
    assert fault(kind, table) == line


def test_an_unknown_key_that_resembles_nothing_lists_what_is_known() -> None:
    """Nobody has to look the keys up."""
    known = ", ".join(f.name for f in fields(Site))
    assert fault(Site, {"zzz": 1}) == f"{WHERE} zzz: unknown key, known are: {known}"
    assert nearest("colour", ["shape"]) == ", known are: shape"


def test_a_fault_stays_one_line_when_the_value_has_more() -> None:
    """A value's own line break and length don't get into the message."""
    line = fault(Site, {"timezone": "America\nChicago" + "x" * 100})
    assert "\n" not in line
    assert "..." in line


def test_nothing_is_a_table_of_defaults() -> None:
    """An empty table is a valid one where every key has a default."""
    assert read_table(Site, {}, WHERE) == Site()
    assert Site().students is None


def test_whole_numbers_serve_as_numbers_and_lists_as_tuples() -> None:
    """TOML's types become the field's own."""
    found = read_table(Outer, {"needed": "x", "parts": [{"rate": 3}], "since": date(2026, 1, 2)}, WHERE)
    assert found.parts == (Inner(3.0),)
    assert isinstance(found.parts[0].rate, float)
    assert found.since == date(2026, 1, 2)


@pytest.mark.parametrize("raw", [float("nan"), float("inf"), 1e300, True, "4"])
def test_a_number_is_a_finite_number(raw: object) -> None:
    """TOML knows nan and inf; a setting doesn't."""
    assert "expected a number of 0.001 or more" in fault(Contract, {"down_mbps": raw})


def test_school_days_come_out_in_the_order_of_the_week() -> None:
    """What a file says in any order means the same."""
    assert read_table(Site, {"school_days": ["fri", "mon"]}, WHERE).school_days == ("mon", "fri")


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "x" * 201, 4, "bell\x07"])
def test_a_name_is_printable_and_no_longer_than_it_may_be(name: object) -> None:
    """Names go into pages, mails and terminals."""
    assert "expected a name of up to 200 printable characters" in fault(Site, {"name": name})


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ({"sites": {}}, 'agent.toml: [sites]: unknown table, did you mean "site"?'),
        ({"site": 4}, "agent.toml: site: found 4, expected a table [site]"),
        ({"site": {"staf": 1}}, 'agent.toml: [site] staf: unknown key, did you mean "staff"?'),
    ],
)
def test_a_file_of_tables_is_as_strict_as_a_table(data: dict[str, Any], line: str) -> None:
    """A misspelt table is never silently ignored."""
    with pytest.raises(ConfigFault) as found:
        read_tables({"site": Site, "contract": Contract}, data, "agent.toml")
    assert str(found.value) == line
    assert found.value.exit_code == 78


def test_tables_that_are_not_there_give_their_defaults() -> None:
    """A file says only what differs."""
    found = read_tables({"site": Site, "contract": Contract}, {"site": {"staff": 4}}, "agent.toml")
    assert found == {"site": Site(staff=4), "contract": Contract()}


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("5m", 300), ("6h", 21_600), ("2d", 172_800), ("1.5h", 5400)]
)
def test_a_duration_wears_its_unit(text: str, seconds: float) -> None:
    """Seconds, minutes, hours and days."""
    assert duration(text) == seconds


@pytest.mark.parametrize("raw", ["5", "0s", "-5m", "m", 5, None, "5 weeks", ""])
def test_a_duration_without_unit_or_length_is_refused(raw: object) -> None:
    """Five of what?"""
    with pytest.raises(ValueError, match=r".*"):
        duration(raw)
