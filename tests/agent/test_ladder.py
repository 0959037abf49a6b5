"""The ladder breaks at the rung that is broken, on real wires: nothing is simulated but the Internet."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from agent.reach.ladder import Ground, climb
from tests.agent import two_ends
from tests.agent.far_end import DNS, DNS6, DNS_SERVFAIL, DNS_SILENT, HOST, HOST6, NAME, OTHER, PORT
from tests.agent.two_ends import GATEWAY, NEEDS, TwoEnds
from tests.commands import ROOT

pytestmark = NEEDS

CLIMB = """
import json, sys
from pathlib import Path
from agent.reach.ladder import Ground, climb
interface, hosts, name, waits, resolv_conf = json.loads(sys.argv[1])
ground = Ground(resolv_conf=Path(resolv_conf), **waits)
broken = climb(interface, [tuple(host) for host in hosts], name, ground)
print(json.dumps([broken.rung, broken.detail] if broken else None))
"""
SOON = {"names_s": 0.5, "hosts_s": 0.5, "gateway_s": 0.5}


@pytest.fixture(scope="module")
def wire() -> Iterator[TwoEnds]:
    with two_ends.two_ends() as line:
        yield line


@pytest.fixture
def line(wire: TwoEnds) -> TwoEnds:
    two_ends.connect(wire)
    return wire


def climbed(
    line: TwoEnds,
    *hosts: str,
    servers: tuple[str, ...] = (DNS,),
    name: str = NAME,
    waits: dict[str, float] = SOON,
) -> list[str] | None:
    """Rung and detail from the school's end, or None when all holds."""
    line.name_servers(*servers)
    asked = ["wan0", [(host, PORT) for host in hosts or (HOST,)], name, waits, "/etc/resolv.conf"]
    done = subprocess.run(
        [*line.within("school"), sys.executable, "-c", CLIMB, json.dumps(asked)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[str] | None = json.loads(done.stdout)
    return found


def test_a_line_that_works_has_no_broken_rung(line: TwoEnds) -> None:
    """By address, by name, over IPv6, and when only one of two hosts answers."""
    assert climbed(line) is None
    assert climbed(line, NAME) is None
    assert climbed(line, HOST6, servers=(DNS6,)) is None
    assert climbed(line, "203.0.113.99", HOST) is None
    assert climbed(line, name=OTHER) is None, "that there is no such name is an answer"


def test_a_pulled_cable_is_the_link(line: TwoEnds) -> None:
    line.cut()
    assert climbed(line) == ["link", "wan0 has no carrier"]
    line.run("school", "ip link set wan0 down")
    assert climbed(line) == ["link", "wan0 is switched off"]
    line.mend()


def test_no_address_is_the_address(line: TwoEnds) -> None:
    """Nor is one that the machine gave itself because DHCP was silent."""
    line.run("school", "ip addr flush dev wan0")
    assert climbed(line) == ["address", "wan0 has no address"]
    line.run("school", "ip addr add 169.254.7.7/16 dev wan0")
    assert climbed(line) == ["address", "wan0 has no address"]


def test_no_default_route_is_the_gateway(line: TwoEnds) -> None:
    line.run("school", "ip route del default")
    line.run("school", "ip -6 route del default")
    assert climbed(line) == ["gateway", "there is no default route"]


@pytest.mark.parametrize("icmp", ["1 0", "0 2147483647"], ids=["without ICMP", "with ICMP"])
def test_a_gateway_that_is_gone_is_the_gateway(line: TwoEnds, icmp: str) -> None:
    """Whether or not the kernel lets plain users send an echo."""
    subprocess.run([*line.within("school"), "sysctl", "-qw", f"net.ipv4.ping_group_range={icmp}"], check=True)
    line.run("school", "ip -6 route del default")
    line.run("provider", f"ip addr del {GATEWAY}/24 dev cpe0")
    assert climbed(line) == ["gateway", f"{GATEWAY}: no answer"]


def test_a_gateway_of_ipv6_that_is_gone_is_the_gateway(line: TwoEnds) -> None:
    line.run("school", "ip route del default")
    line.run("provider", "ip addr del fd78:2::1/64 dev cpe0")
    assert climbed(line, HOST6, servers=(DNS6,)) == ["gateway", "fd78:2::1: no answer"]


def test_a_gateway_that_answers_before_a_line_that_does_not(line: TwoEnds) -> None:
    """It refuses the connection that it is asked for, and that is an answer."""
    for address in (HOST, DNS):
        line.run("provider", f"ip addr del {address} dev lo")
    broken = climbed(line, waits={**SOON, "gateway_s": 5.0})
    assert broken == ["internet", f"{HOST}:{PORT}: no answer"]


def test_a_gateway_that_is_silent_but_known_is_not_to_blame(line: TwoEnds) -> None:
    """The neighbour table has the last word."""
    line.run("provider", f"ip addr del {GATEWAY}/24 dev cpe0")
    line.run("school", "ip -6 route del default")
    line.run("school", f"ip neigh replace {GATEWAY} lladdr 02:00:00:00:00:01 nud permanent dev wan0")
    broken = climbed(line)
    line.run("school", f"ip neigh del {GATEWAY} dev wan0")
    assert broken == ["internet", f"{HOST}:{PORT}: no answer"]


def test_silent_name_servers_are_dns_while_a_host_answers(line: TwoEnds) -> None:
    """The line carries, and nothing works by name."""
    assert climbed(line, servers=(DNS_SILENT,)) == ["dns", f"{DNS_SILENT}: no answer"]
    patient = {**SOON, "names_s": 3.0}
    assert climbed(line, servers=(DNS_SILENT, DNS), waits=patient) is None, "the second is asked too"


def test_a_name_server_that_cannot_find_out_is_dns_while_a_host_answers(line: TwoEnds) -> None:
    """SERVFAIL is an answer, but no name works; without a host it is the line's fault, not DNS's."""
    broken = climbed(line, servers=(DNS_SERVFAIL,))
    assert broken == ["dns", f"{DNS_SERVFAIL} says SERVFAIL to {NAME}"]
    line.run("provider", f"ip addr del {HOST} dev lo")
    assert (climbed(line, servers=(DNS_SERVFAIL,)) or [])[0] == "internet"


def test_hosts_by_name_alone_leave_silence_to_dns(line: TwoEnds) -> None:
    """Nothing was tried that could tell it from the line."""
    assert (climbed(line, NAME, servers=(DNS_SILENT,)) or [])[0] == "dns"


def test_the_whole_ladder_takes_five_seconds_at_most(line: TwoEnds) -> None:
    """Everything beyond the wire silent: the longest way there is."""
    for address in (GATEWAY + "/24", "fd78:2::1/64"):
        line.run("provider", f"ip addr del {address} dev cpe0")
    began = time.monotonic()
    assert climbed(line, HOST, NAME, "203.0.113.9", servers=(DNS, DNS_SILENT, DNS_SERVFAIL), waits={}) == [
        "gateway",
        f"{GATEWAY} and fd78:2::1: no answer",
    ]
    assert time.monotonic() - began < 7.0, "five, and a slow machine's start of a process"
    waits = asdict(Ground())
    assert waits["names_s"] + waits["hosts_s"] + waits["gateway_s"] <= 5.0


def test_an_interface_that_is_not_there_is_the_link(tmp_path: Path) -> None:
    """The folder of interfaces is an argument."""
    broken = climb("wan9", [(HOST, PORT)], NAME, Ground(net=tmp_path))
    assert broken is not None
    assert (broken.rung, broken.detail) == ("link", "there is no interface wan9")
