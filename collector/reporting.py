"""What a report of a district, a state or a site reads of the collector's database, and the report of it.

Sites, their weeks in the period, and the circuits that they are on with all of the other sites there. Rows of
weeks and days are found by site; no hour is read, and nothing of the rest of the fleet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, Engine, select

from collector.contracts.registry import all_circuits
from collector.engine import reading
from collector.registry import PlaceKind, sites_under
from collector.registry import place as place_named
from collector.settings import Settings
from collector.tables import places, sites, summaries
from reports.cost_settings import CostSettings, ErateSettings
from reports.costs import Finance
from reports.district import Asked, DistrictReport, Line, Place, School, Scope
from reports.district_counting import district_report as counted
from reports.faults import Fault
from reports.formats.district_table import FORMATS, MACHINE
from reports.languages import spoken
from reports.long_periods import month_named, school_year_named, whole_weeks
from reports.periods import Kind, Period, days_in, week_asked
from reports.shipped import chosen, shipped_prices, shipped_targets
from reports.sites import Contract, Site
from reports.summaries import Summary
from reports.targets import worded
from reports.wording import Language, say

Key = TypeVar("Key", int, str)
AT_ONCE = 500
"""Keys in one question: databases have a limit to that."""


def district_report(
    source: Engine,
    settings: Settings,
    scope: Scope,
    place_id: str,
    form: str = "text",
    *,
    now: datetime,
    week: str | None = None,
    month: str | None = None,
    school_year: str | None = None,
    language: Language = "en",
) -> bytes:
    """The report as a file of a format (``reports/formats/district_table.py``). Raises Fault where the place
    isn't known, or there is no such period."""
    with spoken("en" if form in MACHINE else language):
        found = collect(
            source, settings, scope, place_id, now=now, week=week, month=month, school_year=school_year
        )
        made = FORMATS[form](found)
    return made if isinstance(made, bytes) else made.encode()


def collect(
    source: Engine,
    settings: Settings,
    scope: Scope,
    place_id: str,
    *,
    now: datetime,
    week: str | None = None,
    month: str | None = None,
    school_year: str | None = None,
) -> DistrictReport:
    """The report as data, read in one moment of the database."""
    target = worded(chosen(settings.targets.sets, shipped_targets(settings.targets.folder))[0])
    with reading(source) as connection:
        place, keys = _whose(connection, scope, place_id)
        facts = _facts(connection, keys)
        zone = ZoneInfo(_zone([one[1] for one in facts.values()]))
        period = _period(week, month, school_year, now, zone)
        labels = [period.label] if period.kind == "week" else [one.label for one in whole_weeks(period, zone)]
        lines, others = _circuits(connection, facts)
        schools = _schools(connection, {**facts, **others}, labels)
        sizes = _sizes(connection, {one.district for one in schools.values() if one.district})
        days: list[Summary] = []
        if scope == "site" and period.kind != "school-year":
            days = _summaries(connection, keys, "day", [one.label for one in days_in(period, zone)]).get(
                keys[0], []
            )
    return counted(
        place,
        period,
        zone.key,
        labels,
        [schools[key] for key in keys],
        [Line(name, contract, tuple(schools[key] for key in members)) for name, contract, members in lines],
        Asked(
            target,
            settings.evidence,
            settings.district,
            _finance(settings, scope),
            settings.fleet.silent_after,
        ),
        sizes=sizes,
        made_at=now,
        days=days,
    )


def _whose(connection: Connection, scope: Scope, place_id: str) -> tuple[Place, list[int]]:
    if scope == "site":
        row = connection.execute(select(sites.c.key, sites.c.facts).where(sites.c.id == place_id)).first()
        if row is None:
            raise Fault(f'site "{place_id}": not enrolled; `bandgap collector sites` lists those that are')
        return Place(scope, place_id, msgspec.json.decode(row.facts, type=Site).name), [row.key]
    kind: PlaceKind = "state" if scope == "state" else "district"
    found = place_named(connection, kind, place_id)
    if found is None:
        known = connection.scalars(
            select(places.c.id).where(places.c.kind == kind).order_by(places.c.id)
        ).all()
        listed = f", known are: {', '.join(known[:8])}{', …' if len(known) > 8 else ''}" if known else ""
        raise Fault(f'{kind} "{place_id}": not known{listed or "; `bandgap collector import` enters them"}')
    keys = sites_under(connection, found.key)
    if not keys:
        raise Fault(
            say('"{place}" has no sites yet; `bandgap collector import` puts them there', place=place_id)
        )
    return Place(scope, found.id, found.name), keys


_Facts = tuple[int, Site, Contract, datetime | None, str | None, str | None, int | None]


def _facts(connection: Connection, keys: Sequence[int]) -> dict[int, _Facts]:
    """By key: key, facts, contract, when it was heard, its district's id and name, and its circuit's key."""
    found: dict[int, _Facts] = {}
    for part in _parts(keys):
        rows = connection.execute(
            select(
                sites.c.key,
                sites.c.facts,
                sites.c.contract,
                sites.c.heard_at,
                places.c.id,
                places.c.name,
                sites.c.circuit,
            )
            .join(places, sites.c.place == places.c.key, isouter=True)
            .where(sites.c.key.in_(part))
        )
        for key, facts, contract, heard_at, district, named, circuit in rows:
            found[key] = (
                key,
                msgspec.json.decode(facts, type=Site),
                msgspec.json.decode(contract, type=Contract),
                None if heard_at is None else datetime.fromtimestamp(heard_at, UTC),
                district,
                named,
                circuit,
            )
    return found


def _circuits(
    connection: Connection, facts: dict[int, _Facts]
) -> tuple[list[tuple[str, Contract, list[int]]], dict[int, _Facts]]:
    """The circuits of these sites with all their members' keys, and the facts of members elsewhere."""
    wanted = {one[6] for one in facts.values()} - {None}
    members: dict[int, list[int]] = {}
    for part in _parts(sorted(key for key in wanted if key is not None)):
        rows = connection.execute(select(sites.c.circuit, sites.c.key).where(sites.c.circuit.in_(part)))
        for circuit, key in rows:
            members.setdefault(circuit, []).append(key)
    elsewhere = [key for keys in members.values() for key in keys if key not in facts]
    lines = [
        (one.id, one.contract, sorted(members[one.key]))
        for one in all_circuits(connection)
        if one.key in members
    ]
    return lines, _facts(connection, elsewhere)


def _schools(connection: Connection, facts: dict[int, _Facts], labels: Sequence[str]) -> dict[int, School]:
    weeks = _summaries(connection, sorted(facts), "week", labels)
    names = {one.key: one.id for one in all_circuits(connection)}
    return {
        key: School(
            site=site,
            contract=contract,
            heard_at=heard_at,
            weeks={one.label: one for one in weeks.get(key, [])},
            district=district,
            circuit=None if circuit is None else names.get(circuit),
            district_name=named,
        )
        for key, site, contract, heard_at, district, named, circuit in facts.values()
    }


def _sizes(connection: Connection, districts: Collection[str]) -> dict[str | None, int | None]:
    """Districts' students: those of all their sites but their gateways, None unless all of them told."""
    counts: dict[str | None, list[int | None]] = {}
    for part in _parts(sorted(districts)):
        rows = connection.execute(
            select(places.c.id, sites.c.facts)
            .join(sites, sites.c.place == places.c.key)
            .where(places.c.kind == "district", places.c.id.in_(part))
        )
        for district, facts in rows:
            site = msgspec.json.decode(facts, type=Site)
            if site.serves != "district":
                counts.setdefault(district, []).append(site.students)
    return {
        district: sum(count for count in found if count is not None) if None not in found else None
        for district, found in counts.items()
    }


def _summaries(
    connection: Connection, keys: Sequence[int], kind: Kind, labels: Sequence[str]
) -> dict[int, list[Summary]]:
    """By site key: the summaries with these labels, oldest first."""
    found: dict[int, list[Summary]] = {}
    for part in _parts(keys):
        rows = connection.execute(
            select(summaries.c.site, summaries.c.body)
            .where(summaries.c.site.in_(part), summaries.c.kind == kind, summaries.c.kind != "hour")
            .where(summaries.c.label.in_(list(labels)))
            .order_by(summaries.c.site, summaries.c.label)
        )
        for key, body in rows:
            found.setdefault(key, []).append(msgspec.json.decode(body, type=Summary))
    return found


def _parts(keys: Sequence[Key]) -> list[Sequence[Key]]:
    return [keys[at : at + AT_ONCE] for at in range(0, len(keys), AT_ONCE)]


def _zone(known: Sequence[Site]) -> str:
    """The time zone of most sites, the first by name among equals."""
    counts = Counter(site.timezone for site in known)
    return min(counts, key=lambda name: (-counts[name], name))


def _period(
    week: str | None, month: str | None, school_year: str | None, now: datetime, zone: ZoneInfo
) -> Period:
    if month:
        return month_named(month, zone)
    if school_year:
        return school_year_named(school_year, zone)
    return week_asked(week, now, zone)


def _finance(settings: Settings, scope: Scope) -> Finance:
    """What is known of prices. A discount is one district's, and says nothing of a state."""
    said, one = settings.erate, scope != "state"
    erate = ErateSettings(
        nslp_share=said.nslp_share if one else None,
        locale=said.locale if one else None,
        discount=said.discount if one else None,
        window_opens=said.window_opens,
        window_closes=said.window_closes,
    )
    return Finance(CostSettings(), erate, *shipped_prices())
