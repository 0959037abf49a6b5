"""What programs are told of sites: the same figures as on the pages, as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from collector.chains import KeptChain
from collector.fleet import Standing, State
from reports import sentences
from reports.agent_state import AgentState
from reports.chain import Break
from reports.gaps import Gap, Verdict, Way
from reports.samples import Rates
from reports.sites import Contract, Site
from reports.summaries import Summary


@dataclass(frozen=True, slots=True)
class GapAnswer:
    """A site against one target set; figures are null where there is no evidence."""

    target: str
    verdict: Verdict
    sentence: str
    terms: str
    required: Rates
    contracted: Rates
    delivered: Rates
    demanded: Rates
    way: Way | None
    shortfall_mbps: float | None
    share_met: float | None
    people: int | None
    people_served: int | None
    tests: int
    school_days: int
    missing: tuple[str, ...]
    at_least: bool


@dataclass(frozen=True, slots=True)
class SiteAnswer:
    """How one site stands; ``gap`` is against the first target set, in the week that is named."""

    id: str
    name: str
    state: State
    week: str | None
    gap: GapAnswer | None
    heard_at: datetime | None
    agent: str | None


@dataclass(frozen=True, slots=True)
class ChainAnswer:
    """A site's hash chain as it came: its newest link and hash, how many links are here, what is broken."""

    through: int
    head: str
    received: int
    breaks: tuple[Break, ...]


@dataclass(frozen=True, slots=True)
class SiteDetail:
    """One site with its facts, its gap to every target set, and its latest summaries."""

    made_at: datetime
    standing: SiteAnswer
    site: Site
    contract: Contract
    enrolled_at: datetime
    agent_state: AgentState | None
    gaps: tuple[GapAnswer, ...]
    weeks: tuple[Summary, ...]
    days: tuple[Summary, ...]
    hours: tuple[Summary, ...]
    chain: ChainAnswer | None


@dataclass(frozen=True, slots=True)
class Health:
    """That the collector runs and its database answers."""

    status: str
    version: str


def site_answer(standing: Standing) -> SiteAnswer:
    return SiteAnswer(
        id=standing.known.id,
        name=standing.known.site.name,
        state=standing.state,
        week=standing.week.label if standing.week else None,
        gap=gap_answer(standing.gap) if standing.gap else None,
        heard_at=standing.known.heard_at,
        agent=standing.known.agent,
    )


def chain_answer(chain: KeptChain) -> ChainAnswer | None:
    """None for a site whose agent sends no links."""
    if not chain.links:
        return None
    number, _, digest = chain.links[-1]
    return ChainAnswer(number, digest.hex(), chain.received, chain.breaks)


def gap_answer(gap: Gap) -> GapAnswer:
    return GapAnswer(
        target=gap.target.id,
        verdict=gap.verdict,
        sentence=sentences.verdict(gap),
        terms=gap.terms,
        required=gap.required,
        contracted=gap.contracted,
        delivered=gap.delivered,
        demanded=gap.demanded,
        way=gap.way,
        shortfall_mbps=gap.shortfall_mbps,
        share_met=gap.share_met,
        people=gap.people,
        people_served=gap.people_served,
        tests=gap.tests,
        school_days=gap.school_days,
        missing=gap.missing,
        at_least=gap.at_least,
    )
