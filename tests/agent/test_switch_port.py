"""An agent on a switch port, on a real line with a real gateway: what it knows, and what it doesn't claim."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent import store
from tests.agent import switch_port
from tests.agent.snmp_agent import V3, credentials
from tests.agent.switch_port import GATEWAY, NEEDS, TEST_PORT, WORLD, School
from tests.commands import bandgap, environment, started, until

pytestmark = NEEDS

MBIT = 60
PI = """
[site]
timezone = "UTC"
students = 40
staff = 2

[contract]
down_mbps = 60

[reachability]
enabled = false

[measure]
engines = ["iperf3"]
poll_every = "0.2s"
sees_all_traffic = false
"""


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    with switch_port.switch_port(tmp_path_factory.mktemp("school"), MBIT) as found:
        yield found


def asking(folder: Path) -> str:
    path = credentials(folder, V3)
    return f'{PI}[snmp]\naddress = "{GATEWAY}"\ninterface = "wan0"\npoll_every = "0.5s"\ncredentials = "{path}"\n'


def check(school: School, folder: Path, config: str) -> dict[str, Any]:
    done = bandgap(
        environment(folder, config),
        *("check", "--json", "--engine", "iperf3", "--server", f"{WORLD}:{TEST_PORT}"),
        within=school.within("pi"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    sample = json.loads(done.stdout)
    assert isinstance(sample, dict)
    return sample


def snmpd_has_looked() -> None:
    """It looks at its interfaces every three seconds; what passed before would be told as if it passed now."""
    time.sleep(4.0)  # noqa: TID251


def rows(folder: Path, what: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(folder / "state" / store.FILE)
    found = connection.execute(f"SELECT {what} FROM usage_minutes").fetchall()
    connection.close()
    return found


def test_without_a_gateway_to_ask_a_test_is_a_lower_bound(school: School, tmp_path: Path) -> None:
    """And the words say so, in the test and in status, where demand is unknown."""
    sample = check(school, tmp_path, PI)
    assert sample["flags"] == ["lower_bound"]
    assert sample["down_mbps"] == pytest.approx(MBIT * 1448 / 1514, rel=0.06)
    status = bandgap(environment(tmp_path, PI), "status", within=school.within("pi")).stdout
    assert "demand isn't known: this machine isn't on the path of all traffic" in status
    report = bandgap(environment(tmp_path, PI), "report").stdout
    assert "Demand isn't known: this machine isn't on the path of all traffic" in " ".join(report.split())


def test_a_quiet_line_is_told_by_the_gateway_and_its_test_is_trusted(school: School, tmp_path: Path) -> None:
    snmpd_has_looked()
    sample = check(school, tmp_path, asking(tmp_path))
    assert sample["flags"] == []
    assert "others moved" not in (sample["detail"] or "")
    assert sample["down_mbps"] == pytest.approx(MBIT * 1448 / 1514, rel=0.06)


def test_others_on_the_line_make_a_test_a_lower_bound(school: School, tmp_path: Path) -> None:
    """A third of the line is a pupil's: what the test says is two thirds, and that it is a bound."""
    with school.others(MBIT // 3):
        sample = check(school, tmp_path, asking(tmp_path))
    assert sample["flags"] == ["lower_bound"]
    assert "meanwhile others moved" in sample["detail"]
    assert sample["down_mbps"] < MBIT * 0.8


@pytest.mark.long
def test_a_gateway_that_is_not_reached_makes_a_test_a_lower_bound(school: School, tmp_path: Path) -> None:
    config = asking(tmp_path).replace("wan0", "wan7")
    sample = check(school, tmp_path, config)
    assert sample["flags"] == ["lower_bound"]
    assert sample["detail"].startswith(f'gateway {GATEWAY}: no port "wan7"; it has lo')


def test_demand_is_what_the_gateway_counts_and_not_what_the_pi_does(school: School, tmp_path: Path) -> None:
    """Five megabytes of a pupil's, sent up, that the agent's own interface never sees."""
    snmpd_has_looked()
    environ, log = environment(tmp_path, asking(tmp_path)), tmp_path / "log"
    with started(environ, "run", log=log, within=school.within("pi")) as agent:
        until(lambda: "demand at the gateway" in log.read_text(), "the agent measures")
        snmpd_has_looked()
        school.send("pupil", 5_000_000)
        snmpd_has_looked()
        snmpd_has_looked()
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(30) == 0
    found = rows(tmp_path, "interface, interval_s, rx_bytes, tx_bytes")
    assert {interface for interface, *_ in found} == {"gateway wan0"}
    assert 5_000_000 < sum(tx for *_, tx in found) < 5_600_000
    assert "Traceback" not in log.read_text()


@pytest.mark.long
def test_without_a_gateway_no_demand_is_kept_but_the_link_is(school: School, tmp_path: Path) -> None:
    """The agent's own traffic is nobody's demand; a pulled cable is an outage all the same."""
    environ, log = environment(tmp_path, PI), tmp_path / "log"
    with started(environ, "run", log=log, within=school.within("pi")) as agent:
        until(lambda: "demand unknown" in log.read_text(), "the agent measures")
        school.send("pi", 500_000)
        time.sleep(1.0)  # noqa: TID251
        school_cable(school, "down")
        try:
            time.sleep(7.0)  # noqa: TID251  # the link is looked at every five seconds
        finally:
            school_cable(school, "up")
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(30) == 0
    found = rows(tmp_path, "interval_s, rx_bytes, tx_bytes, peak_rx_mbps, link_down_s")
    assert {row[:4] for row in found} == {(0.0, 0, 0, None)}
    assert sum(row[4] for row in found) > 0.5


def school_cable(school: School, state: str) -> None:
    words = ["ip", "link", "set", "lan1", state]
    subprocess.run([*school.within("gateway"), *words], check=True)
