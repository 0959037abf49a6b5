"""What a target set asks of a site: by students classed, by heads scaled, and for whom it was set."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest

from reports.faults import ConfigFault
from reports.samples import Rates
from reports.sites import Serves, Site
from reports.targets import TargetSet, requirement
from tests.reports.example_week import target

SHIPPED = sorted(place.name.removesuffix(".toml") for place in (files("config") / "targets").iterdir())


def site(students: int, staff: int = 0, serves: Serves = "independent-school", **facts: Any) -> Site:
    """A site of this many students and staff."""
    return Site(serves=serves, students=students, staff=staff, **facts)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_set_loads_and_names_its_source(name: str) -> None:
    """A figure without issuer, document and address can't be a target."""
    found = target(name)
    assert found.id == name
    assert found.verified
    assert found.issuer
    assert found.document
    assert found.url.startswith("https://")


@pytest.mark.parametrize(
    ("users", "students", "asked"),
    [
        (40, 36, (100.0, 300.0, 300.0)),
        (900, 820, (1350.0, 3870.0, 2520.0)),
        (3300, 3000, (3300.0, 9900.0, 6600.0)),
        (13_200, 12_000, (9240.0, 26_400.0, 18_480.0)),
    ],
)
def test_setda_asks_what_its_table_says(users: int, students: int, asked: tuple[float, float, float]) -> None:
    """The figures computed from the published table, for a district of each size and one at the floor."""
    district = site(students, users - students, serves="district")
    found = [
        requirement(target(name), district).rates.down_mbps
        for name in ("setda-2-2017-18", "setda-2-2020-21", "setda-3-2023-24")
    ]
    assert found == list(asked)


@pytest.mark.parametrize(
    ("name", "binding", "free"),
    [("setda-2-2017-18", 66, 67), ("setda-2-2020-21", 69, 70), ("setda-3-2023-24", 107, 108)],
)
def test_the_floor_binds_up_to_where_heads_outgrow_it(name: str, binding: int, free: int) -> None:
    """66.7, 69.8 and 107.1 users."""
    assert "raised to the floor" in requirement(target(name), site(binding)).terms
    assert "raised to the floor" not in requirement(target(name), site(free)).terms


def test_bands_are_by_students_and_jump_at_their_edges() -> None:
    """Staff scale a target, but never move a site into another band."""
    setda = target("setda-2-2020-21")
    assert requirement(setda, site(999)).rates.down_mbps == pytest.approx(999 * 4.3)
    assert requirement(setda, site(1000)).rates.down_mbps == 3000.0
    assert requirement(setda, site(999, 500)).rates.down_mbps == pytest.approx(1499 * 4.3)
    assert requirement(setda, site(10_000)).rates.down_mbps == 30_000.0
    assert requirement(setda, site(10_001)).rates.down_mbps == 20_002.0


def test_guests_are_users_but_neither_students_nor_staff() -> None:
    """SETDA counts guests; the FCC's short-term target and Connect K-12 don't."""
    school = site(400, 40, guests=60)
    assert requirement(target("setda-3-2023-24"), school).heads == 500
    assert requirement(target("fcc-2014-short"), school).heads == 440
    assert requirement(target("one-mbps-per-student"), school).heads == 400


def test_a_school_of_a_district_has_its_part_of_the_districts_target() -> None:
    """The rate is that of the district's band, the heads are the school's, the floor is the district's alone."""
    small = site(30, 4, serves="school", district_students=4000)
    found = requirement(target("setda-2-2020-21"), small)
    assert found.rates.down_mbps == 34 * 3.0
    assert found.terms == (
        "34 users × 3 Mbps (medium, 1,000 to 10,000 students), this school's part of its district's target, "
        "without the district's floor"
    )


def test_a_school_of_a_district_of_unknown_size_has_no_district_target() -> None:
    """Neither band nor floor is then the school's, so nothing is asked, and the reason says what to set."""
    found = requirement(target("setda-2-2020-21"), site(30, 4, serves="school"))
    assert found.rates == Rates()
    assert found.why_not == (
        "it is a district's target and this is one school of a district: "
        "set site.district_students to see the school's part of it"
    )


@pytest.mark.parametrize(
    ("name", "serves", "why_not"),
    [
        ("itu-giga-2030", "district", "it is a single school's target and this gateway serves a district"),
        (
            "setda-2-wan",
            "district",
            "it is for the link between a school and its district, and this gateway's line is no such link",
        ),
        (
            "setda-2-wan",
            "independent-school",
            "it is for the link between a school and its district, and this gateway's line is no such link",
        ),
    ],
)
def test_a_target_of_another_scope_asks_nothing(name: str, serves: Serves, why_not: str) -> None:
    """A district isn't held against a school's target, nor an Internet line against a WAN's."""
    found = requirement(target(name), site(400, 40, serves=serves))
    assert (found.rates, found.why_not) == (Rates(), why_not)


def test_the_wan_target_is_for_a_school_of_a_district() -> None:
    """10 Gbps per 1,000 users, whatever the size."""
    assert requirement(target("setda-2-wan"), site(400, 50, serves="school")).rates.down_mbps == 4500.0


def test_a_households_target_asks_nothing_of_a_site() -> None:
    """It is for the one-off check at home."""
    household = replace(target("eu-2025"), scope="household")
    assert requirement(household, site(1)).why_not == "it is a household's target"


def test_a_target_for_the_school_as_such_needs_no_heads() -> None:
    """A standard of 100 down and 30 up holds for a school that hasn't told its size."""
    found = requirement(target("uk-dfe-primary"), Site())
    assert found.rates == Rates(100.0, 30.0)
    assert found.terms == "the school as such (primary school)"


@pytest.mark.parametrize(
    ("facts", "why_not"),
    [
        ({}, "set site.students"),
        ({"staff": 4}, "set site.students"),
        ({"students": 400}, "set site.staff"),
        ({"students": 0, "staff": 0}, "the site has no users: set site.students"),
    ],
)
def test_what_the_site_has_not_told_is_named(facts: dict[str, Any], why_not: str) -> None:
    """No heads, no figure: never a target of 0 Mbps that any line meets."""
    found = requirement(target("fcc-2014-long"), Site(**facts))
    assert (found.rates, found.why_not) == (Rates(), why_not)


def test_a_districts_flat_figure_has_no_part_for_one_school() -> None:
    """A floor alone can't be shared out by heads."""
    flat = replace(target("eu-2025"), scope="district")
    found = requirement(flat, site(30, serves="school", district_students=4000))
    assert (found.rates, found.why_not) == (Rates(), "it has no figure for one school of a district")


BAND = {"name": "any", "down_mbps_each": 1.0}
TABLE: dict[str, object] = {
    "id": "own",
    "name": "Own",
    "issuer": "The district",
    "document": "Board paper",
    "url": "https://example.org",
    "for_years": "2026",
    "status": "current",
    "scope": "district",
    "basis": "user",
    "verified": True,
    "bands": [BAND],
}


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            {"verified": False},
            "own.toml: verified: found false, expected true: a figure nobody verified can't be a target",
        ),
        ({"id": "Own Set"}, "own.toml: id: found \"Own Set\", expected small letters, digits and '-'"),
        (
            {"bands": []},
            "own.toml: bands: max_students must rise from band to band, and the last band has none",
        ),
        (
            {"bands": [BAND, {**BAND, "max_students": 9}]},
            "own.toml: bands: max_students must rise from band to band, and the last band has none",
        ),
        (
            {"bands": [{**BAND, "max_students": 9}, {**BAND, "max_students": 9}, BAND]},
            "own.toml: bands: max_students must rise from band to band, and the last band has none",
        ),
        ({"basis": "school"}, 'own.toml: bands[0]: basis "school" has floors only, no *_mbps_each'),
        (
            {"bands": [{"name": "any"}]},
            "own.toml: bands[0]: asks for nothing, expected *_each or *_floor_mbps",
        ),
        (
            {"bands": [{**BAND, "down_mbps_each": 0}]},
            "own.toml: bands[0] down_mbps_each: found 0, expected a number of 0.001 or more",
        ),
        (
            {"scope": "state"},
            'own.toml: scope: found "state", expected one of "district", "school", "wan", "household"',
        ),
    ],
)
def test_a_set_that_contradicts_itself_does_not_load(change: dict[str, object], line: str) -> None:
    """The line names the file, the band and what would be right."""
    assert TargetSet.read(TABLE, "own.toml:").name == "Own"
    with pytest.raises(ConfigFault) as found:
        TargetSet.read(TABLE | change, "own.toml:")
    assert str(found.value) == line
