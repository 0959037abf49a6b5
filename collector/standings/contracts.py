"""Contracts and when they end: those of the registry of circuits, and those that sites alone tell of.

What a contract is held against is the next filing window of E-rate, as settings have it. Where nobody has
told one that is still to come, it is the next funding year, which begins on 1 July: what ends before that is
to be asked for in the window before it. A circuit that several schools share is one contract.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select

from collector.settings import ErateWindowSettings
from collector.standings.scope import Scope
from collector.standings.tables import standings
from collector.tables import circuits, places, sites
from reports.sites import Contract

MOST = 500
"""Contracts on one page."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A contract with its end; ``circuit`` is None where only the site tells of it."""

    ends_on: date
    circuit: str | None
    site_id: str | None
    site_name: str | None
    sites: int
    district: str | None
    provider: str | None
    connection_type: str | None
    down_mbps: float | None
    up_mbps: float | None
    price_per_month: float | None
    currency: str | None

    @property
    def per_mbps(self) -> float | None:
        """The price of one Mbps down, a month."""
        return self.price_per_month / self.down_mbps if self.price_per_month and self.down_mbps else None


@dataclass(frozen=True, slots=True)
class Deadline:
    """A day before which contracts shouldn't end, and what happens on it."""

    day: date
    what: Literal["window opens", "window closes", "funding year begins"]


def deadline(erate: ErateWindowSettings, today: date) -> Deadline:
    """When the next window opens; while one is open, when it closes; else the funding year's first day."""
    opens, closes = erate.window_opens, erate.window_closes
    if opens is not None and opens > today:
        return Deadline(opens, "window opens")
    if closes is not None and closes > today:
        return Deadline(closes, "window closes")
    return Deadline(next_funding_year(today), "funding year begins")


def next_funding_year(today: date) -> date:
    """The day on which E-rate's next funding year begins."""
    return date(today.year + (today >= date(today.year, 7, 1)), 7, 1)


def ending(
    connection: Connection, scope: Scope, before: date, since: date, limit: int = MOST
) -> list[Ending]:
    """Contracts that end from ``since`` on and before a day, the earliest first."""
    found = [
        *_of_registry(connection, scope, before, since, limit),
        *_of_sites(connection, scope, before, since, limit),
    ]
    return sorted(found, key=lambda one: (one.ends_on, one.circuit or "", one.site_id or ""))[:limit]


def count_ending(connection: Connection, scope: Scope, before: date, since: date) -> int:
    """How many there are."""
    registry = select(func.count()).select_from(circuits).where(*_registry_conditions(scope, before, since))
    alone = select(func.count()).select_from(standings).where(*_site_conditions(scope, before, since))
    return int(connection.execute(registry).scalar_one()) + int(connection.execute(alone).scalar_one())


def _of_registry(connection: Connection, scope: Scope, before: date, since: date, limit: int) -> list[Ending]:
    many = select(func.count()).where(sites.c.circuit == circuits.c.key).scalar_subquery()
    rows = connection.execute(
        select(circuits, places.c.name.label("district"), many.label("sites"))
        .select_from(circuits.outerjoin(places, circuits.c.place == places.c.key))
        .where(*_registry_conditions(scope, before, since))
        .order_by(circuits.c.ends_on, circuits.c.key)
        .limit(limit)
    )
    return [
        Ending(
            row.ends_on, row.id, None, None, row.sites, row.district, row.provider, row.connection_type,
            row.contracted_down_mbps, row.contracted_up_mbps, row.price_per_month, row.currency,
        )
        for row in rows
    ]  # fmt: skip


def _of_sites(connection: Connection, scope: Scope, before: date, since: date, limit: int) -> list[Ending]:
    rows = connection.execute(
        select(standings.c.id, standings.c.name, sites.c.contract, places.c.name.label("district"))
        .select_from(
            standings.join(sites, sites.c.key == standings.c.site).outerjoin(
                places, standings.c.place == places.c.key
            )
        )
        .where(*_site_conditions(scope, before, since))
        .order_by(standings.c.contract_ends_on, standings.c.site)
        .limit(limit)
    )
    found = []
    for row in rows:
        told = msgspec.json.decode(row.contract, type=Contract)
        if told.ends_on is not None:
            found.append(
                Ending(
                    told.ends_on, None, row.id, row.name, 1, row.district, told.provider, told.connection,
                    told.down_mbps, told.up_mbps, told.monthly_cost, told.currency,
                )
            )  # fmt: skip
    return found


def _registry_conditions(scope: Scope, before: date, since: date) -> list[ColumnElement[bool]]:
    c = circuits.c
    found = [c.ends_on.is_not(None), c.ends_on < before, c.ends_on >= since]
    if (seen := scope.of_place(c.place)) is not None:
        found.append(seen)
    return found


def _site_conditions(scope: Scope, before: date, since: date) -> list[ColumnElement[bool]]:
    c = standings.c
    found = [c.contract_ends_on < before, c.contract_ends_on >= since]
    if (seen := scope.condition()) is not None:
        found.append(seen)
    return found
