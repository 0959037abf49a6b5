"""A site as the collector knows it, and how what its gateway tells changes that.

Facts come twice: from whoever enrolled the site, and with every upload from its gateway. The gateway is
nearer, so its facts replace the others one by one, but what it hasn't been told erases nothing.

What is made for each upload is a Struct: it is made in a tenth of a frozen dataclass's time.
"""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec import Struct

from reports.agent_state import AgentState
from reports.chain import Break, Entry
from reports.sites import Contract, Site
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


class Admitted(Struct, gc=False):
    """A site whose token is this: ``generation`` rises whenever its tokens change.

    ``told`` is of the facts that its gateway told last (``told_number``); None while none are known.
    """

    key: int
    id: str
    generation: int
    told: int | None = None


class Item(Struct, frozen=True, gc=False):
    """One summary that is possible, ready to be kept; times are Unix seconds.

    ``body`` is an hour's octets (``collector/packed.py``), or a day's or week's compact JSON.
    """

    kind: str
    label: str
    starts_at: int
    through_at: int
    body: bytes
    number: int = 0
    """Of its link; 0 for one that is none."""

    @property
    def id(self) -> str:
        """As ``reports.summaries.Summary.id``."""
        return f"{self.kind}:{self.label}:{self.through_at}"


class Arrival(Struct, frozen=True, gc=False):
    """What one upload brings for the store: its facts, the summaries that are possible, and all links.

    ``site`` and ``contract`` are None when ``told`` says that they are those that were told before;
    ``agent_state`` is ``reports.agent_state.AgentState`` as JSON.
    """

    key: int
    generation: int
    agent: str
    told: int
    items: tuple[Item, ...]
    received_at: int
    links: tuple[Entry, ...] = ()
    site: Site | None = None
    contract: Contract | None = None
    agent_state: str | None = None


class Kept(Struct, frozen=True, gc=False):
    """What became of an upload: the receipt, and where the links it brought don't fit the chain."""

    receipt: Receipt
    breaks: tuple[Break, ...] = ()


@dataclass(frozen=True, slots=True)
class Outdated:
    """Nothing of the arrival was kept: its site's tokens or facts aren't what it was judged by."""


def told_number(site: bytes, contract: bytes) -> int:
    """A number that stands for the facts in an upload, by the very octets that told them."""
    return int.from_bytes(hashlib.sha256(site + b"\n" + contract).digest()[:8], "big") >> 1
