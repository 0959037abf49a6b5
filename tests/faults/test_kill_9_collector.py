"""kill -9 of a collector, and of its PostgreSQL, under load: each receipt holds, and nothing counts twice.

BANDGAP_FAULT_COLLECTOR_KILLS makes it long.
"""

from __future__ import annotations

import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import requests
from sqlalchemy import select

from collector.database import named
from collector.engine import engine, reading
from collector.enrolment import enrol
from collector.packed import hour_label
from collector.store import open_store
from collector.tables import chain_breaks, hours, sites
from reports.sites import Contract, Site
from tests.collector import made
from tests.commands import until
from tests.faults.counts import count, size
from tests.faults.senders import Sender
from tests.postgres import FOLDERS, cluster

KILLS = size("COLLECTOR_KILLS", 4)
SENDERS = 8
SEED = 11
COMMAND = (sys.executable, "-P", "-c", "import sys; from collector.cli import main; sys.exit(main())")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


class Collector:
    """A collector's process, which comes back to the same port."""

    def __init__(self, database: str, folder: Path, processes: int = 1) -> None:
        self.port = free_port()
        settings = folder / "collector.toml"
        settings.write_text(
            f"[limits]\nuploads_per_site = 0\nuploads_per_address = 0\n[listen]\nprocesses = {processes}\n"
        )
        self._words = ["serve", "--port", str(self.port), "--database", database, "--config", str(settings)]
        self._log = folder / "log"
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen([*COMMAND, *self._words], stdout=log, stderr=log)
        until(self.healthy, "the collector is up", 60)

    def healthy(self) -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/healthz", timeout=10).status_code == 200
        except requests.RequestException:
            return False

    def processes(self) -> list[psutil.Process]:
        """Those of several that answer."""
        children: list[psutil.Process] = psutil.Process(self.process.pid).children()
        return [one for one in children if one.status() != psutil.STATUS_ZOMBIE]

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(60)


@contextmanager
def sending(database: str, collector: Collector) -> Iterator[Sequence[Sender]]:
    store = open_store(named(database))
    senders = [
        Sender(
            f"s{n}",
            enrol(store, Site(id=f"s{n}", name=f"s{n}"), Contract(), made.NOW, rotate=False),
            collector.port,
        )
        for n in range(SENDERS)
    ]
    store.close()
    for one in senders:
        one.start()
    try:
        yield senders
    finally:
        for one in senders:
            one.end()


def wait_for_more(senders: Sequence[Sender]) -> None:
    """Until something more was acknowledged."""
    before = sum(len(one.acknowledged) for one in senders)
    until(lambda: sum(len(one.acknowledged) for one in senders) > before, "something is acknowledged", 60)


def hold(database: str, senders: Sequence[Sender]) -> int:
    """All that was acknowledged by now is there once, and no chain has a break; returns how many hours that are."""
    acknowledged = {one.site: set(one.acknowledged) for one in senders}
    source = engine(named(database))
    with reading(source) as connection:
        ids: dict[int, str] = dict(connection.execute(select(sites.c.key, sites.c.id)).all())
        kept: dict[str, list[str]] = {name: [] for name in ids.values()}
        for row in connection.execute(select(hours.c.site, hours.c.starts_at)):
            kept[ids[row.site]].append(hour_label(row.starts_at))
        assert connection.execute(select(chain_breaks)).all() == []
    source.dispose()
    for one in senders:
        assert one.strange == []
        assert len(set(kept[one.site])) == len(kept[one.site]), "an hour counted twice"
        lost = acknowledged[one.site] - set(kept[one.site])
        assert not lost, f"{one.site}: a receipt was given for what isn't there: {sorted(lost)[:5]}"
    return sum(map(len, acknowledged.values()))


@pytest.mark.timeout(7200)
def test_the_collector_is_killed_under_load(tmp_path: Path) -> None:
    database, chance = str(tmp_path / "collector.sqlite"), random.Random(SEED)
    open_store(named(database)).close()
    collector, found = Collector(database, tmp_path), 0
    with sending(database, collector) as senders:
        for _ in range(KILLS):
            wait_for_more(senders)
            senders[0]._ending.wait(chance.uniform(0, 0.3))
            collector.kill()
            found = hold(database, senders)
            collector.start()
    collector.kill()
    found = hold(database, senders)
    assert found > KILLS
    count(
        "`kill -9` of the collector, eight gateways at full speed",
        KILLS,
        f"{found:,} acknowledged hours all there; none twice",
    )


@pytest.mark.timeout(7200)
@pytest.mark.skipif(not FOLDERS, reason="PostgreSQL isn't installed (apt install postgresql)")
def test_its_postgresql_is_killed_under_load(tmp_path: Path) -> None:
    """All its processes at once. The collector says 503 until it is back, and needs no restart."""
    chance, found = random.Random(SEED), 0
    with cluster() as server:
        database = server.create()
        open_store(named(database)).close()
        collector = Collector(database, tmp_path)
        try:
            with sending(database, collector) as senders:
                for _ in range(KILLS):
                    wait_for_more(senders)
                    senders[0]._ending.wait(chance.uniform(0, 0.3))
                    server.kill()
                    server.start()
                    found = hold(database, senders)
            found = hold(database, senders)
        finally:
            collector.kill()
    assert found > KILLS
    count(
        "`kill -9` of its PostgreSQL, eight gateways at full speed",
        KILLS,
        f"{found:,} acknowledged hours all there; none twice",
    )


@pytest.mark.timeout(7200)
@pytest.mark.skipif(not FOLDERS, reason="PostgreSQL isn't installed (apt install postgresql)")
def test_one_of_its_two_processes_is_killed_under_load(tmp_path: Path) -> None:
    """The other one goes on, and the dead one is begun anew without anybody's help."""
    chance, found = random.Random(SEED), 0
    with cluster() as server:
        database = server.create()
        open_store(named(database)).close()
        collector = Collector(database, tmp_path, processes=2)
        try:
            with sending(database, collector) as senders:
                for _ in range(KILLS):
                    until(lambda: len(collector.processes()) == 2, "both are there", 60)
                    wait_for_more(senders)
                    senders[0]._ending.wait(chance.uniform(0, 0.3))
                    chance.choice(collector.processes()).kill()
                    wait_for_more(senders)
                    found = hold(database, senders)
            found = hold(database, senders)
        finally:
            collector.process.terminate()
            assert collector.process.wait(60) == 0
    assert found > KILLS
    count(
        "`kill -9` of one of its two processes, eight gateways at full speed",
        KILLS,
        f"{found:,} acknowledged hours all there; none twice",
    )
