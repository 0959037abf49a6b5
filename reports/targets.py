"""Recommended capacity targets: who set them, for whom, and what they ask of a given site.

A set is a TOML file of ``config/targets/`` (or of the site's own folder). It is classed by *students*
and scaled by what it is based on: users, students and staff, students, or the school as such. Targets
set for a district aren't a single school's: see ``requirement``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from reports.faults import ConfigFault
from reports.samples import Rates
from reports.settings import read_table, setting
from reports.sites import Site
from reports.wording import later, say, say_as

Scope = Literal["district", "school", "wan", "household"]
Basis = Literal["user", "student-and-staff", "student", "school", "household"]
Status = Literal["current", "superseded", "final"]

BASIS_WORDS = {
    "user": later("users"),
    "student-and-staff": later("students and staff"),
    "student": later("students"),
    "school": later("school"),
    "household": later("household"),
}


def _slug(raw: object) -> str:
    if not isinstance(raw, str) or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", raw):
        raise ValueError(raw)
    return raw


def _sourced(raw: object) -> bool:
    if raw is not True:
        raise ValueError(raw)
    return True


@dataclass(frozen=True, slots=True)
class Band:
    """What a set asks of sites with up to ``max_students`` students (the last band has no such edge).

    ``*_mbps_each`` is per head of the set's basis, ``*_floor_mbps`` the least whatever the heads.
    """

    name: str
    max_students: int | None = setting(None, low=0)
    down_mbps_each: float | None = setting(None, low=0.001)
    up_mbps_each: float | None = setting(None, low=0.001)
    down_floor_mbps: float | None = setting(None, low=0.001)
    up_floor_mbps: float | None = setting(None, low=0.001)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSet:
    """One issuer's recommendation for one span of years, with the source of every figure in it.

    ``verified`` says that somebody read the figures in the named source; a set without it doesn't load.
    ``secondhand`` names the source in which they were read when it isn't the issuer's own document.
    """

    id: str = setting(parse=_slug, expect="small letters, digits and '-'")
    name: str
    issuer: str
    document: str
    year: int | None = setting(None, low=1990, high=2100)
    url: str
    for_years: str
    status: Status
    scope: Scope
    basis: Basis
    verified: bool = setting(parse=_sourced, expect="true: a figure nobody verified can't be a target")
    bands: tuple[Band, ...]
    secondhand: str | None = None
    note: str | None = None

    @classmethod
    def read(cls, table: Mapping[str, object], where: str) -> TargetSet:
        """Parses a set's TOML table. Raises ConfigFault with the line a person needs."""
        found = read_table(cls, table, where)
        edges = [band.max_students for band in found.bands]
        inner = [edge for edge in edges[:-1] if edge is not None]
        if not edges or edges[-1] is not None or len(inner) < len(edges) - 1 or inner != sorted(set(inner)):
            raise ConfigFault(
                f"{where} bands: max_students must rise from band to band, and the last band has none"
            )
        for n, band in enumerate(found.bands):
            each = band.down_mbps_each is not None or band.up_mbps_each is not None
            if found.basis in ("school", "household") and each:
                raise ConfigFault(
                    f'{where} bands[{n}]: basis "{found.basis}" has floors only, no *_mbps_each'
                )
            if not each and band.down_floor_mbps is None and band.up_floor_mbps is None:
                raise ConfigFault(f"{where} bands[{n}]: asks for nothing, expected *_each or *_floor_mbps")
        return found


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a set asks of a site, in Mbit/s, or why it asks nothing (``rates`` empty, ``why_not`` set).

    ``heads`` are people of the set's basis; ``terms`` says in words how the figure came about. ``applies``
    is False when the set is for something else than this site, whatever else were known of it.
    """

    rates: Rates
    heads: int | None = None
    terms: str = ""
    why_not: str | None = None
    applies: bool = True


def requirement(target: TargetSet, site: Site) -> Requirement:
    """What ``target`` asks of ``site``, each way.

    A district's target for a site that is one school of that district: the school's part of the
    district's figure, that is the rate of the *district's* band times the school's own heads, without the
    district's floor - and nothing at all while the district's size isn't known, because neither band nor
    floor is then the school's. (FCC 14-99 measures "at the district level for school districts and at the
    school level for schools that are not members of a district".)
    """
    if why_not := _other_scope(target, site):
        return Requirement(Rates(), why_not=why_not, applies=False)
    part = target.scope == "district" and site.serves == "school"
    class_by = site.district_students if part else site.students
    if part and class_by is None:
        return Requirement(
            Rates(),
            why_not=say(
                "it is a district's target and this is one school of a district: set site.district_students "
                "to see the school's part of it"
            ),
        )
    heads = _heads(target.basis, site)
    if target.basis != "school" and (heads is None or class_by is None):
        lacking = "students" if site.students is None else "staff"
        return Requirement(Rates(), why_not=say("set {key}", key=f"site.{lacking}"))
    if target.basis != "school" and heads == 0:
        heads_words = say(BASIS_WORDS[target.basis])
        return Requirement(
            Rates(), why_not=say("the site has no {heads}: set site.students", heads=heads_words)
        )
    band = next(b for b in target.bands if b.max_students is None or (class_by or 0) <= b.max_students)
    down = _asked(band.down_mbps_each, None if part else band.down_floor_mbps, heads)
    up = _asked(band.up_mbps_each, None if part else band.up_floor_mbps, heads)
    if down is None and up is None:
        return Requirement(
            Rates(), why_not=say("it has no figure for one school of a district"), applies=False
        )
    return Requirement(Rates(down, up), heads=heads, terms=_terms(target, band, heads, part))


def _other_scope(target: TargetSet, site: Site) -> str | None:
    if target.scope == "household":
        return say("it is a household's target")
    if target.scope == "school" and site.serves == "district":
        return say("it is a single school's target and this gateway serves a district")
    if target.scope == "wan" and site.serves != "school":
        return say(
            "it is for the link between a school and its district, and this gateway's line is no such link"
        )
    return None


def _heads(basis: Basis, site: Site) -> int | None:
    if basis == "user":
        return site.users
    if basis == "student-and-staff":
        return None if site.students is None or site.staff is None else site.students + site.staff
    return site.students if basis == "student" else site.users


def _asked(each: float | None, floor: float | None, heads: int | None) -> float | None:
    if each is None or heads is None:
        return floor
    return max(round(each * heads, 6), floor or 0.0)


def _terms(target: TargetSet, band: Band, heads: int | None, part: bool) -> str:
    each = band.down_mbps_each if band.down_mbps_each is not None else band.up_mbps_each
    floor = band.down_floor_mbps if band.down_floor_mbps is not None else band.up_floor_mbps
    if each is None or heads is None:
        return say("the school as such ({band})", band=band.name)
    words = f"{heads:,} {say(BASIS_WORDS[target.basis])} × {each:g} Mbps ({band.name})"
    if part:
        return say(
            "{terms}, this school's part of its district's target, without the district's floor", terms=words
        )
    if floor is not None and floor > each * heads:
        return say("{terms}, raised to the floor of {floor} Mbps", terms=words, floor=f"{floor:g}")
    return words


def worded(target: TargetSet) -> TargetSet:
    """The set with its words in the report's language; issuers and documents keep their names."""
    return replace(
        target,
        name=say(target.name),
        for_years=say(target.for_years),
        note=None if target.note is None else say(target.note),
        bands=tuple(replace(band, name=say(band.name)) for band in target.bands),
    )


def status_word(target: TargetSet) -> str:
    """Whether a set still stands, in a word."""
    words: dict[Status, str] = {
        "current": say_as("status", "current"),
        "superseded": say_as("status", "superseded"),
        "final": say_as("status", "final"),
    }
    return words[target.status]
