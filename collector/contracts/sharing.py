"""Every circuit with all of its sites counted as one (``reports/shared_circuit.py``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, select

from collector.contracts.registry import all_circuits
from collector.tables import sites
from reports.shared_circuit import Member, SharedCircuit, fold
from reports.sites import Site
from reports.summaries import Summary


def shared_circuits(
    connection: Connection, weeks: Mapping[int, Sequence[Summary]]
) -> tuple[SharedCircuit, ...]:
    """The circuits that have sites, by id. ``weeks`` are by site key, newest first.

    A district's students are those of all its sites that are known; it has more than one circuit serves
    only where all of them say how many they have.
    """
    members: dict[int, list[Member]] = {}
    districts: dict[int, list[int | None]] = {}
    rows = connection.execute(select(sites.c.key, sites.c.facts, sites.c.circuit, sites.c.place))
    for key, facts, circuit, where in rows:
        site = msgspec.json.decode(facts, type=Site)
        if where is not None and site.serves != "district":
            districts.setdefault(where, []).append(site.students)
        if circuit is not None:
            newest = weeks.get(key, ())
            members.setdefault(circuit, []).append(Member(site, newest[0] if newest else None))
    return tuple(
        fold(
            one.id,
            members[one.key],
            one.contract,
            district_students=_all(districts.get(one.place or -1, ())),
        )
        for one in all_circuits(connection)
        if one.key in members
    )


def _all(students: Sequence[int | None]) -> int | None:
    known = [count for count in students if count is not None]
    return sum(known) if known and len(known) == len(students) else None
