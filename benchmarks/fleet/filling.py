"""Fills a collector's database with a made-up fleet: states, districts, schools, circuits, and their summaries.

Everything follows from the seed and the time. About a third of the schools fall short, one in twenty is silent,
one in twelve has too few tests. Summaries go in by the store's own ``keep``; what isn't their business (places,
circuits, coordinates) goes in as the registry's rows.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, Engine, insert

from collector.engine import writing
from collector.enrolled import Arrival, Item, told_number
from collector.packed import packed
from collector.registry import add_place
from collector.store import Store
from collector.tables import circuits, sites
from collector.views.frame import states
from reports.periods import Period, day_of, hour_of, week_of
from reports.samples import Rates
from reports.sites import Contract, Site
from reports.summaries import CapacityFigures, Summary, UsageFigures

ZONE = ZoneInfo("America/Chicago")
PER_DISTRICT = 8
AT_ONCE = 400
"""Sites in one commit, or a few more."""

PEOPLE = [
    "Lincoln",
    "Washington",
    "Jefferson",
    "Roosevelt",
    "Franklin",
    "Madison",
    "Kennedy",
    "Grant",
    "Adams",
    "Monroe",
    "Douglass",
    "Tubman",
    "Chavez",
    "Anthony",
    "Carver",
    "Edison",
    "Keller",
    "King",
    "Mann",
    "Parks",
    "Sacagawea",
    "Whitman",
    "Wright",
    "Young",
    "Audubon",
    "Barton",
    "Carson",
    "Curie",
    "Dewey",
    "Emerson",
    "Fremont",
    "Garfield",
    "Hawthorne",
    "Irving",
    "Jackson",
    "Lewis",
    "Marshall",
    "Nightingale",
    "Oakley",
    "Penn",
    "Revere",
    "Sherman",
    "Thoreau",
    "Truman",
    "Webster",
    "Bethune",
]
LAND = [
    "Cedar",
    "Prairie",
    "Lake",
    "Oak",
    "Maple",
    "River",
    "Stone",
    "Meadow",
    "Willow",
    "Elk",
    "Clear",
    "Spring",
    "Red",
    "Pine",
    "North",
    "South",
]
WATERS = [
    "Valley",
    "Creek",
    "Ridge",
    "Hills",
    "Falls",
    "Grove",
    "Springs",
    "Point",
    "Forest",
    "Bend",
    "Rapids",
    "Crossing",
]
KINDS = (("Elementary", 420), ("Middle School", 610), ("High School", 1150), ("Academy", 300))
PROVIDERS = ("Lakes Cable", "Plains Fiber", "Statewide Network", "Mesa Wireless", "River Telephone")


@dataclass(frozen=True, slots=True)
class History:
    """How many summaries each site has sent."""

    weeks: int = 6
    days: int = 3
    hours: int = 4

    @property
    def each(self) -> int:
        return self.weeks + self.days + self.hours


@dataclass(frozen=True, slots=True)
class School:
    """One made-up school: its facts, and what its line is like."""

    site: Site
    contract: Contract
    down_mbps: float
    demand_mbps: float
    growth: float
    tests: int
    heard_ago: timedelta | None


def fill(
    source: Engine,
    store: Store,
    many: int,
    history: History,
    now: datetime,
    *,
    seed: int = 7,
    state: str | None = None,
    told: Callable[[int], None] = lambda _: None,
) -> None:
    """``many`` schools, in one state or over all of them; ``told`` hears how many are in."""
    chance = random.Random(seed)
    shapes = [(name, rings) for name, rings in states() if state in (None, name)]
    periods = list(_periods(history, now))
    count = 0
    while count < many:
        rows: list[tuple[int, School]] = []
        with writing(source) as connection:
            while len(rows) < AT_ONCE and count < many:
                size = min(chance.randint(1, 2 * PER_DISTRICT - 1), many - count)
                rows += _district(connection, chance, chance.choice(shapes), count, size, now, seed)
                count += size
        store.keep(
            [_arrival(chance, key, one, periods, now) for key, one in rows if one.heard_ago is not None]
        )
        told(count)


def _district(
    connection: Connection,
    chance: random.Random,
    shape: tuple[str, tuple[tuple[tuple[float, float], ...], ...]],
    first: int,
    size: int,
    now: datetime,
    seed: int,
) -> list[tuple[int, School]]:
    """A district with its schools, and in some the circuit that they share."""
    state, rings = shape
    made = [_school(chance, first + n, size) for n in range(size)]
    parent = add_place(connection, "state", state.replace(" ", "-"), state)
    town = f"{chance.choice(LAND)} {chance.choice(WATERS)}"
    place = add_place(connection, "district", f"{first:07d}", f"{town} School District", parent)
    lat, lon = _somewhere(chance, rings)
    circuit = None
    if size > 2 and chance.random() < 0.4:
        circuit = connection.execute(
            insert(circuits)
            .values(
                id=f"circuit-{first:07d}",
                place=place,
                provider=made[0].contract.provider,
                connection_type="fibre",
                contracted_down_mbps=1000.0,
                contracted_up_mbps=1000.0,
                price_per_month=float(chance.randint(700, 4200)),
                currency="USD",
                ends_on=now.date() + timedelta(days=chance.randint(-100, 900)),
            )
            .returning(circuits.c.key)
        ).scalar_one()
    rows = [
        {
            "id": one.site.id,
            "token_sha256": hashlib.sha256(f"{seed}-{one.site.id}".encode()).digest(),
            "enrolled_at": int((now - timedelta(weeks=60)).timestamp()),
            "facts": msgspec.json.encode(one.site).decode(),
            "contract": "{}",
            "place": place,
            "lat": lat + chance.gauss(0, 0.05),
            "lon": lon + chance.gauss(0, 0.05),
            "circuit": circuit,
        }
        for one in made
    ]
    ordered = insert(sites).returning(sites.c.key, sort_by_parameter_order=True)
    return list(zip(connection.scalars(ordered, rows), made, strict=True))


def _school(chance: random.Random, number: int, size: int) -> School:
    kind, usual = chance.choices(KINDS, weights=(6, 3, 2, 1))[0]
    students = max(20, int(usual * chance.lognormvariate(0, 0.4)))
    asked = students * 1.1 * chance.choice((1.0, 1.0, 4.3))
    down = round(asked * chance.lognormvariate(0.35, 0.9), 1)
    silent = chance.random()
    return School(
        Site(
            id=f"{number:012d}",
            name=f"{chance.choice(PEOPLE)} {kind}",
            serves="school" if size > 1 else "independent-school",
            students=students,
            staff=int(students * 0.09) + 2,
            district_students=students * size,
            timezone="America/Chicago",
        ),
        Contract(
            down_mbps=round(down * chance.choice((1.0, 1.05, 1.3)), -1) + 10,
            up_mbps=round(down / 2, -1) + 10,
            provider=chance.choice(PROVIDERS),
            connection=chance.choice(("fibre", "cable", "fixed-wireless")),
            monthly_cost=round(200 + down * chance.uniform(0.5, 3.0), 2),
        ),
        down,
        down * chance.choice((0.3, 0.5, 0.7, 0.9)),
        chance.uniform(-0.05, 0.4),
        3 if chance.random() < 0.08 else 28,
        None
        if silent < 0.01
        else timedelta(days=chance.randint(1, 40))
        if silent < 0.05
        else timedelta(minutes=20),
    )


def _periods(history: History, now: datetime) -> Iterator[Period]:
    yield from (week_of(now - timedelta(weeks=n), ZONE) for n in range(history.weeks))
    yield from (day_of(now - timedelta(days=n), ZONE) for n in range(history.days))
    yield from (hour_of(now - timedelta(hours=n)) for n in range(history.hours))


def _arrival(chance: random.Random, key: int, one: School, periods: list[Period], now: datetime) -> Arrival:
    assert one.heard_ago is not None
    heard_at = now - one.heard_ago
    found = [
        _summary(chance, one, period, min(period.ends_at, heard_at), now)
        for period in periods
        if period.starts_at < heard_at
    ]
    facts = msgspec.json.encode(one.site), msgspec.json.encode(one.contract)
    return Arrival(
        key,
        0,
        "0.1.0",
        told_number(*facts),
        tuple(map(_item, found)),
        int(heard_at.timestamp()),
        site=one.site,
        contract=one.contract,
    )


def _item(summary: Summary) -> Item:
    """As the collector keeps it (``collector/judging.py``)."""
    return Item(
        summary.kind,
        summary.label,
        int(summary.starts_at.timestamp()),
        int(summary.through_at.timestamp()),
        packed(summary) if summary.kind == "hour" else msgspec.json.encode(summary),
    )


def _summary(
    chance: random.Random, one: School, period: Period, through_at: datetime, now: datetime
) -> Summary:
    years = (now - period.starts_at).days / 365.25
    p95 = one.demand_mbps / (1 + one.growth) ** years * chance.lognormvariate(0, 0.08)
    if period.kind == "hour":
        hour = period.starts_at.astimezone(ZONE).hour
        p95 *= 1.0 if 8 <= hour < 15 else 0.12
    p95 = round(min(p95, one.down_mbps), 3)
    slots = max(1, int((through_at - period.starts_at).total_seconds() // 300))
    usage = UsageFigures(
        slots,
        max(0, slots - chance.randint(0, 2)),
        Rates(p95 / 3, p95 / 20),
        Rates(p95, p95 / 8),
        Rates(p95 * 1.1, p95 / 6),
    )
    tests = {"week": one.tests, "day": 4, "hour": chance.randint(0, 1)}[period.kind]
    down = round(one.down_mbps * chance.lognormvariate(0, 0.03), 3)
    typical = Rates(down, round(down / 2, 3)) if tests else Rates()
    return Summary(
        kind=period.kind,
        label=period.label,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        through_at=through_at.replace(microsecond=0),
        usage=usage,
        usage_school=usage,
        capacity=CapacityFigures(
            tests, 0, 0, min(5, tests), typical, typical, 11.0 if tests else None, 60.0 if tests else None
        ),
        outage_minutes=float(chance.choice((0, 0, 0, 2, 9))),
        tests_down_bytes=tests * 50_000_000,
        tests_up_bytes=tests * 20_000_000,
    )


def _somewhere(
    chance: random.Random, rings: tuple[tuple[tuple[float, float], ...], ...]
) -> tuple[float, float]:
    """A place inside the largest part of a state."""
    ring = max(rings, key=len)
    west, east = min(x for x, _ in ring), max(x for x, _ in ring)
    south, north = min(y for _, y in ring), max(y for _, y in ring)
    for _ in range(200):
        lon, lat = chance.uniform(west, east), chance.uniform(south, north)
        inside = False
        for (x1, y1), (x2, y2) in zip(ring, (*ring[1:], ring[0]), strict=True):
            if (y1 > lat) != (y2 > lat) and lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
                inside = not inside
        if inside:
            return lat, lon
    return (south + north) / 2, (west + east) / 2
