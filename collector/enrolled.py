"""A site as the collector knows it, and how what its gateway tells changes that.

Facts come twice: from whoever enrolled the site, and with every upload from its gateway. The gateway is
nearer, so its facts replace the others one by one, but what it hasn't been told erases nothing.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reports.agent_state import AgentState
from reports.chain import Break, Entry
from reports.sites import Contract, Site
from reports.summaries import Summary
from reports.wire import Receipt

UNNAMED = Site().name
"""What a gateway calls itself until somebody names it; no name to replace another with."""


def merged_site(known: Site, told: Site) -> Site:
    """The known facts with those that were told in their place; the id stays the enrolled one."""
    changes = {name: value for name, value in _told(told).items() if name != "id"}
    if told.name == UNNAMED:
        del changes["name"]
    return dataclasses.replace(known, **changes)


def merged_contract(known: Contract, told: Contract) -> Contract:
    """The same for a contract. A currency says nothing without the cost that it belongs to."""
    changes = _told(told)
    if told.monthly_cost is None:
        del changes["currency"]
    return dataclasses.replace(known, **changes)


def _told(facts: Site | Contract) -> dict[str, Any]:
    values = {field.name: getattr(facts, field.name) for field in dataclasses.fields(facts)}
    return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Enrolled:
    """One enrolled site. ``key`` is the store's own; ``heard_at`` is None while nothing has come."""

    key: int
    site: Site
    contract: Contract
    enrolled_at: datetime
    agent: str | None = None
    heard_at: datetime | None = None
    agent_state: AgentState | None = None

    @property
    def id(self) -> str:
        return self.site.id or ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What one upload brings for the store: its facts, the summaries that are possible, and all links."""

    key: int
    agent: str
    site: Site
    contract: Contract
    summaries: tuple[Summary, ...]
    received_at: datetime
    links: tuple[Entry, ...] = ()
    agent_state: AgentState | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of an upload: the receipt, and where the links it brought don't fit the chain."""

    receipt: Receipt
    breaks: tuple[Break, ...] = ()
