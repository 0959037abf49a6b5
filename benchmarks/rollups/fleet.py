"""A made-up fleet: sites in districts and states, and what each says of each of its hours.

Seeded, so that the same seed gives the same fleet, and any day of it can be made without those before. It has what
real ones have: schools that share a circuit, three sizes of line, four time zones, terms and holidays, demand that
follows the bell and grows by a quarter each year, four throughput tests a day, outages, hours in which the agent
was off, and one site in fifty that fell silent or never spoke. ``tables`` gives a day as Arrow tables, as the archive
has them; ``rows`` gives the archive's rows one by one, and ``hours`` what a store is filled with.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from collector.archive.columns import Hour, hour_of_row
from collector.archive.parts import SCHEMA
from reports.sites import Contract, Site

ZONES = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles")
LINES_MBPS = np.array([100, 300, 1000])
HOLIDAYS = (
    ((6, 10), (8, 20)),
    ((11, 25), (11, 29)),
    ((12, 20), (12, 31)),
    ((1, 1), (1, 3)),
    ((3, 16), (3, 20)),
)
"""Months and days, first and last, of every year."""

SITES_A_DISTRICT, DISTRICTS_A_STATE = 9, 40
BEGAN = date(2024, 7, 1)
GROWTH = 1.25
CHUNK = 20_000
"""Sites of one Arrow table."""

_SHAPE = np.zeros(24)
"""Share of the line that a school takes at its own hour of a school day."""
_SHAPE[7:17] = (0.18, 0.42, 0.55, 0.60, 0.58, 0.50, 0.56, 0.52, 0.36, 0.20)


@dataclass(frozen=True, slots=True)
class Fleet:
    """A fleet of ``sites`` sites, numbered from 1; a number of twelve digits is a site's id."""

    sites: int
    seed: int = 1

    def zone(self, key: int) -> str:
        return ZONES[self._state(key) % len(ZONES)]

    def site(self, key: int) -> Site:
        chance = np.random.default_rng([self.seed, 1, key])
        students = int(chance.integers(80, 2400))
        return Site(
            id=f"{key:012d}",
            name=f"School {key}",
            students=students,
            staff=students // 12,
            timezone=self.zone(key),
        )

    def contract(self, key: int) -> Contract:
        line = float(self._lines()[key - 1])
        return Contract(down_mbps=line, up_mbps=line / 5)

    def sites_table(self) -> pa.Table:
        """The file that ``bandgap collector rollup --sites`` takes."""
        keys = range(1, self.sites + 1)
        lines = self._lines()
        return pa.table(
            {
                "site": [f"{key:012d}" for key in keys],
                "district": [f"{self._district(key):07d}" for key in keys],
                "state": [f"{self._state(key):02d}" for key in keys],
                # In one district of four, its first three schools are on one circuit.
                "circuit": [
                    f"C{self._district(key)}"
                    if self._district(key) % 4 == 0 and (key - 1) % SITES_A_DISTRICT < 3
                    else None
                    for key in keys
                ],
                "contracted_down_mbps": pa.array(lines, pa.float64()),
                "contracted_up_mbps": pa.array(lines / 5, pa.float64()),
            }
        )

    def tables(self, day: date) -> Iterator[pa.Table]:
        """The hours of one UTC day, some sites at a time, in the order of site and time."""
        for first in range(1, self.sites + 1, CHUNK):
            yield self._chunk(day, np.arange(first, min(first + CHUNK, self.sites + 1), dtype=np.int32))

    def rows(self, day: date) -> Iterator[tuple[object, ...]]:
        """The same as rows in the order of ``collector.archive.columns.COLUMNS``."""
        for table in self.tables(day):
            yield from zip(*(column.to_pylist() for column in table.columns[:-1]), strict=True)

    def hours(self, day: date) -> Iterator[Hour]:
        """The same as what a store keeps."""
        return (hour_of_row(row) for row in self.rows(day))

    def _district(self, key: int) -> int:
        return (key - 1) // SITES_A_DISTRICT + 1

    def _state(self, key: int) -> int:
        return (self._district(key) - 1) // DISTRICTS_A_STATE + 1

    def _lines(self) -> np.ndarray:
        return LINES_MBPS[np.random.default_rng([self.seed, 2]).choice(3, self.sites, p=(0.3, 0.3, 0.4))]

    def _silent_from(self) -> np.ndarray:
        """Days since BEGAN on which a site fell silent; 0 never spoke."""
        chance = np.random.default_rng([self.seed, 3])
        days = chance.integers(0, 900, self.sites)
        days[chance.random(self.sites) < 0.2] = 0
        return np.where(chance.random(self.sites) < 0.02, days, 10**6)

    def _chunk(self, day: date, keys: np.ndarray) -> pa.Table:
        chance = np.random.default_rng([self.seed, 4, day.toordinal(), int(keys[0])])
        starts = [datetime(day.year, day.month, day.day, hour, tzinfo=UTC) for hour in range(24)]
        size = (len(keys), 24)
        line = self._lines()[keys - 1].astype(float)[:, None]
        there = (self._silent_from()[keys - 1] > (day - BEGAN).days)[:, None] & (chance.random(size) > 0.004)
        zones = ((keys - 1) // (SITES_A_DISTRICT * DISTRICTS_A_STATE) + 1) % len(ZONES)
        shape = np.array([[_share(at, ZoneInfo(zone)) for at in starts] for zone in ZONES])[zones]
        local = np.array(
            [[at.astimezone(ZoneInfo(zone)).date() for at in starts] for zone in ZONES], "M8[D]"
        )[zones]
        years = (day - BEGAN).days / 365.25
        level = chance.lognormal(0.0, 0.35, size) * GROWTH**years
        school = shape > 0
        demand = np.minimum((shape + 0.012) * level, 0.97) * line

        cells = there.ravel()
        count = int(cells.sum())

        def whole(values: np.ndarray, known: np.ndarray | None = None, per: float = 1e6) -> pa.Array:
            flat = np.rint(np.broadcast_to(values, size).ravel()[cells] * per).astype(np.int64)
            return pa.array(flat, mask=None if known is None else ~known.ravel()[cells])

        def counts(values: np.ndarray) -> pa.Array:
            return pa.array(np.broadcast_to(values, size).ravel()[cells].astype(np.int32))

        found = 12 - (chance.random(size) < 0.01) * chance.integers(1, 13, size)
        seen = found > 0
        tested = chance.random(size) < 4 / 24
        failed = tested & (chance.random(size) < 0.02)
        tested &= ~failed
        result = line * chance.uniform(0.82, 1.02, size)
        upload = result / 5 * chance.uniform(0.97, 1.03, size)
        columns: dict[str, pa.Array] = {
            "site": pa.array(np.repeat([f"{key:012d}" for key in keys], 24)[cells], pa.string()),
            "local_day": pa.array(local.ravel()[cells]),
        }
        first = int(starts[0].timestamp())
        begins = np.tile(first + 3600 * np.arange(24), len(keys))[cells]
        late = chance.integers(60, 900, count)
        for name, moment in (("starts_at", 0), ("through_at", 3600), ("received_at", 3600 + late)):
            columns[name] = pa.array((begins + moment) * 10**6).cast(SCHEMA.field(name).type)
        spread = {"p50": 0.62, "p95": 1.0, "peak": 1.6}
        for part, counted in (("usage", np.ones(size, bool)), ("usage_school", school)):
            columns[f"{part}_expected"] = counts(counted * 12)
            columns[f"{part}_found"] = counts(counted * found)
            for name, share in spread.items():
                columns[f"{part}_{name}_down_bps"] = whole(demand * share, counted & seen)
                columns[f"{part}_{name}_up_bps"] = whole(demand * share * 0.13, counted & seen)
        columns["capacity_tests_trusted"] = counts(tested)
        columns["capacity_tests_untrusted"] = counts(np.zeros(size))
        columns["capacity_tests_failed"] = counts(failed)
        columns["capacity_school_days"] = counts(tested & school)
        columns["capacity_lower_bounds"] = counts(np.zeros(size))
        columns["capacity_school_days_at_least"] = counts(tested & school)
        for name in ("best", "typical", "at_least"):
            columns[f"capacity_{name}_down_bps"] = whole(result, tested)
            columns[f"capacity_{name}_up_bps"] = whole(upload, tested)
        columns["capacity_latency_idle_ns"] = whole(chance.gamma(4, 3, size), tested)
        columns["capacity_latency_loaded_ns"] = whole(chance.gamma(4, 20, size), tested)
        columns["outage_us"] = whole(
            (chance.random(size) < 0.002) * chance.integers(1, 60, size), seen, 60_000_000
        )
        columns["tests_down_bytes"] = whole(tested * result * 1.25, per=1e6)
        columns["tests_up_bytes"] = whole(tested * upload * 1.25, per=1e6)
        columns["part"] = pa.repeat(pa.scalar(0, pa.int32()), count)
        return pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA)


def days(first: date, count: int) -> list[date]:
    return [first + timedelta(days=number) for number in range(count)]


def _share(at: datetime, zone: ZoneInfo) -> float:
    local = at.astimezone(zone)
    off = local.weekday() > 4 or any(begins <= (local.month, local.day) <= ends for begins, ends in HOLIDAYS)
    return 0.0 if off else float(_SHAPE[local.hour])
