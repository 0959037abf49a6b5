"""Enters a sheet of schools: states, districts, circuits and sites, all in one transaction or not at all.

What is there already and as the sheet says stays untouched, so that the same sheet twice changes nothing. A
school that isn't enrolled is entered without a token: it is seen as never heard until `enrol --rotate`
makes one.
"""

from __future__ import annotations

import dataclasses
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, insert, select, update

from collector.contracts.registry import keep_circuit
from collector.engine import writing
from collector.fleet_tables import school_facts
from collector.registry import add_place, place
from collector.schools.columns import CONTRACT_COLUMNS
from collector.schools.reading import SITE_FIELDS, School, Sheets
from collector.standings.stale import stale
from collector.tables import sites
from reports.sites import Contract, Site


@dataclass(slots=True)
class Outcome:
    """How many of each kind are new, changed and as they were."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, what: str, became: str) -> None:
        self.counts.setdefault(what, Counter())[became] += 1

    @property
    def words(self) -> str:
        """`schools: 12 new, 3 changed, 85 as they were; districts: ...`."""
        said = {"new": "new", "changed": "changed", "same": "as they were"}
        return "; ".join(
            f"{what}: " + ", ".join(f"{count[each]:,} {word}" for each, word in said.items() if count[each])
            for what, count in self.counts.items()
        )


class _NotMeant(Exception):
    """Undoes what a dry run did."""


def enter(source: Engine, sheets: Sheets, now: datetime, *, dry_run: bool = False) -> Outcome:
    """Enters a sheet without faults. A dry run does all of it, and undoes it."""
    outcome = Outcome()
    try:
        with writing(source) as connection:
            _enter(connection, sheets, now, outcome)
            if dry_run:
                raise _NotMeant
    except _NotMeant:
        pass
    return outcome


def _enter(connection: Connection, sheets: Sheets, now: datetime, outcome: Outcome) -> None:
    districts = _districts(connection, sheets, outcome)
    circuits = _circuits(connection, sheets, districts, outcome)
    # One read for all: a hundred thousand would take as many.
    known = {row.id: row for row in connection.execute(select(sites).with_for_update())}
    facts = {row.site: row for row in connection.execute(select(school_facts))}
    alone = Counter(one.circuit for one in sheets.schools)
    changed = []
    for school in sheets.schools:
        contract = sheets.circuits.get(school.circuit or "", {}) if alone[school.circuit] == 1 else {}
        row = known.get(school.id)
        values = _columns(school, contract, row, districts, circuits)
        if row is None:
            values |= {
                "id": school.id,
                "enrolled_at": int(now.timestamp()),
                "token_sha256": secrets.token_bytes(32),  # of no token that anybody has
            }
            key = int(connection.execute(insert(sites).values(values).returning(sites.c.key)).scalar_one())
            became = "new"
        else:
            key = row.key
            changes = {name: value for name, value in values.items() if row._mapping[name] != value}
            if changes.keys() & {"facts", "contract"}:
                changes["told"] = None  # so that its gateway's own facts come over these with its next upload
            if changes:
                connection.execute(update(sites).where(sites.c.key == key).values(changes))
                changed.append(key)
            became = "changed" if changes else "same"
        if _more_facts(connection, key, school, facts.get(key)) and became == "same":
            became = "changed"
        outcome.add("schools", became)
    stale(connection, changed)


def _columns(
    school: School,
    contract: Mapping[str, Any],
    row: Any,
    districts: Mapping[str, int],
    circuits: Mapping[str, int],
) -> dict[str, Any]:
    """The row of a site as the sheet and what is known make it."""
    site = msgspec.json.decode(row.facts, type=Site) if row is not None else Site(id=school.id)
    told = {name: value for name in SITE_FIELDS if (value := school.said.get(name)) is not None}
    bought = msgspec.json.decode(row.contract, type=Contract) if row is not None else Contract()
    terms = {
        name: value for name, value in contract.items() if name in CONTRACT_COLUMNS and name != "starts_on"
    }
    values: dict[str, Any] = {
        "facts": msgspec.json.encode(dataclasses.replace(site, **told)).decode(),
        "contract": msgspec.json.encode(dataclasses.replace(bought, **terms)).decode(),
    }
    if "lat" in school.said:
        values |= {"lat": school.said["lat"], "lon": school.said["lon"]}
    if "district_id" in school.said:
        values["place"] = districts[school.said["district_id"]]
    if school.circuit is not None:
        values["circuit"] = circuits[school.circuit]
    return values


def _districts(connection: Connection, sheets: Sheets, outcome: Outcome) -> dict[str, int]:
    """The districts' keys by their ids; states come first."""
    named: dict[str, str | None] = {}
    for school in sheets.schools:
        if state := school.said.get("state_id"):
            named[state] = school.said.get("state") or named.get(state)
    states = {state: _place(connection, "state", state, name, None, outcome) for state, name in named.items()}
    return {
        one: _place(
            connection, "district", one, said.get("district"), states.get(said.get("state_id", "")), outcome
        )
        for one, said in sheets.districts.items()
    }


def _place(
    connection: Connection, kind: Any, one: str, name: str | None, parent: int | None, outcome: Outcome
) -> int:
    known = place(connection, kind, one)
    wanted = (name or (known.name if known else one), parent if parent or known is None else known.parent)
    if known is not None and wanted == (known.name, known.parent):
        outcome.add(f"{kind}s", "same")
        return known.key
    outcome.add(f"{kind}s", "new" if known is None else "changed")
    return add_place(connection, kind, one, *wanted)


def _circuits(
    connection: Connection, sheets: Sheets, districts: Mapping[str, int], outcome: Outcome
) -> dict[str, int]:
    """The circuits' keys by their ids; one that serves a single district is that one's."""
    serves: dict[str, set[int | None]] = {}
    for school in sheets.schools:
        if school.circuit:
            where = districts.get(school.said.get("district_id", ""))
            serves.setdefault(school.circuit, set()).add(where)
    keys = {}
    for one, said in sheets.circuits.items():
        held = serves.get(one, set())
        where = next(iter(held)) if len(held) == 1 else None
        keys[one], became = keep_circuit(connection, one, {**said, "place": where})
        outcome.add("circuits", became)
    return keys


def _more_facts(connection: Connection, key: int, school: School, row: Any) -> bool:
    """Whether devices or locale changed."""
    said = {name: school.said[name] for name in ("devices", "locale") if name in school.said}
    if row is None and said:
        connection.execute(insert(school_facts).values(site=key, **said))
        return True
    changes = {name: value for name, value in said.items() if row._mapping[name] != value}
    if changes:
        connection.execute(update(school_facts).where(school_facts.c.site == key).values(changes))
    return bool(changes)
