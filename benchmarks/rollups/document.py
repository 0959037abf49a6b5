"""docs/scale.md from what was measured: every figure says whether it was, or what it was derived from."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

from benchmarks.rollups.measuring import Cost, Moving

NATION = 6_000_000
"""Sites: about as many as there are schools in the world."""

HOT_DAYS = 90
HOURS_A_YEAR = 8766
BAR_S, BAR_HOURS = 0.5, 19_000_000
BUSY = 1.0
"""A load of the machine before the run from which figures are no more than provisional."""

TITLES = {
    "demand": "the site's demand (`2_demand.sql`)",
    "delivery": "what was delivered (`3_delivery.sql`, two medians)",
    "site": "a row a site, all figures",
    "district": "a row a district, hours summed across its sites",
    "state": "a row a state",
}


def document(
    sites: int,
    rows: int,
    size: int,
    duck: dict[str, Cost],
    duck_mb: float,
    spark: tuple[dict[str, Cost], float] | None,
    moved: Moving,
    load: float,
) -> str:
    counted = duck["rows"].rows
    each = size / rows
    kept = moved.store_bytes / moved.hours
    per_million = moved.cost.cpu_s / moved.hours * 1e6
    lines = [
        "# Past one machine",
        "",
        "What a fleet's hours cost to keep, to move and to roll up. *Measured* is what `make rollups` found and wrote",
        "here; *derived* is multiplied from that, and says from what. The fleet is made up (`benchmarks/rollups/fleet.py`,",
        "seeded): terms and holidays, growth, four time zones, shared circuits, silent sites, four throughput tests a day.",
        "",
        f"Machine: {os.cpu_count()} cores, {_processor()}; Python {platform.python_version()}, DuckDB {version('duckdb')}, "
        f"PyArrow {version('pyarrow')}{', Spark ' + version('pyspark') if spark else ''}.",
        *_provisional(load),
        "",
        f"## A week of {sites:,} sites",
        "",
        f"{counted:,} hours of the week, in an archive of {rows:,} rows and {size / 1e6:,.0f} MB (the eight UTC days that",
        f"the week reaches into): {each:.1f} bytes a row. All measured; each is the best of several runs, files in the page",
        "cache.",
        "",
        "| roll-up | rows | DuckDB s | processor s | Spark, two workers, s |",
        "|---|---|---|---|---|",
    ]
    for name, title in TITLES.items():
        cost = duck[name]
        beside = f"{spark[0][name].wall_s:.1f}" if spark and name in spark[0] else "–"
        lines.append(f"| {title} | {cost.rows:,} | {cost.wall_s:.2f} | {cost.cpu_s:.2f} | {beside} |")
    lines += [
        "",
        f"Peak memory of the process: DuckDB {duck_mb:,.0f} MB"
        + (f"; Spark, its driver and both workers together, {spark[1]:,.0f} MB." if spark else "."),
        *_bar(counted, duck),
        *_steps(duck),
        "",
        "## What moving costs",
        "",
        f"A day of {moved.hours:,} hours from an SQLite store into a part, read back and taken out of the store: "
        f"{moved.cost.wall_s:.1f} s,",
        f"{moved.cost.cpu_s:.1f} s of processor (measured). A row is {kept:.0f} bytes in the store, indexes and the sites "
        f"themselves included, and",
        f"{moved.part_bytes / moved.hours:.0f} in its part (measured).",
        "",
        "| what | figure | |",
        "|---|---|---|",
        f"| a million hours in the store | {kept * 1e6 / 1e6:,.0f} MB | derived from bytes a row |",
        f"| a million hours in the archive | {each * 1e6 / 1e6:,.0f} MB | derived from bytes a row |",
        f"| to move a million hours | {per_million:,.0f} s of one core | derived from the day above |",
        f"| to roll up a million hours, all of a site's figures | {duck['site'].cpu_s / counted * 1e6:.3f} s of one core | derived from the week above |",
        f"| a site for {HOT_DAYS} days in the store | {kept * 24 * HOT_DAYS / 1e3:,.0f} kB | derived: 24 hours a day |",
        f"| a site's year in the archive | {each * HOURS_A_YEAR / 1e3:,.0f} kB | derived: {HOURS_A_YEAR:,} hours |",
        "",
        f"## On paper: {NATION:,} schools",
        "",
        "Nothing here was run; each figure is the one above times the schools.",
        "",
        "| what | figure | derived from |",
        "|---|---|---|",
        f"| summaries a second, an hour of all schools spread over the hour | {NATION / 3600:,.0f} | an hour has 3,600 s; see the rate that one collector takes |",
        f"| hours a day | {NATION * 24 / 1e6:,.0f} million | |",
        f"| the store, {HOT_DAYS} days | {kept * 24 * HOT_DAYS * NATION / 1e12:,.1f} TB | bytes a row in SQLite; PostgreSQL adds its own |",
        f"| the archive, a year | {each * HOURS_A_YEAR * NATION / 1e12:,.1f} TB | bytes a row of Parquet |",
        f"| to move a day's hours | {per_million * NATION * 24 / 1e6 / 3600:,.1f} h of one core | one run at a time works on a database: state by state, each with its own, they run beside each other |",
        f"| the week's roll-up of all figures by site | {duck['site'].cpu_s / counted * NATION * 168:,.0f} s of one core | linear in hours; sites' groups then take {duck_mb * NATION / sites / 1000:,.0f} GB of memory if that is linear too |",
        f"| the same on 64 cores | {duck['site'].cpu_s / counted * NATION * 168 / 64:,.0f} s | if it divides evenly |",
        "",
        "One run of `archive` at a time works on a database, and one DuckDB on a machine: beyond what these do in a night,",
        "each state has a collector and a database of its own, all share one archive, and Spark adds up machines. It runs the",
        "same SQL (`collector/rollups/*.sql`) over the same files; `make spark` holds its figures against DuckDB's to the last",
        "digit, on a cluster of two workers, one of which is killed. No larger cluster was tried.",
        "",
        "## What a roll-up of hours can say",
        "",
        "An hour's summary has percentiles of its twelve five-minute means, and not the means. So sums, counts, extremes and "
        "outages",
        "of a week of hours are the agents' own weeks' figures (a test holds them equal); the median of tests is, but for half "
        "a bit,",
        "where no hour had more than one trusted test. The 95th percentile of a week's five-minute means is not to be had "
        "from hours:",
        "it stands in the site's own week, which stays in the store. Roll-ups have the highest five-minute mean instead, and "
        "for",
        "places the busiest hour and the 95th percentile of the school hours' sums. Hours are UTC's: where a time zone isn't "
        "whole hours",
        "off, the week's first and last half-hour differ too. Outage minutes of an hour in which nobody counted or probed are "
        "unknown",
        "and add nothing, in a week as in its hours; an outage that is cut at an hour is added up again.",
        "",
    ]
    return "\n".join(lines)


def _bar(hours: int, duck: dict[str, Cost]) -> list[str]:
    """What the bar is, and whether a week of as many hours keeps it; a smaller one says nothing of it."""
    demand, site = duck["demand"], duck["site"]
    kept = "keeps it" if demand.wall_s <= BAR_S else "misses it in this run"
    said = (
        f"The site's demand {kept} at {demand.wall_s:.2f} s; all figures of a site take {site.wall_s:.2f} s."
        if hours >= BAR_HOURS
        else "This week is a smaller one, and says nothing of it."
    )
    return [
        f"The bar is {BAR_S} s for a week of 20 million hours.",
        said,
        "Rates are kept as they are, in 32 bits, for they hardly repeat: packed and in 64 bits they took a tenth less of the disk, and",
        "the site's demand 1.3 to 1.4 times the processor time beside these in one run. Medians, which must hold every value, are",
        "about a third of what was delivered.",
    ]


def _steps(duck: dict[str, Cost]) -> list[str]:
    """What each part of the site's demand adds, in processor seconds."""
    apart, counts, rates, demand = (duck[name].cpu_s for name in ("apart", "counts", "rates", "demand"))
    lines = [
        ("sites told apart and their hours counted", apart),
        ("four counts added up", counts - apart),
        ("the highest of four rates that nearly every hour has", rates - counts),
        ("the highest of two rates that school hours have", demand - rates),
    ]
    return [
        "",
        "Where the site's demand spends its processor seconds (measured, each line by asking for it and for those above):",
        "",
        "| what | s |",
        "|---|---|",
        *(f"| {name} | {max(0.0, seconds):.2f} |" for name, seconds in lines),
        "",
        "Where one file of the week has hours with rates past 32 bits, which only lines beyond 2 Gbps carry, DuckDB widens all",
        f"of them: {duck['wide'].cpu_s:.2f} s of processor, {duck['wide'].wall_s:.2f} s (measured).",
    ]


def _provisional(load: float) -> list[str]:
    if load <= BUSY:
        return []
    return [
        "",
        f"**Provisional:** other work held the machine meanwhile (load {load:.1f} on {os.cpu_count()} cores), so "
        "seconds by the clock",
        "are longer than they need be; processor seconds are nearer to what it costs.",
    ]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
