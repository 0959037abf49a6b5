"""Reachability on a real line whose other end goes away and comes back, with the agent as a real process."""

from __future__ import annotations

import json
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent import store
from tests.agent import two_ends
from tests.agent.far_end import DNS, DNS_SILENT, HOST, NAME, PORT
from tests.agent.two_ends import GATEWAY, NEEDS, TwoEnds
from tests.commands import bandgap, environment, started, until

pytestmark = NEEDS

CONFIG = f"""
[site]
timezone = "UTC"

[measure]
interface = "auto"
poll_every = "0.1s"
engines = ["http"]

[reachability]
every = "1s"
hosts = ["{HOST}:{PORT}"]
dns_name = "{NAME}"
"""


@pytest.fixture(scope="module")
def wire() -> Iterator[TwoEnds]:
    """Its provider is a router: what it has no route to, it says so at once."""
    with two_ends.two_ends() as line:
        line.run("provider", "sysctl -qw net.ipv4.ip_forward=1")
        yield line


@pytest.fixture
def line(wire: TwoEnds) -> TwoEnds:
    two_ends.connect(wire)
    wire.name_servers(DNS)
    return wire


def rows(folder: Path, table: str) -> list[sqlite3.Row]:
    connection = sqlite3.connect(folder / "state" / store.FILE)
    connection.row_factory = sqlite3.Row
    try:
        return connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
    finally:
        connection.close()


def report(line: TwoEnds, environ: dict[str, str]) -> dict[str, Any]:
    said = bandgap(environ, "report", "--format", "json", within=line.within("school"))
    found: dict[str, Any] = json.loads(said.stdout)
    return found


def test_a_line_that_is_cut_and_mended_is_one_outage(line: TwoEnds, tmp_path: Path) -> None:
    """Begin, end and rung are in the store, in the status while it lasts, and in the report."""
    environ, log = environment(tmp_path, CONFIG), tmp_path / "log"
    with started(environ, "run", log=log, within=line.within("school")) as agent:
        until(lambda: "measuring" in log.read_text(), "the agent measures")
        time.sleep(1.6)  # noqa: TID251  # a good probe
        cut_at = time.time()  # noqa: TID251
        line.cut()
        until(lambda: bool(rows(tmp_path, "outages")), "the outage is in the store")
        status = bandgap(environ, "status", within=line.within("school")).stdout
        assert "out of reach" in status
        assert "no link on the WAN interface" in status
        line.mend()
        until(lambda: rows(tmp_path, "outages")[0]["ended_at"] is not None, "the outage has ended")
        mended_at = time.time()  # noqa: TID251
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(30) == 0
    (outage,) = rows(tmp_path, "outages")
    assert outage["rung"] == "link"
    assert cut_at - 1 <= outage["started_at"] < outage["ended_at"] <= mended_at
    found = report(line, environ)
    assert [each["rung"] for each in found["outages"]] == ["link"]
    assert 0 < found["summary"]["outage_minutes"] <= (mended_at - cut_at + 2) / 60
    assert "Traceback" not in log.read_text()


def test_an_agent_that_dies_in_an_outage_leaves_what_it_saw(line: TwoEnds, tmp_path: Path) -> None:
    """The time until it is back is unknown: neither outage nor up."""
    environ, log = environment(tmp_path, CONFIG), tmp_path / "log"
    line.run("provider", f"ip addr del {HOST} dev lo")
    with started(environ, "run", log=log, within=line.within("school")) as agent:
        until(lambda: "measuring" in log.read_text(), "the agent measures")
        until(lambda: bool(rows(tmp_path, "outages")), "the outage is in the store")
        agent.kill()
        agent.wait()
    (open_one,) = rows(tmp_path, "outages")
    assert open_one["ended_at"] is None
    assert open_one["rung"] == "internet"
    line.run("provider", f"ip addr add {HOST} dev lo")
    time.sleep(1.2)  # noqa: TID251  # nobody probes
    with started(environ, "run", log=log, within=line.within("school")) as agent:
        until(lambda: rows(tmp_path, "outages")[0]["ended_at"] is not None, "the outage is closed")
        until(lambda: "measuring" in log.read_text(), "the agent measures")
        time.sleep(2.5)  # noqa: TID251  # a good probe or two
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(30) == 0
    (closed,) = rows(tmp_path, "outages")
    assert closed["ended_at"] == closed["seen_until"]
    *_, last = rows(tmp_path, "probed")
    assert last["starts_at"] > closed["ended_at"]
    assert "in reach" in bandgap(environ, "status", within=line.within("school")).stdout


def test_switched_off_nothing_is_probed(line: TwoEnds, tmp_path: Path) -> None:
    """And what the counters say of the link is all there is."""
    environ, log = environment(tmp_path, CONFIG + "enabled = false\n"), tmp_path / "log"
    with started(environ, "run", log=log, within=line.within("school")) as agent:
        until(lambda: "measuring" in log.read_text(), "the agent measures")
        time.sleep(1.6)  # noqa: TID251  # the first would be due after a second
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(30) == 0
    assert rows(tmp_path, "probed") == []
    assert "not probed" in bandgap(environ, "status", within=line.within("school")).stdout


def checked(line: TwoEnds, folder: Path, server: str) -> dict[str, Any]:
    environ = environment(folder, CONFIG)
    said = bandgap(environ, "check", "--json", "--server", server, within=line.within("school"))
    assert said.returncode == 1
    sample: dict[str, Any] = json.loads(said.stdout)
    assert sample["outcome"] == "no_measurement"
    assert sample["down_mbps"] is None
    return sample


def test_a_cut_wire_is_told_as_one_before_any_test(line: TwoEnds, tmp_path: Path) -> None:
    """Never 0 Mbps and never a mere timeout: each rung has its own reason."""
    server = f"http://{HOST}:8000"
    assert checked(line, tmp_path, server)["reason"] == "refused"
    line.cut()
    assert checked(line, tmp_path, server)["reason"] == "no_link"
    line.mend()
    line.run("provider", f"ip addr del {GATEWAY}/24 dev cpe0")
    line.run("school", "ip -6 route del default")
    assert checked(line, tmp_path, server)["reason"] == "no_gateway"
    line.run("school", "ip addr flush dev wan0")
    assert checked(line, tmp_path, server)["reason"] == "no_address"


def test_a_server_by_name_needs_dns(line: TwoEnds, tmp_path: Path) -> None:
    line.name_servers(DNS_SILENT)
    sample = checked(line, tmp_path, f"http://{NAME}:8000")
    assert (sample["reason"], sample["detail"]) == ("dns", f"{NAME}: no answer from {DNS_SILENT}")


def test_a_server_nearby_needs_no_internet(line: TwoEnds, tmp_path: Path) -> None:
    """One on the wire's own network, and one on this machine."""
    line.run("school", "ip route del default")
    line.run("school", "ip -6 route del default")
    for server in (f"http://{GATEWAY}:8000", "http://127.0.0.1:9", "http://10.78.2.2:9"):
        assert checked(line, tmp_path, server)["reason"] == "refused"
