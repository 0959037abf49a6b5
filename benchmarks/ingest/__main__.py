"""The command: ``python -m benchmarks.ingest``; with ``--suite FILE`` it writes the document of what it printed."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.ingest import servers
from benchmarks.ingest.fleet import Requests, as_lines, uploads
from benchmarks.ingest.load import Run, send
from benchmarks.ingest.reading import HOURS, last_day, read_all
from benchmarks.ingest.servers import Server
from benchmarks.ingest.tables import document
from reports.summaries import Summary

FEW, MANY = 2_000, 100_000
"""Sites whose series a store has seen, and of which it has seen none."""

BATCH = 100
CONNECTIONS = 64
STORES = ("SQLite", "PostgreSQL", "PostgreSQL, 2 processes")
OTHERS: dict[str, tuple[Callable[[Path], AbstractContextManager[Server]], Callable[[Server], int]]] = {
    "InfluxDB": (servers.influxdb, servers.influxdb_points),
    "VictoriaMetrics": (servers.victoria_metrics, servers.victoria_metrics_points),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest")
    parser.add_argument("--suite", type=Path, help="the document to write")
    parser.add_argument("--seconds", type=int, default=8, help="of each run")
    parser.add_argument(
        "--only",
        action="append",
        help="SQLite, PostgreSQL, 'PostgreSQL, 2 processes', TLS, InfluxDB or VictoriaMetrics",
    )
    parser.add_argument("--cases", action="append", choices=["warm", "batched", "new"], help="which loads")
    parser.add_argument(
        "--folder", type=Path, help="where the stores and requests go (default: a temporary one)"
    )
    asked = parser.parse_args()
    cases = asked.cases or ["warm", "batched", "new"]
    chosen = asked.only or [*STORES, "TLS", *OTHERS]
    before = os.getloadavg()
    writes: list[Run] = []
    reads: list[Run] = []
    idle: dict[str, float] = {}
    for case in cases:
        for name in chosen:
            if name == "TLS" and case == "new":
                continue
            with tempfile.TemporaryDirectory(prefix="bandgap-ingest-", dir=asked.folder) as place:
                _run(name, case, Path(place), asked.seconds, writes, reads, idle)
    text = document(writes, reads, idle, before, os.getloadavg(), _machine(), asked.seconds)
    print(text)
    if asked.suite:
        asked.suite.write_text(text)


def _run(
    name: str,
    case: str,
    folder: Path,
    seconds: int,
    writes: list[Run],
    reads: list[Run],
    idle: dict[str, float],
) -> None:
    sites, batch = (MANY, 1) if case == "new" else (FEW, BATCH if case == "batched" else 1)
    ours = name in (*STORES, "TLS")
    with _serving(name, folder, sites) as (server, counted):
        if ours:
            idle.setdefault(name, server.resident_mb())
        expected = {"warm": 15_000 if ours else 6_000, "batched": 500, "new": 12_000}[case]
        rounds = max(1, -(-expected * seconds // sites))
        now = datetime.now(UTC)  # noqa: TID251  # a benchmark is an entry point
        first = case == "warm"
        sent = uploads(
            sites, rounds + first, batch, now - timedelta(hours=HOURS)
        )  # the last day is for reading
        if first:  # each site once, so that its series is there, and its token was seen
            begun = _made(folder / "first", sent, ours=ours, most=sites)
            send(f"{name}, first", server, begun, connections=CONNECTIONS, seconds=max(2, seconds // 2))
        made = _made(folder / "requests", sent, ours=ours, most=expected * seconds)
        run = send(f"{name}, {case}", server, made, connections=CONNECTIONS, seconds=seconds)
        kept, answered = counted(server), run.requests * run.points_each
        if not run.used_up:
            # Those that were on their way at the end may have been stored without an answer having come.
            assert answered <= kept * 1.001 + 1, f"{name}: {kept:,} points of {answered:,.0f} were kept"
        writes.append(run)
        print(f"{run.what}: {run.requests_per_s:,.0f} /s, p99 {run.p99_ms:.1f} ms, {run.cores:.2f} cores, "
              f"{run.resident_mb:.0f} MB, {run.failed} failed", flush=True)  # fmt: skip
        if case == "warm" and name != "TLS":
            day = last_day(name, server, sites, now)
            for found in read_all(name, server, folder, day, sites, min(seconds, 5)):
                reads.append(found)
                print(f"{found.what}: {found.requests_per_s:,.0f} /s, p99 {found.p99_ms:.1f} ms, "
                      f"{found.cores:.2f} cores, {found.failed} failed", flush=True)  # fmt: skip


@contextmanager
def _serving(name: str, folder: Path, sites: int) -> Iterator[tuple[Server, Callable[[Server], int]]]:
    if name in OTHERS:
        start, counted = OTHERS[name]
        with start(folder) as server:
            yield server, counted
    else:
        kind = "SQLite" if name == "TLS" else name.partition(",")[0]
        count = 2 if name.endswith("2 processes") else 1
        with servers.collector(folder, kind, sites, tls=name == "TLS", processes=count) as server:
            yield server, servers.collector_points


def _made(file: Path, sent: Iterator[tuple[int, list[Summary], bytes]], *, ours: bool, most: int) -> Requests:
    """So many requests that none is sent twice, if that many are sent."""
    made = Requests(file)
    for number, hours, body in sent:
        if ours:
            head = (f"POST /v1/summaries HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer bandgap_{number}\r\n"
                    "Content-Type: application/json")  # fmt: skip
            made.add(head, body, hours)
        else:
            made.add("POST /write?db=bandgap HTTP/1.1\r\nHost: x", as_lines(number, hours), hours)
        if made.requests >= most:
            break
    made.close()
    return made


def _machine() -> str:
    cores = os.cpu_count()
    version = subprocess.run(
        ["/usr/lib/postgresql/15/bin/postgres", "--version"], capture_output=True, text=True, check=False
    )
    return f"{cores} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}, {version.stdout.strip()}"


if __name__ == "__main__":
    main()
