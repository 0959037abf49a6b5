"""A made-up district of five schools over two circuits, beside another district of one, as data.

One school is silent since the Tuesday, one has too few tests, one has a name that would do harm where it were
taken for anything but text. The larger circuit has the district's own agent, the smaller has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from reports.cost_settings import CostSettings, ErateSettings
from reports.costs import Finance
from reports.district import Asked, DistrictReport, Line, Place, School
from reports.district_counting import district_report
from reports.evidence import DistrictRule, EvidenceRule
from reports.periods import Period, week_named
from reports.samples import Rates
from reports.shipped import chosen, shipped_prices, shipped_targets
from reports.sites import Contract, Site
from reports.summaries import CapacityFigures, Summary, UsageFigures
from reports.targets import worded

CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
WEEKS = ("2026-W45", "2026-W46", "2026-W47")
HOSTILE = '<script>alert(1)</script> =1+1 | שלום 🏫 "Middle"'
DISTRICT = Place("district", "0100005", "Cedar Fork District")
FIBER = Contract(2000.0, 2000.0, "Example Fiber", "fibre", 2400.0, "USD", date(2028, 6, 30))
CABLE = Contract(1500.0, 200.0, "Example Cable", "cable", 640.0, "USD", date(2026, 12, 31))


@dataclass(frozen=True, slots=True)
class Told:
    """What one site's weeks say: the median down, demand and its peak, tests and days, and minutes out."""

    site: str
    down: float | None
    demand: float
    peak: float
    tests: int = 26
    untrusted: int = 2
    days: int = 5
    out: float = 0.0
    silent_since: datetime | None = None

    def week(self, period: Period, nth: int = 0) -> Summary:
        """A week or a day, the ``nth`` before the last; earlier ones have a little less demand."""
        part = 1 if period.kind == "week" else 5
        demand = Rates(self.demand - 9.0 * nth, 9.0)
        usage = UsageFigures(600, 590, Rates(30.0, 4.0), demand, Rates(self.peak, 22.0))
        rates = Rates(self.down, None if self.down is None else self.down / 4)
        days = self.days if part == 1 else 1
        tests, untrusted = self.tests // part, self.untrusted // part
        return Summary(
            kind=period.kind,
            label=period.label,
            starts_at=period.starts_at,
            ends_at=period.ends_at,
            through_at=min(self.silent_since or period.ends_at, period.ends_at),
            usage=usage,
            usage_school=usage if self.silent_since is None else replace(usage, found=120),
            capacity=CapacityFigures(tests, untrusted, 1, days, rates, rates, 9.0, 61.0),
            outage_minutes=self.out / part,
            tests_down_bytes=900_000_000,
            tests_up_bytes=200_000_000,
        )

    @property
    def heard_at(self) -> datetime:
        return self.silent_since or NOW - timedelta(minutes=20)


TOLD = (
    Told("hub", 1940.0, 1180.0, 1710.0, out=84.0),
    Told("010000500870", 1420.0, 310.0, 540.0, untrusted=5),
    Told("010000500871", 1220.0, 402.0, 690.0, untrusted=11, out=12.0),
    Told("010000500872", 1650.0, 520.0, 800.0, silent_since=datetime(2026, 11, 17, 16, 5, tzinfo=UTC)),
    Told("010000500873", 940.0, 141.0, 260.0),
    Told("010000500874", 610.0, 96.0, 180.0, tests=3, days=2),
    Told("020000600101", 281.0, 74.0, 120.0, out=3.0),
)


def site(site_id: str, name: str, students: int | None, staff: int | None, **more: Any) -> Site:
    facts: dict[str, Any] = {"serves": "school", "timezone": CHICAGO.key, **more}
    return Site(id=site_id, name=name, students=students, staff=staff, **facts)


SITES = (
    site("hub", "Cedar Fork gateway", None, None, serves="district"),
    site("010000500870", "Cedar Fork Elementary", 430, 38),
    site("010000500871", HOSTILE, 510, 47),
    site("010000500872", "Cedar Fork High School", 690, 61),
    site("010000500873", "Stony Point School", 240, 22),
    site("010000500874", "Pine Hill School", 180, 16),
)


def schools(told: Sequence[Told] = TOLD, weeks: Sequence[str] = WEEKS) -> list[School]:
    """The district's sites with their weeks."""
    said = {one.site: one for one in told}
    return [
        School(
            site=one,
            contract=Contract(),
            heard_at=said[one.id or ""].heard_at if one.id in said else None,
            weeks={
                label: said[one.id or ""].week(week_named(label, CHICAGO), nth)
                for nth, label in enumerate(reversed(weeks))
            }
            if one.id in said
            else {},
            district=DISTRICT.id,
            circuit="cedar-hub" if n < 4 else "south-line",
            district_name=DISTRICT.name,
        )
        for n, one in enumerate(SITES)
    ]


def lines(known: Sequence[School]) -> list[Line]:
    """The two circuits with their sites."""
    return [
        Line(name, contract, tuple(one for one in known if one.circuit == name))
        for name, contract in (("cedar-hub", FIBER), ("south-line", CABLE))
    ]


def asked(target: str = "setda-2-2020-21", share: float = 0.5, **erate: Any) -> Asked:
    found = {"nslp_share": 0.62, "locale": "rural", "window_closes": date(2027, 3, 26), **erate}
    return Asked(
        worded(chosen((target,), shipped_targets())[0]),
        EvidenceRule(),
        DistrictRule(share),
        Finance(CostSettings(), ErateSettings(**found), *shipped_prices()),
        10_800.0,
    )


def report(
    known: Sequence[School] | None = None, circuits: Sequence[Line] | None = None, **more: Any
) -> DistrictReport:
    """The district's last week; what is named takes the place of what is made up."""
    found = schools() if known is None else list(known)
    period = week_named("2026-W47", CHICAGO)
    sizes: Mapping[str | None, int | None] = more.pop("sizes", {DISTRICT.id: 2050})
    return district_report(
        more.pop("place", DISTRICT),
        more.pop("period", period),
        CHICAGO.key,
        more.pop("weeks", ("2026-W47",)),
        found,
        lines(found) if circuits is None else circuits,
        more.pop("asked", None) or asked(),
        sizes=sizes,
        made_at=more.pop("made_at", NOW),
        **more,
    )
