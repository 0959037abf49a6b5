"""The document of a run, docs/ingest.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.ingest.load import Run

BUSY = 0.5
"""A machine with more than this many others waiting for a processor gives provisional figures."""

INTRODUCTION = """# What a collector takes in

What `make ingest` printed last. A made-up fleet sends what agents send - hours with their links, one to a request or a
hundred, each other figures - over 64 kept connections with wrk, on the same machine as the server. wrk is a closed loop
with one thread, so times are those of a server that is never idle. Every answer is a receipt for what is on the disk
(SQLite with synchronous=FULL, PostgreSQL with synchronous_commit=on), the token of every request is checked against the
store, rate limits are on (and high), and every summary is judged, linked and counted at the end. *Warm* are 2,000 sites
that send again and again, *new* are 100,000 that send for the first time, *batched* is a hundred hours to a request.
*TLS* is nginx before the collector on SQLite, TLS 1.3, *2 processes* is `listen.processes = 2`. *Cores* are the
processor time of the server with all that belongs to it (PostgreSQL, nginx), over the run's; wrk takes what is left.

InfluxDB 1.6 and VictoriaMetrics 1.79, Debian's, are sent the same figures as line protocol, a point for each figure that
isn't missing, none of them in the future, and asked afterwards how many they have. VictoriaMetrics answers before
anything is on the disk. Both are old versions: newer ones may do better."""


def document(
    writes: Sequence[Run], reads: Sequence[Run], idle: Mapping[str, float], before: tuple[float, ...],
    after: tuple[float, ...], machine: str, seconds: int,
) -> str:  # fmt: skip
    busy = max(before[0], 0) > BUSY
    load = f"Load averages {before[0]:.1f} before and {after[0]:.1f} after; {machine}; runs of {seconds} s."
    if busy:
        load += (
            " **Provisional: other programs had the processors at the same time, so every rate is too low.**"
        )
    ours = [run for run in writes if not run.what.startswith(("InfluxDB", "VictoriaMetrics"))]
    resident = "\n".join(
        f"| {name} | {found:.0f} | {max(run.resident_mb for run in ours if run.what.rpartition(', ')[0] == name):.0f} |"
        for name, found in idle.items()
    )
    return f"""{INTRODUCTION}

{load}

| store, load | requests/s | summaries/s | points/s | p50 ms | p99 ms | cores | MB |
|---|---|---|---|---|---|---|---|
{_rows(writes)}

A cell in *italics* had sent all that was made for it and began again, with what was known already.

## Reading

One site's last whole day over 16 connections, sites in no order: one series of 24 points, then all of its figures, and
of a collector the whole site too (its facts, gaps, weeks, days, hours and chain). A collector is asked with an API token,
which it looks for in its database, with its scope and its part of the tree, at every request; the others ask for none.
*us a read* is the processor time of the server with all that belongs to it.

| store | requests/s | points/s | p50 ms | p99 ms | cores | us a read |
|---|---|---|---|---|---|---|
{_read_rows(reads)}

## Memory

The collector's own resident memory in MB, after its start with the fleet enrolled, and the most after a run. Of several
processes, with the one that minds them, it is what each has for itself, and once what they share.

| store | idle | under load |
|---|---|---|
{resident}
"""


def _rows(runs: Sequence[Run]) -> str:
    return "\n".join(
        f"| {_mark(run)} | {run.requests_per_s:,.0f} | {run.summaries_per_s:,.0f} | {run.points_per_s:,.0f} "
        f"| {run.p50_ms:.1f} | {run.p99_ms:.1f} | {run.cores:.2f} | {run.resident_mb:.0f} |"
        + (f" {run.failed:,} failed" if run.failed else "")
        for run in runs
    )


def _mark(run: Run) -> str:
    return f"*{run.what}*" if run.used_up else run.what


def _read_rows(runs: Sequence[Run]) -> str:
    return "\n".join(
        f"| {run.what} | {run.requests_per_s:,.0f} | {run.points_per_s:,.0f} | {run.p50_ms:.1f} | {run.p99_ms:.1f} "
        f"| {run.cores:.2f} | {run.cores / run.requests_per_s * 1e6:,.0f} |"
        for run in runs
    )
