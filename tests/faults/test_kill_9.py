"""kill -9 at any moment: what was acknowledged is there, and each summary counts once.

A busy agent is a copy of this process (fork: a new interpreter for each kill would be most of the time). It
says over a pipe what its store has taken; after the kill the store is held against that. Its collector is a
real one, and is killed too now and then. BANDGAP_FAULT_KILLS makes it long.
"""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from agent import store
from agent.config import load
from agent.token_file import read_token
from tests.collector.kept import kept_summaries
from tests.commands import until
from tests.faults import busy
from tests.faults.counts import count, size
from tests.faults.gateway import Gateway
from tests.faults.held import Told, hold_against

KILLS = size("KILLS", 25)
SCHOOL = 250
"""Kills of one store before another one begins, from nothing."""
LONGEST_S = 0.25
COLLECTOR_EVERY = 10
SEED = 9


def killed_after(
    gateway: Gateway, seconds: float, before: subprocess.Popen[bytes] | None = None
) -> list[str]:
    """Lets a busy agent work for so long and kills it; returns what it said. ``before`` is killed half-way."""
    config = load(gateway.folder / "agent.toml", zone="UTC")
    token = read_token(config.upload.token_file, {})
    ear, mouth = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(ear)
        busy.run(gateway.folder / "state", config, token, mouth)
    os.close(mouth)
    said, until_s = b"", time.monotonic() + seconds
    while (left_s := until_s - time.monotonic()) > 0:
        if before and left_s <= seconds / 2:
            before.kill()
        ready, _, _ = select.select([ear], [], [], left_s - seconds / 2 if left_s > seconds / 2 else left_s)
        if ready and not (part := os.read(ear, 65_536)):
            break  # it ended by itself, and has said why
        if ready:
            said += part
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    while part := os.read(ear, 65_536):
        said += part
    os.close(ear)
    return said.decode().split("\n")[:-1]


def hold_receipts(gateway: Gateway) -> None:
    """What has left the outbox is at the collector, once."""
    with closing(store.open_store(gateway.folder / "state")) as connection:
        acknowledged = connection.execute(
            """SELECT kind, label FROM summaries WHERE through_at >= ends_at
               AND sequence NOT IN (SELECT sequence FROM outbox)"""
        ).fetchall()
    kept = kept_summaries(gateway.database)
    assert {rows for _, _, rows in kept} <= {1}, "a summary counted twice"
    assert set(acknowledged) <= {(kind, label) for kind, label, _ in kept}, (
        "a receipt was given for what isn't there"
    )


def collector(gateway: Gateway, stack: ExitStack) -> subprocess.Popen[bytes]:
    process = stack.enter_context(gateway.collector())
    until(gateway.healthy, "the collector is up")
    return process


@pytest.mark.timeout(3600)
def test_nothing_acknowledged_is_lost_and_nothing_counts_twice(tmp_path: Path) -> None:
    """Kills at random moments of starting, writing, summarising, pruning and sending; every tenth time the
    collector is killed too."""
    chance, left, total, collectors = random.Random(SEED), KILLS, Told(), 0
    while left:
        folder = tmp_path / f"school {left}"
        folder.mkdir()
        gateway, told, state = Gateway(folder), Told(), folder / "state"
        with ExitStack() as stack:
            other = collector(gateway, stack)
            for kill in range(min(left, SCHOOL)):
                spoil = kill % COLLECTOR_EVERY == COLLECTOR_EVERY - 1
                seconds = chance.uniform(0, LONGEST_S)
                told.hear(killed_after(gateway, seconds, other if spoil else None))
                hold_against(told, state)
                hold_receipts(gateway)
                if spoil:
                    other.kill()
                    collectors, other = collectors + 1, collector(gateway, stack)
                left -= 1
            done = gateway.upload()
            assert done.returncode == 0, done.stderr
            gateway.assert_all_there_once()
        total.minutes |= {left * 10**12 + one for one in told.minutes}
        total.summaries |= {f"{left} {one}" for one in told.summaries}
        total.ended_at += told.ended_at
    assert len(total.minutes) > KILLS
    where = ", ".join(f"{n} in {doing}" for doing, n in total.ended_at.most_common())
    count(
        f"`kill -9` of a busy agent ({where})",
        KILLS,
        f"{len(total.minutes):,} acknowledged minutes and {len(total.summaries):,} links all there; none twice",
    )
    count("`kill -9` of the collector meanwhile", collectors, "each receipt it gave held")
