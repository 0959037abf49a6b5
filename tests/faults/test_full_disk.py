"""A busy agent on a disk that is full now and empty then, in a file that may not grow, in a store with no page left.

The kernel and SQLite themselves say so here: a small tmpfs, RLIMIT_FSIZE, PRAGMA max_page_count. Minutes wait
in memory and are written once there is room; nothing acknowledged is lost, nothing is written twice.
BANDGAP_FAULT_FULL makes it long.
"""

from __future__ import annotations

import random
import resource
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from agent.config import load
from reports.faults import Fault
from tests.agent.disks import fill, small_disk
from tests.commands import bandgap, environment
from tests.faults.busy import BusyAgent
from tests.faults.counts import count, size
from tests.faults.held import Told, hold_against

ROUNDS = size("FULL", 3)
CONFIG = '[site]\nid = "x"\ntimezone = "UTC"\n[upload]\ncollector = "http://127.0.0.1:9"\n'


class Agent:
    """An agent in this process, on ``state``, and what it has acknowledged."""

    def __init__(self, state: Path, settings: Path) -> None:
        self.state, self.told = state, Told()
        state.mkdir(exist_ok=True)
        settings.write_text(CONFIG)
        config = load(settings, zone="UTC")
        self.said: list[str] = []
        self.waited = 0
        self.busy = BusyAgent(state, config, "t0ken-of-sixteen", self.said.append)

    def live(self, minutes: int) -> None:
        """Minutes, and an hourly child now and then, which ends where it can't write."""
        for _ in range(minutes):
            self.busy.minute()
            self.waited += not self.busy.ledger.writable
            if self.busy.at.minute % 20 == 0:
                with suppress(sqlite3.Error, Fault, OSError):
                    self.busy.hour()

    def hold(self) -> None:
        """All that was acknowledged is there, and nothing waits any more."""
        assert self.busy.ledger.writable
        assert not self.busy.ledger.fold.ready
        self.told.hear([line for lines in self.said for line in lines.split("\n")])
        self.said.clear()
        hold_against(self.told, self.state, unsure=0)


@contextmanager
def no_file_grows(state: Path, octets: int) -> Iterator[None]:
    """EFBIG for whoever writes beyond the largest file of the store, and a little more."""
    largest = max(file.stat().st_size for file in state.glob("bandgap.sqlite*"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest + octets, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def no_page_left(agent: Agent, pages: int) -> Iterator[None]:
    """SQLITE_FULL from SQLite itself, for the loop's own connection."""
    (there,) = agent.busy.connection.execute("PRAGMA page_count").fetchone()
    agent.busy.connection.execute(f"PRAGMA max_page_count = {there + pages}")
    try:
        yield
    finally:
        agent.busy.connection.execute("PRAGMA max_page_count = 1073741823")


def test_a_file_that_may_not_grow_costs_nothing(tmp_path: Path) -> None:
    agent, chance = Agent(tmp_path / "state", tmp_path / "agent.toml"), random.Random(1)
    for _ in range(ROUNDS):
        agent.live(chance.randrange(60, 200))
        with no_file_grows(agent.state, chance.randrange(0, 30_000)):
            agent.live(chance.randrange(60, 200))
        agent.live(1)
        agent.hold()
    assert agent.waited
    count("files that may not grow any more (EFBIG)", ROUNDS, words(agent))


def test_a_store_with_no_page_left_costs_nothing(tmp_path: Path) -> None:
    agent, chance = Agent(tmp_path / "state", tmp_path / "agent.toml"), random.Random(2)
    for _ in range(ROUNDS):
        agent.live(chance.randrange(60, 200))
        with no_page_left(agent, chance.randrange(0, 5)):
            agent.live(chance.randrange(100, 300))
        agent.live(1)
        agent.hold()
    assert agent.waited
    count("stores with no page left (SQLITE_FULL)", ROUNDS, words(agent))


def test_a_disk_that_is_full_now_and_empty_then_costs_nothing(tmp_path: Path) -> None:
    """To the last octet, again and again; minutes older than a day make room meanwhile, and that is told."""
    with small_disk(tmp_path / "disk", 24) as disk:
        agent, chance = Agent(disk / "state", tmp_path / "agent.toml"), random.Random(3)
        for _ in range(ROUNDS):
            agent.live(chance.randrange(60, 200))
            ballast = fill(disk)
            agent.live(chance.randrange(60, 200))
            ballast.unlink()
            agent.live(1)
            agent.hold()
        agent.busy.connection.close()
    assert agent.waited
    count("disks filled to the last octet, and emptied again", ROUNDS, words(agent))


def test_a_disk_that_goes_read_only_between_two_agents_is_said_and_costs_nothing(tmp_path: Path) -> None:
    """The one that would start ends with 1 and says why; the next one goes on where the first one was."""
    with small_disk(tmp_path / "disk", 24) as disk:
        agent = Agent(disk / "state", tmp_path / "agent.toml")
        agent.live(100)
        agent.hold()
        agent.busy.end()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        environ = environment(tmp_path, CONFIG, BANDGAP_STATE_DIR=str(disk / "state"))
        refused = bandgap(environ, "run")
        assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1), refused.stderr
        assert "read-only" in refused.stderr
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        again = Agent(disk / "state", tmp_path / "agent.toml")
        again.told = agent.told
        again.live(100)
        again.hold()
        again.busy.end()


def words(agent: Agent) -> str:
    return f"{agent.waited:,} minutes had to wait, all {len(agent.told.minutes):,} are there; none twice"
