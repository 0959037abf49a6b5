"""The gateway's counters become minutes: silence, restarts and tests are gaps, never zero and never demand."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import astuple, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent import store
from agent.children import Children
from agent.minutes import MinuteFold
from agent.snmp.gateway import GatewayCounters
from agent.snmp.port import PortReading
from agent.snmp.settings import SnmpSettings
from reports.samples import UsageSample
from tests.agent import snmp_agent
from tests.agent.snmp_agent import MADE_UP, V2C, Gateway
from tests.commands import bandgap, environment, started, until

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SETTINGS = SnmpSettings(("192.0.2.1", 161), "eth0")
MEGABYTE = 1_000_000


class Told:
    """The loop's side, with readings that are told instead of asked for."""

    def __init__(self) -> None:
        self.fold = MinuteFold(coarse=True)
        self.children = Children({"PATH": os.environ["PATH"]})
        self.gateway = GatewayCounters(SETTINGS, self.children, self.fold, {})
        self.last = PortReading(0.0, 2, True, 1000.0, 100, 0, 64, 0, 0, "eth0")

    def hear(self, at_s: float, down_mb: float = 0.0, *, testing: bool = False, **changes: object) -> None:
        """Asks at a time and is told a reading with so much more in it; a question is a real child, killed."""
        self.gateway.poll(at_s, testing=testing)
        self.children.stop(signal.SIGKILL)
        until(lambda: bool(self.children.reap(at_s)), "the question ended")
        uptime, rx = self.last.uptime + 1000, self.last.rx_bytes + int(down_mb * MEGABYTE)
        self.last = replace(self.last, **{"at_s": at_s, "uptime": uptime, "rx_bytes": rx, **changes})  # type: ignore[arg-type]
        words = "\t".join(("ok", *map(str, astuple(self.last))))
        self.gateway.heard(words, at_s, NOON + timedelta(seconds=at_s))

    def minutes(self) -> list[UsageSample]:
        self.fold.close()
        return self.fold.ready


@pytest.fixture
def told() -> Told:
    return Told()


def test_readings_become_a_minute_of_the_gateways_port(told: Told) -> None:
    for at_s in range(0, 60, 10):
        told.hear(at_s, 10.0)
    (minute,) = told.minutes()
    assert (minute.interface, minute.started_at) == ("gateway eth0", NOON)
    assert (minute.interval_s, minute.rx_bytes, minute.tx_bytes) == (50.0, 50 * MEGABYTE, 0)
    assert minute.peak_rx_mbps == minute.mean.down_mbps == 8.0


def test_counters_that_stand_still_are_waited_for(told: Told) -> None:
    """A device that refreshes every 15 s, asked every 10: its bytes belong to all of the time."""
    for at_s, down_mb in ((0, 1.0), (10, 15.0), (20, 0.0), (30, 15.0), (40, 15.0)):
        told.hear(at_s, down_mb)
    (minute,) = told.minutes()
    assert (minute.interval_s, minute.rx_bytes) == (40.0, 45 * MEGABYTE)


def test_counters_that_stand_still_for_long_are_an_idle_line(told: Told) -> None:
    for at_s in range(0, 60, 10):
        told.hear(at_s)
    (minute,) = told.minutes()
    assert (minute.interval_s, minute.rx_bytes, minute.peak_rx_mbps) == (40.0, 0, 0.0)


def test_silence_is_a_gap_and_not_zero(told: Told) -> None:
    """For two minutes no answer; one line says so, the first time."""
    told.hear(0)
    told.hear(10, 5.0)
    for at_s in (20, 40, 60, 80, 100, 120):
        told.gateway.poll(at_s, testing=False)
        told.children.stop(signal.SIGKILL)
        until(lambda: bool(told.children.reap(0.0)), "the question ended")
        told.gateway.heard("fault\tgateway 192.0.2.1: no answer", at_s, NOON + timedelta(seconds=at_s))
    told.hear(130, 50.0)
    told.hear(140, 5.0)
    assert sum(minute.rx_bytes for minute in told.minutes()) == 10 * MEGABYTE
    assert sum(minute.interval_s for minute in told.minutes()) == 20.0


def test_a_test_and_what_the_gateway_says_of_it_later_is_not_demand(told: Told) -> None:
    """A test between two questions: seen by the loop at 12 to 18 s, by the gateway's counters until 38 s."""
    told.hear(0)
    told.hear(10, 1.0)
    for at_s in (12, 18):
        told.gateway.poll(at_s, testing=True)
    for at_s, down_mb in ((20, 30.0), (30, 30.0), (40, 1.0), (50, 1.0), (60, 1.0)):
        told.hear(at_s, down_mb)
    assert sum(minute.rx_bytes for minute in told.minutes()) == 3 * MEGABYTE
    assert sum(minute.interval_s for minute in told.minutes()) == 30.0


def test_a_port_without_link_is_an_outage(told: Told) -> None:
    for at_s in (0, 10, 20, 30):
        told.hear(at_s, 0.0, up=False)
    (minute,) = told.minutes()
    assert (minute.interval_s, minute.link_down_s, minute.peak_rx_mbps) == (0.0, 30.0, None)


def test_an_answer_to_other_settings_is_nobodys(told: Told) -> None:
    """The settings were read again while the old gateway was asked."""
    told.gateway.heard("ok\tanything", 1.0, NOON)
    assert told.minutes() == []


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with snmp_agent.snmpd(tmp_path_factory.mktemp("gateway")) as found:
        found.made_up.say(NAME="wan", STATUS=1, IN_64=0, OUT_64=0, HIGH_SPEED=1000)
        yield found


def config(gateway: Gateway, *, conf: str = V2C) -> str:
    path = snmp_agent.credentials(gateway.folder, conf)
    return (
        '[reachability]\nenabled = false\n[measure]\ninterface = "lo"\npoll_every = "0.1s"\n'
        "sees_all_traffic = false\n"
        f'[snmp]\naddress = "127.0.0.1:{gateway.port}"\ninterface = {MADE_UP}\npoll_every = "0.2s"\n'
        f'credentials = "{path}"\n'
    )


def kept(folder: Path) -> list[tuple[str, int, int, float]]:
    connection = sqlite3.connect(folder / "state" / store.FILE)
    rows = connection.execute(
        "SELECT interface, sum(rx_bytes), sum(tx_bytes), sum(interval_s) FROM usage_minutes GROUP BY interface"
    ).fetchall()
    connection.close()
    return rows


@snmp_agent.NEEDS
def test_a_real_agent_keeps_what_the_gateway_counts_and_nothing_of_its_own_interface(
    real: Gateway, tmp_path: Path
) -> None:
    """To the octet; and its own interface, busy with this very test, is no demand."""
    environ, log = environment(tmp_path, config(real)), tmp_path / "log"
    with started(environ, "run", log=log) as agent:
        until(lambda: "demand at the gateway 127.0.0.1" in log.read_text(), "the agent measures")
        time.sleep(1.0)  # noqa: TID251  # the first reading
        for step in range(1, 6):
            real.made_up.say(IN_64=step * MEGABYTE, OUT_64=step * 1000)
            time.sleep(0.5)  # noqa: TID251
        status = bandgap(environ, "status").stdout
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(30) == 0
    ((interface, rx, tx, seconds),) = kept(tmp_path)
    assert (interface, rx, tx) == ("gateway wan", 5 * MEGABYTE, 5000)
    assert 1.0 < seconds < 30
    assert f"counted by the gateway 127.0.0.1:{real.port} (SNMP), port wan, up, 1000 Mbps" in status
    assert "Traceback" not in log.read_text()


@snmp_agent.NEEDS
def test_a_gateway_that_does_not_let_us_in_is_told_once_and_is_a_gap(real: Gateway, tmp_path: Path) -> None:
    """The agent works on; status says the same line."""
    wrong = V2C.replace("reads only", "guesses")
    environ, log = environment(tmp_path, config(real, conf=wrong)), tmp_path / "log"
    with started(environ, "run", log=log) as agent:
        until(lambda: "demand isn't counted" in log.read_text(), "the agent says why")
        time.sleep(4.0)  # noqa: TID251  # until it has asked again
        status = bandgap(environ, "status").stdout
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(30) == 0
    assert log.read_text().count("no answer: does it take SNMP from this machine") == 1
    assert "no answer: does it take SNMP from this machine" in status
    assert kept(tmp_path) == []
