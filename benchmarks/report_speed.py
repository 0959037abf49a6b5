"""What a report costs in processor time, from a store of three months and from one of three years.

    .venv/bin/python -m benchmarks.report_speed

Both stores are what an agent of that age has kept: rows of a minute for 35 days, five-minute means for two
years, tests, outages and summaries for ever, a stretch of probing a day. A report is the whole command, a process
from its start to its end, as a person or a timer runs it; the least of several runs is printed, user and system
time together, because a busy machine only adds to it. Budgets: text 0.5 s, HTML 1.5 s, PDF 4 s.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent import store
from agent.migrations import transaction

END = datetime(2026, 11, 24, tzinfo=UTC)
KEEP_MINUTES_DAYS, KEEP_MEANS_DAYS = 35, 730
SETTINGS = """[site]
name = "Bluestem Consolidated School"
students = 412
staff = 46
timezone = "America/Chicago"
[contract]
down_mbps = 250
up_mbps = 50
"""
BUDGET_S = {"text": 0.5, "html": 1.5, "pdf": 4.0}
WEEK = ("--week", "2026-W47")
REPORTS = (
    ("text", WEEK),
    ("html", WEEK),
    ("pdf", WEEK),
    ("xlsx", WEEK),
    ("md", WEEK),
    ("json", WEEK),
    ("html", ("--month", "2026-10")),
    ("html", ("--school-year", "2025-26")),
)
BANDGAP = (sys.executable, "-P", "-c", "import sys; from agent.cli import main; sys.exit(main())")
ROOT = Path(__file__).parents[1]


def usage(days: int, step_s: int) -> Iterator[tuple[object, ...]]:
    """Rows of the last days, a school's day in each."""
    chance = random.Random(days)
    end_s = int(END.timestamp())
    for at in range(end_s - days * 86_400, end_s, step_s):
        busy = 14 <= at // 3600 % 24 < 22 and at // 86_400 % 7 in (4, 5, 6, 0, 1)
        down = int(step_s * chance.uniform(2e6, 12e6 if busy else 3e6))
        yield at, "enp1s0", float(step_s), down, down // 9, down * 14 / step_s / 1e6, 4.2, 0.0


def tests(days: int) -> Iterator[tuple[object, ...]]:
    """Four a day."""
    chance = random.Random(days)
    for n in range(days * 4):
        at = int((END - timedelta(hours=6 * (n + 1), seconds=chance.uniform(0, 900))).timestamp())
        rates = chance.uniform(150, 210), chance.uniform(40, 50)
        yield (
            f"{n:032x}",
            at,
            at + 14,
            "http",
            "https://collector.example.org",
            "ok",
            *rates,
            12.0,
            41.0,
            10**8,
            10**7,
            "[]",
        )


def build(folder: Path, days: int) -> Path:
    """The store of an agent that is ``days`` old, with its settings beside it."""
    state = folder / f"{days} days"
    state.mkdir()
    (folder / "agent.toml").write_text(SETTINGS)
    with closing(store.open_store(state)) as connection, transaction(connection):
        for table, kept, step_s in (
            ("usage_minutes", min(days, KEEP_MINUTES_DAYS), 60),
            ("usage_five_minutes", min(days, KEEP_MEANS_DAYS), 300),
        ):
            connection.executemany(
                f"""INSERT INTO {table} (started_at, interface, interval_s, rx_bytes, tx_bytes,
                    peak_rx_mbps, peak_tx_mbps, link_down_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
                usage(kept, step_s),
            )
        connection.executemany(
            """INSERT INTO capacity_samples (id, started_at, ended_at, engine, server, outcome, down_mbps, up_mbps,
               latency_idle_ms, latency_loaded_ms, down_bytes, up_bytes, flags)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            tests(days),
        )
        for day in range(days):
            at = int((END - timedelta(days=day + 1)).timestamp())
            connection.execute("INSERT INTO probed VALUES (?, ?)", (at, at + 86_000))
            for n in range(3):
                began = at + 20_000 * n
                connection.execute(
                    "INSERT INTO outages VALUES (?, ?, ?, 'internet', NULL)", (began, began + 60, began + 120)
                )
            for hour in range(24):
                label = f"{day}.{hour}"
                connection.execute(
                    "INSERT INTO summaries (id, kind, label, starts_at, ends_at, through_at, body) VALUES (?, 'hour', ?, ?, ?, ?, ?)",
                    (
                        label,
                        label,
                        at + hour * 3600,
                        at + hour * 3600 + 3600,
                        at + hour * 3600 + 3600,
                        "x" * 900,
                    ),
                )
        connection.execute("DELETE FROM outbox")
    return state


def cost(folder: Path, state: Path, form: str, words: tuple[str, ...]) -> tuple[float, int]:
    """Processor seconds of one report as a process of its own, and its octets."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "BANDGAP_CONFIG": str(folder / "agent.toml"),
        "BANDGAP_STATE_DIR": str(state),
    }
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [*BANDGAP, "report", "--format", form, *words]
    made = subprocess.run(command, env=environ, cwd=folder, capture_output=True, check=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, len(made)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    late = []
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as name:
        folder = Path(name)
        young, old = build(folder, 91), build(folder, 3 * 365)
        print(f"{'report':<28} {'3 months':>9} {'3 years':>9} {'budget':>8} {'size':>9}")
        for form, words in REPORTS:
            found = {}
            octets = 0
            for state in (young, old):
                runs = [cost(folder, state, form, words) for _ in range(args.runs)]
                found[state], octets = min(seconds for seconds, _ in runs), runs[0][1]
            budget = BUDGET_S.get(form) if words == WEEK else None
            limit = f"{budget:.1f} s" if budget else ""
            kind = f"{form} {' '.join(words)}"
            print(
                f"{kind:<28} {found[young]:7.2f} s {found[old]:7.2f} s {limit:>8} {octets / 1000:6.0f} kB",
                flush=True,
            )
            if budget and found[old] > budget:
                late.append(kind)
    for kind in late:
        print(f"over its budget: {kind}", file=sys.stderr)
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
