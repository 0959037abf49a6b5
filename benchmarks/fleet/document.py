"""docs/fleet.md from what was measured."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.fleet.asking import COLD, Figures
from benchmarks.fleet.deepening import SAMPLED, Depth
from collector.looking import DAYS_SHOWN
from collector.views.school import HEAT_WEEKS, WEEKS_FORECAST

BAR_MS, BAR_JUDGE_S = 150, 60
BUSY = 1.5
"""A load of the machine before the run from which figures are no more than provisional."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was to be measured, when, and how busy the machine was with other work before."""

    sites: int
    depth: Depth
    times: int
    requests: int
    at: datetime
    load: float


@dataclass(frozen=True, slots=True)
class Run:
    """What one history came to in one store; seconds are of the processor."""

    store: str
    periods: int
    hours: int
    size_mb: float
    judge_s: float
    again_s: float
    memory_mb: float
    pages: dict[str, Figures]


def document(asked: Asked, runs: list[Run]) -> str:
    depth, times = asked.depth, asked.times
    lines = [
        "# A large fleet's pages",
        "",
        f"What it costs to judge {asked.sites:,} sites and to show them, in {_stores(runs)}, with some history and",
        f"with {times} times of it. `make fleet-speed` found and wrote it; the fleet is made up (`benchmarks/fleet/`, seeded).",
        "",
        f"Measured {asked.at:%Y-%m-%d} on {os.cpu_count()} cores, {_processor()}, client, collector and store together; Python "
        f"{platform.python_version()}, SQLAlchemy {version('sqlalchemy')}. Load average before it began: {asked.load:.1f}.",
        *_provisional(asked.load),
        "",
        f"**The history.** Every site has {depth.weeks} weeks, {depth.days} days and {depth.hours} hours, and one in {SAMPLED} has "
        f"{depth.sampled:,} hours; then",
        f"{depth.weeks * times} weeks, {depth.days * times} days and {depth.hours * times} hours, and one in {SAMPLED} "
        f"{depth.sampled * times:,} hours. Hours of all sites for so long would fill",
        "a larger disk than this; a school's page reads the rows of one site by their index, so those of one in "
        f"{SAMPLED} tell what it costs.",
        "",
        "| | "
        + " | ".join(f"{run.store}, {'1' if n % 2 == 0 else times} ×" for n, run in enumerate(runs))
        + " |",
        "|---|" + "---|" * len(runs),
        _row("weeks and days", [f"{run.periods:,}" for run in runs]),
        _row("hours", [f"{run.hours:,}" for run in runs]),
        _row("database, MB", [f"{run.size_mb:,.0f}" for run in runs]),
        _row(f"all sites judged, s of one core (bar {BAR_JUDGE_S})", [f"{run.judge_s:.1f}" for run in runs]),
        _row("looked through, nothing new, s", [f"{run.again_s:.2f}" for run in runs]),
        _row("collector's memory, MB", [f"{run.memory_mb:,.0f}" for run in runs]),
        "",
        f"**Pages.** {asked.requests} requests of each, one at a time, each of another school, filter, order or place in the table where",
        "there are several; of somebody who is signed in and sees everything, unless it says whom. In ms: the 50th, 95th and",
        "99th percentile from asking to the last octet; the processor time of collector and store for one; and cold, the median",
        f"of {COLD} first requests after a start with the store's files out of the page cache. The bar is a 95th percentile of",
        f"{BAR_MS} ms, and no slower with {times} times the history.",
    ]
    lines += [
        "",
        "What a page reads doesn't grow with the history: overview, table, districts and map read what was judged, a row a",
        f"site; a school's page its own newest {WEEKS_FORECAST} weeks, {DAYS_SHOWN} days and the hours of {HEAT_WEEKS} weeks. With",
        "all of the hours of these weeks, and more weeks to draw, it is dearer than with few.",
    ]
    for n, run in enumerate(runs):
        lines += [
            "",
            f"## {run.store}, {'the first history' if n % 2 == 0 else f'{times} times the history'}",
            "",
            "| page | p50 | p95 | p99 | processor | cold |",
            "|---|---|---|---|---|---|",
            *(_row(name, _cells(figures)) for name, figures in run.pages.items()),
            "",
            _verdict(run),
        ]
    return "\n".join([*lines, ""])


def _stores(runs: list[Run]) -> str:
    return " and in ".join(dict.fromkeys(run.store for run in runs))


def _cells(figures: Figures) -> list[str]:
    each = (figures.p50, figures.p95, figures.p99, figures.processor, figures.cold)
    return [f"{ms:.0f}" for ms in each]


def _row(name: str, cells: list[str]) -> str:
    return f"| {name} | " + " | ".join(cells) + " |"


def _verdict(run: Run) -> str:
    over = [f"{name} ({figures.p95:.0f})" for name, figures in run.pages.items() if figures.p95 > BAR_MS]
    return f"Over the bar: {', '.join(over)}." if over else "All are within the bar."


def _provisional(load: float) -> list[str]:
    if load <= BUSY:
        return []
    return [
        "",
        f"**Provisional:** other work held the machine (load {load:.1f}), so that times by the clock are longer than "
        "they need be.",
        "Processor time is nearer to what a page costs.",
    ]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
