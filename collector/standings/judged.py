"""What is kept of how a site stands: the verdict by the first target set, and the figures pages sort by.

Pure. The judgement itself is ``collector.fleet.standing``'s; nothing is judged here a second time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from collector.answers import gap_answer
from collector.enrolled import Enrolled
from collector.fleet import Standing, State, standing
from reports.evidence import EvidenceRule
from reports.gaps import Gap, gap
from reports.headroom import headroom
from reports.periods import SchoolHours
from reports.summaries import Summary
from reports.targets import TargetSet

SLUGS: dict[State, str] = {
    "short": "short",
    "not enough evidence": "unknown",
    "silent": "silent",
    "meets": "meets",
}
"""States as they stand in tables, addresses and style sheets."""

WORDS: dict[str, State] = {slug: word for word, slug in SLUGS.items()}


@dataclass(frozen=True, slots=True)
class Location:
    """Where a site lies: its district (key, name), its place on a map, whether a circuit serves it; and how
    often the registry changed any of it.
    """

    place: int | None = None
    district: str = ""
    lat: float | None = None
    lon: float | None = None
    on_circuit: bool = False
    changes: int = 0


@dataclass(frozen=True, slots=True)
class Judged:
    """A row of the table ``standings``, in the order of its columns but for times, which are moments."""

    site: int
    id: str
    name: str
    name_sort: str
    search: str
    place: int | None
    state: str
    verdict: str
    week: str | None
    share_met: float | None
    share_before: float | None
    shortfall_mbps: float | None
    shortfall_down_mbps: float | None
    shortfall_up_mbps: float | None
    people: int | None
    people_short: int | None
    delivered_mbps: float | None
    demand_mbps: float | None
    utilisation: float | None
    coverage: float | None
    provider: str | None
    contract_ends_on: date | None
    lat: float | None
    lon: float | None
    heard_at: datetime | None
    agent: str | None
    gap: str | None
    judged_at: datetime
    changes: int


def judged(
    known: Enrolled,
    weeks: Sequence[Summary],
    target: TargetSet,
    rule: EvidenceRule,
    *,
    now: datetime,
    silent_after_s: float,
    location: Location = Location(),  # frozen
) -> Judged:
    """Holds a site's newest weeks, newest first, against the target set that sites are ranked by."""
    found = standing(known, weeks, (target,), rule, now=now, silent_after_s=silent_after_s)
    name, held = known.site.name, found.gap
    down, up = _shortfalls(held)
    return Judged(
        site=known.key,
        id=known.id,
        name=name,
        name_sort=name.casefold(),
        search=" ".join((name, known.id, location.district)).casefold(),
        place=location.place,
        state=SLUGS[found.state],
        verdict=SLUGS[held.verdict if held else "not enough evidence"],
        week=found.week.label if found.week else None,
        share_met=held.share_met if held else None,
        share_before=_share_before(found, weeks, target, rule),
        shortfall_mbps=held.shortfall_mbps if held else None,
        shortfall_down_mbps=down,
        shortfall_up_mbps=up,
        people=held.people if held else None,
        people_short=people_short(held),
        delivered_mbps=held.delivered.down_mbps if held else None,
        demand_mbps=held.demanded.down_mbps if held else None,
        utilisation=_utilisation(found),
        coverage=found.week.usage.coverage if found.week else None,
        provider=known.contract.provider,
        contract_ends_on=None if location.on_circuit else known.contract.ends_on,
        lat=location.lat,
        lon=location.lon,
        heard_at=known.heard_at,
        agent=known.agent,
        gap=msgspec.json.encode(gap_answer(held)).decode() if held else None,
        judged_at=now,
        changes=location.changes,
    )


def people_short(held: Gap | None) -> int | None:
    """How many of a site's people its line doesn't serve at the target's rate."""
    if held is None or held.people is None or held.people_served is None:
        return None
    return held.people - held.people_served


def _shortfalls(held: Gap | None) -> tuple[float | None, float | None]:
    """What is lacking down and up; None where it isn't known, as below a lower bound."""
    if held is None or held.share_met is None:
        return None, None
    ways = (
        (held.required.down_mbps, held.delivered.down_mbps),
        (held.required.up_mbps, held.delivered.up_mbps),
    )
    down, up = (None if want is None or have is None else max(0.0, want - have) for want, have in ways)
    return down, up


def _utilisation(found: Standing) -> float | None:
    if found.gap is None:
        return None
    hours = SchoolHours.of(found.known.site)
    both = headroom((), found.gap.demanded, found.gap.delivered, hours)
    return max((way.utilisation for way in both if way.utilisation is not None), default=None)


def _share_before(
    found: Standing, weeks: Sequence[Summary], target: TargetSet, rule: EvidenceRule
) -> float | None:
    """The share met in the week before the one that speaks, where one had a verdict."""
    if found.week is None:
        return None
    before = next((week for week in weeks if week.starts_at < found.week.starts_at), None)
    if before is None:
        return None
    held = gap(target, found.known.site, found.known.contract, before, rule)
    return held.share_met if held.verdict != "not enough evidence" else None
