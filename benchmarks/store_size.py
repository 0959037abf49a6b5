"""How large the store grows in three years, and how many bytes a day it writes, beside vnstatd.

    .venv/bin/python -m benchmarks.store_size --years 3 --minutes 10

Three years of a school's samples go through the code that an agent runs: a row a minute, four tests a day, an
outage a week, summaries each hour and sent, pruning each day. Only the clock is faster, and the disk isn't waited
for while the years pass. Then one more day is written with every sync, and the kernel's own count of what that
sent to the disk is printed (write_bytes of /proc/PID/io: whole pages of the file system, 4 KiB each).
``--minutes`` runs a real agent beside vnstatd (if it is installed), on the same interface and for the same
minutes. Numbers of octets are as hard to compress as a busy line's; SQLite doesn't compress anyway.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent import clock, retention, store
from agent.history import History
from agent.summarise import make_summaries
from reports.samples import CapacitySample, Outage, Stretch, UsageSample
from reports.sites import Site

SITE = Site(id="bench", timezone="America/Chicago", students=400, staff=40)
END = datetime(2026, 11, 24, tzinfo=UTC)
TEST_HOURS = (2, 9, 13, 20)


def write_bytes(pid: int | str = "self") -> int:
    """What a process and the children it has reaped sent to the disk."""
    text = Path(f"/proc/{pid}/io").read_text()
    return int(dict(line.split(": ") for line in text.splitlines())["write_bytes"])


def minute(at: datetime) -> UsageSample:
    chance = random.Random(int(at.timestamp()))
    down, up = chance.randrange(10**9), chance.randrange(10**8)
    peak = round(down * 8 / 60e6 * 1.7, 6), round(up * 8 / 60e6 * 1.7, 6)
    return UsageSample("enp1s0", at, 59.987, down, up, *peak, 0.0)


def test(at: datetime) -> CapacitySample:
    chance = random.Random(int(at.timestamp()))
    return CapacitySample(
        id=f"{chance.getrandbits(128):032x}",
        started_at=at,
        ended_at=at + timedelta(seconds=14),
        engine="http",
        server="https://collector.example.org",
        outcome="ok",
        detail="8 flows down, 4 up; steady after 3.1 s",
        down_mbps=chance.random() * 500,
        up_mbps=chance.random() * 500,
        latency_idle_ms=chance.random() * 20,
        latency_loaded_ms=chance.random() * 90,
        down_bytes=chance.randrange(10**9),
        up_bytes=chance.randrange(10**9),
        interface="enp1s0",
        link_speed_mbps=1000.0,
    )


def live_an_hour(
    folder: Path, connection: sqlite3.Connection, at: datetime, begun: datetime, step: int
) -> None:
    """One hour of the loop, ``step`` minutes to a transaction, then what the hourly child does."""
    for first in range(0, 60, step):
        rows = [minute(at + timedelta(minutes=n)) for n in range(first, first + step)]
        probed = Stretch(begun, rows[-1].started_at)
        store.write_minutes(connection, rows, [], [probed])
    ended = at + timedelta(hours=1, minutes=2)
    with closing(store.open_store(folder)) as child:
        child.execute(f"PRAGMA synchronous = {'FULL' if step == 1 else 'OFF'}")
        history = History(child)
        if at.hour in TEST_HOURS:
            history.add_capacity_sample(test(at))
            store.note(child, "next_test_at", ended.isoformat())
        if at.hour == 3 and at.weekday() == 0:
            store.write_minutes(
                child, [], [Outage(at, at, at + timedelta(minutes=9), "internet", "1.1.1.1:443")]
            )
        make_summaries(history, SITE, ended)
        history.sent([one for one, _ in history.waiting()])
        store.note(child, "uploaded_at", ended.isoformat())
        if retention.prune(child, retention.StoreSettings(), ended):
            retention.give_back(child)


def build(folder: Path, days: int) -> None:
    at = begun = END - timedelta(days=days)
    with closing(store.open_store(folder)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        while at < END:
            live_an_hour(folder, connection, at, begun, 60)
            at += timedelta(hours=1)
            if at.hour == 0 and at.day == 1 and at.month % 6 == 1:
                print(f"  {at:%B %Y}: {size(folder) / 1e6:.1f} MB", file=sys.stderr)


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob(store.FILE + "*"))


def one_day(folder: Path) -> tuple[int, int]:
    """What a day's hours write: all, and the most in one of them."""
    hours = []
    with closing(store.open_store(folder)) as connection:
        for hour in range(24):
            before = write_bytes()
            live_an_hour(folder, connection, END + timedelta(hours=hour), END, 1)
            hours.append(write_bytes() - before)
    return sum(hours), max(hours)


def tables(folder: Path) -> list[tuple[str, int]]:
    with closing(store.open_store(folder)) as connection:
        try:
            return connection.execute(
                "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 8"
            ).fetchall()
        except sqlite3.OperationalError:  # SQLite without dbstat
            return []


def beside_vnstatd(folder: Path, interface: str, minutes: float) -> None:
    """A real agent and a real vnstatd for the same minutes."""
    state, theirs = folder / "agent", folder / "vnstat"
    state.mkdir()
    theirs.mkdir()
    config = folder / "agent.toml"
    config.write_text(
        f'[measure]\ninterface = "{interface}"\ntest_every = "9d"\n[reachability]\nenabled = false\n'
    )
    with closing(store.open_store(state)) as connection:  # no throughput test within these minutes
        store.note(connection, "next_test_at", (clock.now() + timedelta(days=1)).isoformat())
    environ = {**os.environ, "BANDGAP_CONFIG": str(config), "BANDGAP_STATE_DIR": str(state)}
    log = (folder / "log").open("wb")
    command = "import sys; from agent.cli import main; sys.exit(main())"
    running = {"bandgap": subprocess.Popen([sys.executable, "-c", command, "run"], env=environ, stderr=log)}
    if daemon := shutil.which("vnstatd"):
        conf = folder / "vnstat.conf"
        conf.write_text(f'DatabaseDir "{theirs}"\nUseLogging 0\nDaemonUser ""\nDaemonGroup ""\n')
        words = [daemon, "--nodaemon", "--config", str(conf), "--pidfile", str(folder / "vnstat.pid")]
        running["vnstatd"] = subprocess.Popen(words, stdout=log, stderr=log)
    try:
        wait(60)  # both have made their files
        before = {name: write_bytes(process.pid) for name, process in running.items()}
        wait(minutes * 60)
        for name, process in running.items():
            wrote = write_bytes(process.pid) - before[name]
            print(
                f"{name}: {wrote / minutes / 1024:.1f} KiB a minute, {wrote / minutes * 1440 / 1e6:.1f} MB a day"
            )
    finally:
        for process in running.values():
            process.terminate()
            process.wait()


def wait(seconds: float) -> None:
    subprocess.run(["sleep", f"{seconds:g}"], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--years", type=float, default=3.0)
    parser.add_argument("--minutes", type=float, default=0.0, help="real minutes beside vnstatd")
    parser.add_argument("--interface", default="eth0", help="for those minutes")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as name:
        folder = Path(name)
        store_folder = folder / "store"
        store_folder.mkdir()
        build(store_folder, round(args.years * 365))
        print(f"after {args.years:g} years: {size(store_folder) / 1e6:.1f} MB")
        for table, octets in tables(store_folder):
            print(f"  {table:<24} {octets / 1e6:6.2f} MB")
        day, hour = one_day(store_folder)
        print(f"a day writes {day / 1e6:.2f} MB, its fullest hour {hour / 1024:.0f} KiB")
        if args.minutes:
            beside_vnstatd(folder, args.interface, args.minutes)


if __name__ == "__main__":
    main()
