"""What a large fleet costs: filled, judged, and looked at, with some history and with ten times of it.

    python -m benchmarks.fleet --sites 100000 [--times 10] [--store SQLite] [--folder DIR] [--output docs/fleet.md]

In each store a fleet is filled and judged, all its pages are asked for, its history is made longer, and the same is
done again: CPU seconds of the judgement of all sites, and for each page how long it took from asking to the last
octet, one request at a time, from a client on the same machine.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, func, select

from benchmarks.fleet import asking
from benchmarks.fleet.deepening import Depth, deepen
from benchmarks.fleet.document import Asked, Run, document
from benchmarks.fleet.filling import History, fill
from benchmarks.fleet.stores import STORES, Stored, stored
from collector.engine import engine, reading
from collector.settings import load
from collector.standings.judging import Judge
from collector.store import open_store
from collector.tables import hours, summaries
from reports.shipped import chosen, shipped_targets


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sites", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=10, help="the second history, in multiples of the first")
    parser.add_argument("--store", choices=STORES, action="append", help="one of them alone")
    parser.add_argument("--folder", type=Path, help="where SQLite's file is made")
    parser.add_argument("--sampled", type=int, default=840, help="hours of one site in a hundred")
    parser.add_argument("--requests", type=int, default=100, help="of each page")
    parser.add_argument("--output", type=Path, help="the document to write")
    asked = parser.parse_args()
    depth = Depth(sampled=asked.sampled)
    runs = []
    load = os.getloadavg()[0]  # before anything of ours runs
    for name in asked.store or STORES:
        with tempfile.TemporaryDirectory(dir=asked.folder) as folder, stored(name, Path(folder)) as store:
            runs += _runs(store, asked.sites, depth, asked.times, asked.requests)
    said = document(Asked(asked.sites, depth, asked.times, asked.requests, _now(), load), runs)
    print(said)
    if asked.output:
        asked.output.write_text(said)


def _runs(store: Stored, sites: int, depth: Depth, times: int, requests: int) -> list[Run]:
    now = _now().replace(microsecond=0)
    uploads, source = open_store(store.database), engine(store.database)
    began = time.perf_counter()
    base = Depth(depth.weeks, depth.days, depth.hours, depth.hours)
    fill(
        source, uploads, sites, History(base.weeks, base.days, base.hours), now, told=_progress(sites, began)
    )
    uploads.close()
    deepen(source, base, depth, now)
    _tell(f"{store.name}: {sites:,} sites filled in {time.perf_counter() - began:,.0f} s")
    people = asking.let_in(source, now)
    found = [_run(store, source, people, requests)]
    began = time.perf_counter()
    deepen(source, depth, depth.times(times), now)
    _tell(f"{store.name}: {times} times the history in {time.perf_counter() - began:,.0f} s")
    return [*found, _run(store, source, people, requests)]


def _run(store: Stored, source: Engine, people: asking.People, requests: int) -> Run:
    uploads, settings = open_store(store.database), load(None)
    target = chosen(settings.targets.sets, shipped_targets())[0]
    judge = Judge(source, uploads, target, settings.evidence, settings.fleet.silent_after, _now)
    began = _cpu() + store.processor_s()
    judge.catch_up(everything=True)
    judge_s = _cpu() + store.processor_s() - began
    began = _cpu() + store.processor_s()
    judge.catch_up()
    again_s = _cpu() + store.processor_s() - began
    judge.look_back(3)
    uploads.close()
    with reading(source) as connection:
        rows = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (summaries, hours)
        }
    _tell(f"{store.name}: judged in {judge_s:.1f} s of processor")
    pages, memory_mb = asking.measured(store, source, people, requests)
    return Run(
        store.name, rows["summaries"], rows["hours"], store.size_mb(), judge_s, again_s, memory_mb, pages
    )


def _progress(sites: int, began: float) -> Callable[[int], None]:
    def told(count: int) -> None:
        if sys.stderr.isatty():
            print(
                f"\r{count:,} of {sites:,} sites, {time.perf_counter() - began:,.0f} s",
                end="" if count < sites else "\n",
                file=sys.stderr,
                flush=True,
            )

    return told


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # a benchmark is an entry point


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
