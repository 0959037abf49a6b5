"""A made-up fleet and what its gateways send: hours with their links, as agents of today send them. Seeded."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from sqlalchemy import insert

from collector.database import Database
from collector.engine import writing
from collector.packed import NAMES, figures, packed
from collector.store import open_store
from collector.tables import sites
from collector.tokens import token_hash
from reports.chain import Link, digest, linked
from reports.periods import hour_of
from reports.samples import Rates
from reports.sites import Contract, Site
from reports.summaries import CapacityFigures, Summary, UsageFigures
from reports.wire import upload_json

SEED = 5
CONTRACT = Contract(down_mbps=1000.0, up_mbps=1000.0, provider="Lakes Fibre", connection="fibre")


def site(number: int) -> Site:
    return Site(id=f"s{number}", name=f"School {number}", students=200 + number % 800, staff=20 + number % 80,
                timezone="America/Chicago")  # fmt: skip


def enrol(database: Database, count: int) -> None:
    """All sites of the fleet, in one transaction; the token of each is its number."""
    store = open_store(database)
    contract = msgspec.json.encode(CONTRACT).decode()
    rows = [
        {
            "id": f"s{n}",
            "token_sha256": token_hash(f"bandgap_{n}"),
            "enrolled_at": 0,
            "facts": msgspec.json.encode(site(n)).decode(),
            "contract": contract,
        }
        for n in range(count)
    ]
    with writing(store.engine) as connection:
        connection.execute(insert(sites), rows)
    store.close()


def first_hour(now: datetime, hours: int) -> datetime:
    """So many whole hours ago, so that none lies in the future: other stores drop those."""
    return hour_of(now.astimezone(UTC) - timedelta(hours=hours + 1)).starts_at


def hour(chance: random.Random, start: datetime) -> Summary:
    def rates(most: float) -> Rates:
        return Rates(round(chance.uniform(1, most), 3), round(chance.uniform(1, most / 4), 3))

    usage = UsageFigures(12, 12, rates(300), rates(600), rates(900))
    end = start + timedelta(hours=1)
    tests = chance.random() < 0.25
    none = Rates(None, None)
    best = rates(950) if tests else none
    capacity = CapacityFigures(int(tests), 0, 0, int(tests), best, best, 9.5 if tests else None,
                               31.25 if tests else None, 0, int(tests), best)  # fmt: skip
    return Summary("hour", hour_of(start).label, start, end, end, usage, usage, capacity, 0.0, 0, 0)


def uploads(count: int, rounds: int, batch: int, now: datetime) -> Iterator[tuple[int, list[Summary], bytes]]:
    """Site, hours and body of every upload: all sites once, then all again with what follows."""
    chance = random.Random(SEED)
    start = first_hour(now, rounds * batch)
    heads: list[str | None] = [None] * count
    for turn in range(rounds):
        for number in range(count):
            found, bodies = [], []
            for n in range(turn * batch, (turn + 1) * batch):
                found.append(hour(chance, start + timedelta(hours=n)))
                bodies.append(linked(msgspec.json.encode(found[-1]).decode(), Link(n + 1, heads[number])))
                heads[number] = digest(bodies[-1])
            yield number, found, upload_json("0.2.0", site(number), CONTRACT, bodies)


def as_lines(number: int, hours: list[Summary]) -> bytes:
    """The same content as InfluxDB's line protocol, a point for each figure that isn't missing."""
    lines = []
    for one in hours:
        values = zip(NAMES, figures(packed(one)), strict=True)
        fields = ",".join(f"{name}={value}" for name, value in values if value is not None)
        lines.append(f"hour,site=s{number} {fields} {int(one.starts_at.timestamp())}000000000")
    return "\n".join(lines).encode()


def points(hours: list[Summary]) -> int:
    return sum(value is not None for one in hours for value in figures(packed(one)))


class Requests:
    """A file of requests for ``requests.lua``, and what is in it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._out = file.open("wb")
        self.requests = self.summaries = self.points = self.body_bytes = 0

    def add(self, head: str, body: bytes, hours: list[Summary]) -> None:
        request = f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        self._out.write(f"{len(request)}\n".encode() + request)
        self.requests += 1
        self.summaries += len(hours)
        self.points += points(hours)
        self.body_bytes += len(body)

    def close(self) -> None:
        self._out.close()
