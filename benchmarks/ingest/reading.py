"""What is read of each store, and that it is the same: one site's last day, as one series and as all of them.

A collector is asked with an API token, which it looks for in its database each time, as it does for everybody; the
others ask for nobody's.
"""

from __future__ import annotations

import json
import random
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from benchmarks.ingest.fleet import CONTRACT, Requests, as_lines, first_hour, hour, site
from benchmarks.ingest.load import Run, send
from benchmarks.ingest.servers import Server
from collector.database import named
from collector.engine import engine, writing
from collector.people import api_tokens
from collector.people.audit import Actor
from reports.wire import upload_json
from tests.commands import until

READS, HOURS, CONNECTIONS = 20_000, 24, 16
FIGURE = "usage_p95_down_mbps"
OURS = ("SQLite", "PostgreSQL")


@dataclass(frozen=True, slots=True)
class Day:
    """The last 24 whole hours, as Unix seconds."""

    begins: int
    ends: int

    @property
    def moments(self) -> tuple[str, str]:
        both = (datetime.fromtimestamp(at, UTC) for at in (self.begins, self.ends))
        first, last = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in both)
        return first, last


def kind_of(name: str) -> str:
    """The store of a server: PostgreSQL also where several processes are before it."""
    return name.partition(",")[0]


def last_day(name: str, server: Server, sites: int, now: datetime) -> Day:
    """Has every site send its last day, so that all stores hold the same of it, however far the load came."""
    chance, start = random.Random(11), first_hour(now, HOURS)  # it is to be the same each time
    sent = []
    for number in range(sites):
        hours = [hour(chance, start + timedelta(hours=n)) for n in range(HOURS)]
        if kind_of(name) in OURS:
            bodies = [msgspec.json.encode(one).decode() for one in hours]
            sent.append((number, upload_json("0.2.0", site(number), CONTRACT, bodies)))
        else:
            sent.append((number, as_lines(number, hours)))
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for part in [pool.submit(_send, name, server, sent[n::CONNECTIONS]) for n in range(CONNECTIONS)]:
            part.result()
    begins = int(start.timestamp())
    return Day(begins, begins + HOURS * 3600)


def _send(name: str, server: Server, sent: Sequence[tuple[int, bytes]]) -> None:
    with closing(HTTPConnection(server.url.removeprefix("http://"), timeout=120)) as connection:
        for number, body in sent:
            path = "/v1/summaries" if kind_of(name) in OURS else "/write?db=bandgap"
            headers = {"Authorization": f"Bearer bandgap_{number}", "Content-Type": "application/json"}
            connection.request("POST", path, body, headers if kind_of(name) in OURS else {})
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status in (200, 204), f"{name}: {answer.status} {text[:200]!r}"


def read_all(name: str, server: Server, folder: Path, day: Day, sites: int, seconds: int) -> Iterator[Run]:
    """Each thing that is asked of a store, as long as it takes."""
    token = _token(server) if kind_of(name) in OURS else None
    for what, (path, values) in _ASKED[kind_of(name)].items():
        made, chance = Requests(folder / "reads"), random.Random(7)  # it is to be the same each time
        head = f"\r\nAuthorization: Bearer {token}" if token else ""
        first = server.url + path("s0", day)
        if what == "one series":  # VictoriaMetrics shows what it took a moment later
            until(lambda: _many(values(_fetched(first, token))) == HOURS, f"{name} has its {HOURS} hours", 60)  # noqa: B023  # called at once
        points = _many(values(_fetched(first, token)))
        for _ in range(READS):
            asked = path(f"s{chance.randrange(sites)}", day)
            made.add(f"GET {asked} HTTP/1.1\r\nHost: x{head}", b"", [])
        made.points = points * READS
        made.close()
        yield send(f"{name}, {what}", server, made, connections=CONNECTIONS, seconds=seconds)


def _many(found: Sequence[Any]) -> int:
    return sum(one is not None for one in found)


def _series(figures: str) -> Callable[[str, Day], str]:
    def path(site_id: str, day: Day) -> str:
        begins, ends = day.moments
        return f"/v1/sites/{site_id}/series?{figures}from={begins}&to={ends}"

    return path


def _whole(site_id: str, day: Day) -> str:
    return f"/v1/sites/{site_id}"


def _influx(names: str) -> Callable[[str, Day], str]:
    def path(site_id: str, day: Day) -> str:
        asked = f"SELECT {names} FROM hour WHERE site='{site_id}' AND time >= {day.begins}s AND time < {day.ends}s"
        return f"/query?db=bandgap&q={quote(asked)}"

    return path


def _victoria(series: str) -> Callable[[str, Day], str]:
    def path(site_id: str, day: Day) -> str:
        asked = quote(series.format(site=site_id))
        return f"/api/v1/query_range?query={asked}&start={day.begins}&end={day.ends - 3600}&step=3600"

    return path


def _of_ours(answer: Any) -> list[Any]:
    return [value for column in answer["figures"].values() for value in column]


def _of_whole(answer: Any) -> list[Any]:
    """The hours' figures; what else it tells isn't counted."""
    numbers = [
        _numbers(hour[part]) for hour in answer["hours"] for part in ("usage", "usage_school", "capacity")
    ]
    return [value for found in numbers for value in found]


def _numbers(value: Any) -> list[Any]:
    return [one for part in value.values() for one in _numbers(part)] if isinstance(value, dict) else [value]


def _of_influx(answer: Any) -> list[Any]:
    table = answer["results"][0]["series"][0]
    kept = [n for n, column in enumerate(table["columns"]) if column not in ("time", "site")]
    return [row[n] for row in table["values"] for n in kept]


def _of_victoria(answer: Any) -> list[Any]:
    return [value for series in answer["data"]["result"] for value in series["values"]]


Asked = dict[str, tuple[Callable[[str, Day], str], Callable[[Any], list[Any]]]]

_COLLECTOR: Asked = {
    "one series": (_series(f"figures={FIGURE}&"), _of_ours),
    "all figures": (_series(""), _of_ours),
    "the whole site": (_whole, _of_whole),
}
_ASKED: dict[str, Asked] = {
    "SQLite": _COLLECTOR,
    "PostgreSQL": _COLLECTOR,
    "InfluxDB": {
        "one series": (_influx(FIGURE), _of_influx),
        "all figures": (_influx("*"), _of_influx),
    },
    "VictoriaMetrics": {
        "one series": (_victoria(f'hour_{FIGURE}{{{{site="{{site}}"}}}}'), _of_victoria),
        "all figures": (_victoria('{{__name__=~"hour_.*",site="{site}"}}'), _of_victoria),
    },
}


def _token(server: Server) -> str:
    source = engine(named(server.database))
    with writing(source) as connection:
        now = datetime.now(UTC)  # noqa: TID251  # a benchmark is an entry point
        by = Actor("benchmark", "command line")
        token = api_tokens.add(connection, by, now, "reads", ["read:sites"], (), timedelta(days=1))
    source.dispose()
    return token


def _fetched(url: str, token: str | None) -> Any:
    asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(asked, timeout=60) as answer:  # our own server
        return json.loads(answer.read())
