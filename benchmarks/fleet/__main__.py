"""What a large fleet costs: filled, judged, and looked at, with some history and with ten times of it.

    python -m benchmarks.fleet --sites 100000 [--times 10] [--folder DIR] [--database URL]

Prints CPU seconds of the judgement of all sites, and for each page the median and the 95th percentile of the time
from asking to the last byte, one request at a time, from a client on the same machine.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
import requests
from sqlalchemy import Engine, select

from benchmarks.fleet.filling import History, fill
from collector import tables
from collector.database import Database, named
from collector.engine import engine
from collector.settings import load
from collector.standings.judging import Judge
from collector.store import open_store
from reports.shipped import chosen, shipped_targets

WARM = 3

Figures = dict[str, tuple[float, float, float]]
"""Median and 95th percentile, and the server's own processor time, in ms."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one history came to."""

    summaries: int
    size_mb: float
    judge_s: float
    again_s: float
    rss_mb: float
    pages: Figures


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sites", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=10, help="the second history, in multiples of the first")
    parser.add_argument("--folder", type=Path, help="where the databases go; kept there")
    parser.add_argument(
        "--database", action="append", help="filled already, or to be filled; instead of files"
    )
    parser.add_argument("--weeks", type=int, default=3)
    parser.add_argument("--days", type=int, default=2)
    parser.add_argument("--hours", type=int, default=3)
    parser.add_argument("--requests", type=int, default=60, help="of each kind")
    asked = parser.parse_args()
    small = History(asked.weeks, asked.days, asked.hours)
    large = History(*(asked.times * n for n in (small.weeks, small.days, small.hours)))
    print(f"load average {os.getloadavg()[0]:.2f}, {os.cpu_count()} cores, {_now():%Y-%m-%d %H:%M}")
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        home = asked.folder or Path(folder)
        places = asked.database or [str(home / f"fleet-{one.each}.sqlite") for one in (small, large)]
        runs = [
            _run(named(place), asked.sites, history, asked.requests)
            for place, history in zip(places, (small, large), strict=False)
        ]
    _show(asked.sites, runs)


def _run(database: Database, sites: int, history: History, requests_each: int) -> Run:
    now = _now().replace(microsecond=0)
    store, source = open_store(database), engine(database)
    if not _filled(source):
        began = time.perf_counter()
        fill(source, store, sites, history, now, told=_progress(sites, began))
        print(f"\rfilled {sites:,} sites in {time.perf_counter() - began:,.0f} s" + " " * 20)
    settings = load(None)
    target = chosen(settings.targets.sets, shipped_targets())[0]
    judge = Judge(source, store, target, settings.evidence, settings.fleet.silent_after, _now)
    began = _cpu()
    judge.catch_up(everything=True)
    judge_s = _cpu() - began
    judge.look_back(min(26, history.weeks - 1))
    began = _cpu()
    judge.catch_up()
    again_s = _cpu() - began
    source.dispose()
    store.close()
    files = database.path.parent.glob(f"{database.path.name}*") if database.path else ()
    size = sum(one.stat().st_size for one in files)
    with _serving(database) as (url, process):
        pages = _ask(url, sites, psutil.Process(process.pid), requests_each)
        rss = psutil.Process(process.pid).memory_info().rss / 1e6
    return Run(sites * history.each, size / 1e6, judge_s, again_s, rss, pages)


def _filled(source: Engine) -> bool:
    with source.connect() as connection:
        return connection.execute(select(tables.sites.c.key).limit(1)).first() is not None


def _progress(sites: int, began: float) -> Callable[[int], None]:
    def told(count: int) -> None:
        if sys.stdout.isatty():
            print(f"\r{count:,} of {sites:,} sites, {time.perf_counter() - began:,.0f} s", end="", flush=True)

    return told


@contextmanager
def _serving(database: Database) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    words = [sys.executable, "-P", "-c", "import sys; from agent.cli import main; sys.exit(main())"]
    place = database.url or str(database.path)
    process = subprocess.Popen(
        [*words, "collector", "serve", "--port", "0", "--database", place],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[-1], process
    finally:
        process.terminate()
        process.wait(30)


def _ask(url: str, sites: int, server: psutil.Process, each: int) -> Figures:
    chance = random.Random(1)
    session = requests.Session()

    def school() -> str:
        return f"/sites/{chance.randrange(sites):012d}"

    following = session.get(f"{url}/v1/sites?limit={min(1000, sites // 2)}&sort=demand", timeout=60).links[
        "next"
    ]["url"]
    kinds = {
        "overview": lambda: "/",
        "table, worst gap first": lambda: "/sites",
        "table, by demand": lambda: "/sites?sort=demand",
        "table, short ones by name": lambda: "/sites?state=short&sort=name",
        "table, a word searched": lambda: f"/sites?q={chance.choice(('lincoln', 'cedar', 'zzz', '00012'))}",
        "table, a page far in": lambda: following.replace("/v1/sites", "/sites"),
        "districts": lambda: "/districts",
        "map": lambda: "/map",
        "silent": lambda: "/silent",
        "contracts": lambda: "/contracts",
        "school": school,
        "/v1/fleet": lambda: "/v1/fleet",
        "/v1/sites": lambda: "/v1/sites",
        "/metrics": lambda: "/metrics",
    }
    found: Figures = {}
    for name, address in kinds.items():
        took, used = [], 0.0
        for n in range(WARM + each):
            path = address()
            began = time.perf_counter()
            answer = session.get(url + path, timeout=60)
            if n == WARM - 1:
                used = sum(server.cpu_times()[:2])
            if n >= WARM:
                took.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
        spent = (sum(server.cpu_times()[:2]) - used) / each * 1000
        found[name] = statistics.median(took), statistics.quantiles(took, n=20)[-1], spent
    return found


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # a benchmark is an entry point


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _show(sites: int, runs: list[Run]) -> None:
    def row(name: str, cells: list[str]) -> None:
        print(f"{name:<34}" + "".join(f"{cell:>24}" for cell in cells))

    row(f"{sites:,} sites", [f"{run.summaries:,} summaries" for run in runs])
    row("database, MB", [f"{run.size_mb:,.0f}" for run in runs])
    row("all judged, CPU s (bar 60)", [f"{run.judge_s:.1f}" for run in runs])
    row("nothing new, CPU s", [f"{run.again_s:.2f}" for run in runs])
    row("server's memory, MB", [f"{run.rss_mb:,.0f}" for run in runs])
    print("page, ms: median, 95th percentile (bar 150); the server's processor time")
    for name in runs[0].pages:
        row(f"  {name}", ["{:.0f}, {:.0f}; {:.0f}".format(*run.pages[name]) for run in runs])


if __name__ == "__main__":
    main()
