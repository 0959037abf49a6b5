"""A month's backlog drains in one go, and a copy put back at either end is found out and mended."""

from __future__ import annotations

import sqlite3
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from agent import clock, store
from tests.commands import bandgap
from tests.faults.counts import count
from tests.faults.gateway import Gateway, copy_database, mean, restore_database
from tests.faults.relay import counting_relay

MONTH_HOURS = 30 * 24


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    return Gateway(tmp_path)


def test_a_month_without_internet_drains_in_one_run(
    gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every hour, day and week arrives once, while the loop goes on writing its minutes."""
    gateway.sample(MONTH_HOURS, 0)
    gateway.point_at("http://127.0.0.1:9")
    began = time.monotonic()
    assert gateway.upload().returncode == 1
    making_s = time.monotonic() - began
    waited = len(gateway.outbox())
    assert waited > MONTH_HOURS + 28
    with gateway.real_collector(), counting_relay(gateway.port) as relay:
        gateway.point_at(relay.url)
        writes_s: list[float] = []
        over = threading.Event()
        loop = threading.Thread(target=_minutes, args=(gateway, over, writes_s))
        loop.start()
        began = time.monotonic()
        done = gateway.upload()
        draining_s = time.monotonic() - began
        over.set()
        loop.join()
        assert done.returncode == 0, done.stderr
        assert 4 <= relay.requests <= 6
        gateway.assert_all_there_once()
        # What the loop wrote meanwhile is there, and makes a later summary of the week.
        assert len(writes_s) >= 3
    count(
        "days without Internet, then drained while the loop wrote on",
        30,
        f"{waited:,} summaries, each once at the collector, in {draining_s:.1f} s by {relay.requests} requests",
    )
    with capsys.disabled():
        print(
            f"\n30 days offline: {waited} summaries made in {making_s:.1f} s, drained in {draining_s:.1f} s by "
            f"{relay.requests} requests of {relay.sent_bytes:,} bytes in all; the loop wrote {len(writes_s)} minutes "
            f"meanwhile, the slowest in {max(writes_s):.3f} s"
        )


def _minutes(gateway: Gateway, over: threading.Event, took_s: list[float]) -> None:
    """Writes as the resident loop does, only oftener."""
    connection = store.open_store(gateway.folder / "state")
    # From before the month: nothing that the upload beside it summarises changes.
    at = clock.now().replace(second=0, microsecond=0) - timedelta(days=60)
    while not over.wait(0.02):
        began = time.monotonic()
        store.write_minutes(connection, [mean(at + timedelta(minutes=len(took_s)))])
        took_s.append(time.monotonic() - began)
    connection.close()


def test_a_collector_restored_from_an_older_copy_gets_back_what_it_lost(gateway: Gateway) -> None:
    """The next upload, whatever it carries, finds out; afterwards it is as if nothing had been."""
    gateway.sample(20, 12)
    copy = gateway.folder / "collector.copy"
    with gateway.real_collector():
        assert gateway.upload().returncode == 0
    copy_database(gateway.database, copy)
    gateway.sample(12, 4)
    with gateway.real_collector():
        assert gateway.upload().returncode == 0
        gateway.assert_all_there_once()
        whole = gateway.kept()
    restore_database(gateway.database, copy)
    assert len(gateway.kept()) < len(whole)
    gateway.sample(4, 2)
    with gateway.real_collector():
        assert gateway.upload().returncode == 0
        gateway.assert_all_there_once()
        assert len(gateway.kept()) > len(whole)


def test_a_collector_that_begins_anew_gets_the_whole_chain(gateway: Gateway) -> None:
    """Another database with the same sites enrolled: what the agent has goes there too."""
    empty = gateway.folder / "collector.empty"
    copy_database(gateway.database, empty)
    gateway.sample(20, 4)
    with gateway.real_collector():
        assert gateway.upload().returncode == 0
    restore_database(gateway.database, empty)
    assert gateway.kept() == []
    gateway.sample(4, 2)
    with gateway.real_collector():
        assert gateway.upload().returncode == 0
        gateway.assert_all_there_once()


def test_an_agent_restored_from_an_older_copy_loses_and_doubles_nothing(gateway: Gateway) -> None:
    """The collector keeps what came before; the agent goes on, says so, and the fork stays in sight."""
    copy, path = gateway.folder / "agent.copy", gateway.folder / "state" / store.FILE
    gateway.sample(20, 12)
    with gateway.real_collector():
        assert gateway.upload().returncode == 0
    copy_database(path, copy)
    links = gateway.verified()["summaries"]
    assert isinstance(links, int)
    gateway.sample(12, 4)
    with gateway.real_collector():
        assert gateway.upload().returncode == 0
        before = set(gateway.kept())
    restore_database(path, copy)
    gateway.sample(4, 2)
    with gateway.real_collector():
        done = gateway.upload()
        assert done.returncode == 0, done.stderr
        kept = gateway.kept()
        assert set(kept) > before
        assert all(count == 1 for _, _, count in kept)
        assert f"broken: {links + 1} is there twice, head" in gateway.chain_line()
        assert gateway.verified()["breaks"] == []
        status = bandgap(gateway.environ, "status").stdout
        assert "more, this store is a restored copy" in status
        assert [one for one in gateway.outbox() if not one.startswith("refused")] == []


def test_what_is_shown_is_what_the_collector_hashes(gateway: Gateway) -> None:
    """`bandgap upload --show` prints the links, and the collector's head is the hash of what it showed."""
    gateway.sample(5, 3)
    shown = bandgap(gateway.environ, "upload", "--show").stdout
    assert '"chain":{"number":1,"previous":null}' in shown
    assert '"chain":{"number":2,"previous":"' in shown
    with gateway.real_collector():
        assert gateway.upload().returncode == 0
        gateway.assert_all_there_once()
    with sqlite3.connect(gateway.folder / "state" / store.FILE) as connection:
        bodies = [
            body for (body,) in connection.execute("SELECT body FROM summaries WHERE number IS NOT NULL")
        ]
    connection.close()
    assert bodies
    assert all(body in shown for body in bodies)
