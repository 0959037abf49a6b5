"""What becomes of a group of uploads: judged at once against what is kept, and written at once.

One judgement for every store. A store reads what it has of the group's sites and periods (``Source``), all in
one transaction that holds these sites against other writers, and writes the ``Changes``. Nothing else decides
what is new, known, further-reaching or in conflict. A period has one row: the summary that reaches furthest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import msgspec
from msgspec import Struct

from collector.chains import Chain
from collector.enrolled import Arrival, Item, Kept, Outdated, merged_contract, merged_site
from reports.chain import Break, Entry, Have
from reports.sites import Contract, Site
from reports.wire import Receipt, Refused

CONFLICT = "differs from the summary that was received under this id before"

Outcome: TypeAlias = Kept | Outdated

HourKey: TypeAlias = tuple[int, int]
"""When it begins, and whose it is."""


class SiteState(Struct, gc=False):
    """What a site's row says that matters to an upload."""

    key: int
    generation: int
    told: int | None
    linked_through: int
    links_folded: int
    newest_link: int
    newest_digest: str | None


@dataclass(slots=True)
class KeptPeriod:
    """The row of a day or a week. ``stored_at`` is the start under which it lies; None for a new one."""

    site: int
    kind: str
    label: str
    starts_at: int
    through_at: int
    sha256: bytes
    stored_at: int | None
    received_at: int = 0
    body: bytes = b""
    changed: bool = False


@dataclass(slots=True)
class Changes:
    """All that a group changes. ``hours`` are (through_at, received_at, body); ``stored`` are those that were
    there before, changed or not."""

    stored: frozenset[HourKey] = frozenset()
    hours: dict[HourKey, tuple[int, int, bytes]] = field(default_factory=dict)
    periods: list[KeptPeriod] = field(default_factory=list)
    heard: dict[int, tuple[Arrival, SiteState]] = field(default_factory=dict)
    facts: dict[int, tuple[str, str]] = field(default_factory=dict)
    links: list[tuple[int, Entry, int]] = field(default_factory=list)
    """Site, link, and when it was received."""
    folded: list[tuple[int, int, int, tuple[int, ...]]] = field(default_factory=list)
    """Site, after and through which number, and the numbers around breaks whose links stay."""
    breaks: list[tuple[int, Break]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Before:
    """What is kept of a group's sites, hours (how far each reaches, and its body), days and weeks."""

    states: Mapping[int, SiteState]
    hours: dict[HourKey, tuple[int, bytes]]
    periods: Collection[KeptPeriod]


class Source(Protocol):
    """What a store has, as the transaction that writes sees it."""

    def before(
        self, sites: Collection[int], hours: Collection[HourKey], periods: Collection[tuple[int, Item]]
    ) -> Before:
        """What is there of these sites, which are then held against other writers, and of these hours, days
        and weeks. Days and weeks are found by their start or by their label."""
        ...

    def facts(self, keys: Collection[int]) -> Mapping[int, tuple[str, str]]: ...

    def links(self, site: int) -> list[Entry]:
        """A site's links that aren't folded, in order; of a number that is there twice, the last last."""
        ...


def judged(source: Source, arrivals: Sequence[Arrival]) -> tuple[list[Outcome], Changes]:
    """What becomes of each, in their order, and what has to be written for it."""
    group = _Group(source, arrivals)
    return [group.arrive(one) for one in arrivals], group.changes


class _Group:
    def __init__(self, source: Source, arrivals: Sequence[Arrival]) -> None:
        self.changes = Changes()
        hours, periods = set(), []
        for one in arrivals:
            for item in one.items:
                if item.kind == "hour":
                    hours.add((item.starts_at, one.key))
                else:
                    periods.append((one.key, item))
        before = source.before(sorted({one.key for one in arrivals}), sorted(hours), periods)
        self._states, self._hours = before.states, before.hours
        self.changes.stored = frozenset(before.hours)
        self._by_start: dict[tuple[int, str, int], KeptPeriod] = {}
        self._by_label: dict[tuple[int, str, str], KeptPeriod] = {}
        for period in before.periods:
            self._by_start[period.starts_at, period.kind, period.site] = period
            self._by_label[period.site, period.kind, period.label] = period
        telling = {one.key for one in arrivals if one.site is not None and self._news(one)}
        self._facts = dict(source.facts(sorted(telling))) if telling else {}
        self._chains: dict[int, Chain] = {}
        self._links_of: Callable[[int], list[Entry]] = source.links

    def _news(self, one: Arrival) -> bool:
        state = self._states.get(one.key)
        return state is not None and state.told != one.told

    def arrive(self, one: Arrival) -> Outcome:
        state = self._states.get(one.key)
        if state is None or state.generation != one.generation or (self._news(one) and one.site is None):
            return Outdated()
        accepted, known, refused = [], [], []
        numbers = set()
        for item in one.items:
            became = self._hour(one, item) if item.kind == "hour" else self._period(one, item)
            if became == "accepted":
                accepted.append(item.id)
            elif became == "known":
                known.append(item.id)
                numbers.add(item.number)
            else:
                refused.append(Refused(item.id, became))
        if state.told != one.told:
            self._tell(one)
            state.told = one.told
        breaks, have = self._link(one, state, numbers)
        self.changes.heard[one.key] = (one, state)
        return Kept(Receipt(tuple(accepted), tuple(known), tuple(refused), have), breaks)

    def _hour(self, one: Arrival, item: Item) -> str:
        """ "accepted", "known", or the reason for which it is refused."""
        key = (item.starts_at, one.key)
        found = self._hours.get(key)
        if found is not None:
            reached, body = found
            if item.through_at == reached and item.body != body:
                return CONFLICT
            if item.through_at <= reached:
                return "known"
        self._hours[key] = (item.through_at, item.body)
        self.changes.hours[key] = (item.through_at, one.received_at, item.body)
        return "accepted"

    def _period(self, one: Arrival, item: Item) -> str:
        digest = hashlib.sha256(item.body).digest()
        start, label = (item.starts_at, item.kind, one.key), (one.key, item.kind, item.label)
        # The same day or week begins elsewhere once a site's time zone has been mended.
        found = self._by_start.get(start) or self._by_label.get(label)
        if found is None:
            found = KeptPeriod(one.key, item.kind, item.label, item.starts_at, item.through_at, digest, None)
        else:
            if found.label != item.label:
                return f"label: the {item.kind} that starts then is kept as {found.label}"
            if item.through_at == found.through_at and digest != found.sha256:
                return CONFLICT
            if item.through_at <= found.through_at:
                return "known"
            self._by_start.pop((found.starts_at, found.kind, found.site), None)
        found.starts_at, found.through_at, found.sha256 = item.starts_at, item.through_at, digest
        found.received_at, found.body = one.received_at, item.body
        self._by_start[start] = self._by_label[label] = found
        if not found.changed:
            found.changed = True
            self.changes.periods.append(found)
        return "accepted"

    def _tell(self, one: Arrival) -> None:
        assert one.site is not None
        assert one.contract is not None
        facts, contract = self._facts[one.key]
        told = (
            _text(merged_site(msgspec.json.decode(facts, type=Site), one.site)),
            _text(merged_contract(msgspec.json.decode(contract, type=Contract), one.contract)),
        )
        if told != (facts, contract):
            self._facts[one.key] = self.changes.facts[one.key] = told

    def _link(self, one: Arrival, state: SiteState, known: set[int]) -> tuple[tuple[Break, ...], Have]:
        chain = self._chains.get(one.key)
        if chain is None:
            chain = self._chains[one.key] = Chain(state, self._links_of)
        if not one.links:
            return (), chain.have()
        added, breaks = chain.add(one.links, known)
        self.changes.links += [(one.key, entry, one.received_at) for entry in added]
        if (folded := chain.fold()) is not None:
            self.changes.folded.append((one.key, *folded))
        self.changes.breaks += [(one.key, found) for found in chain.noted]
        chain.noted.clear()
        return breaks, chain.have()


def _text(value: Site | Contract) -> str:
    return msgspec.json.encode(value).decode()
