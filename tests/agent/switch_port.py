"""A school whose agent is on a switch port: four network namespaces, and a gateway that speaks SNMP.

    pi       10.79.1.3 on eth0, where the agent runs
    pupil    10.79.1.2 on eth0, whose traffic passes the agent by
    gateway  10.79.1.1 on br0, the switch; wan0 is its port to the Internet; snmpd answers the school
    world    10.79.2.1 on eth0, with iperf3 at two ports

Both ways of the line are shaped. Offloads are off, so that each interface counts packets as on a wire. Needs
root, iproute2, ethtool, iperf3 and snmpd; ``NEEDS`` says so where they aren't.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.agent import snmp_agent
from tests.agent.snmp_agent import SBIN, Gateway

PLACES = ("pi", "pupil", "gateway", "world")
PROGRAMS = ("ip", "tc", "ethtool", "iperf3", "snmpd", "snmpget")
LACKING = [program for program in PROGRAMS if shutil.which(program, path=SBIN) is None]
NEEDS = pytest.mark.skipif(
    os.geteuid() != 0 or bool(LACKING),
    reason=f"needs root for network namespaces, and {', '.join(LACKING) or 'nothing else'}",
)
WORLD, GATEWAY = "10.79.2.1", "10.79.1.1"
TEST_PORT, OTHER_PORT = 5201, 5202
SINK = """
import socket, sys
with socket.create_server((sys.argv[1], 7000)) as door:
    print("ready", flush=True)
    while True:
        with door.accept()[0] as sender:
            while sender.recv(65536):
                pass
"""
SOURCE = """
import socket, sys
with socket.create_connection((sys.argv[1], 7000)) as receiver:
    receiver.sendall(bytes(int(sys.argv[2])))
    receiver.shutdown(socket.SHUT_WR)
    receiver.recv(1)
"""


@dataclass(frozen=True, slots=True)
class School:
    """It stands. ``gateway`` is its snmpd."""

    prefix: str
    gateway: Gateway

    def within(self, place: str) -> list[str]:
        """The words that run a program at a place."""
        return ["ip", "netns", "exec", self.prefix + place]

    def send(self, place: str, octets: int) -> None:
        """Sends so much to the world by TCP."""
        words = [*self.within(place), sys.executable, "-c", SOURCE, WORLD, str(octets)]
        subprocess.run(words, check=True, timeout=30)

    @contextmanager
    def others(self, mbit: int) -> Iterator[None]:
        """A pupil downloads at so much for as long as the block."""
        words = f"iperf3 -c {WORLD} -p {OTHER_PORT} -R -u -b {mbit}M -t 120 -l 1200".split()
        null = subprocess.DEVNULL
        pupil = subprocess.Popen([*self.within("pupil"), *words], stdin=null, stdout=null, stderr=null)
        try:
            yield
        finally:
            pupil.kill()
            pupil.wait()


@contextmanager
def switch_port(folder: Path, mbit: int) -> Iterator[School]:
    """A school with a line of so much each way, for as long as the block."""
    prefix = f"bandgap-pi-{os.getpid()}-"
    world: list[subprocess.Popen[str]] = []
    try:
        _build(prefix, mbit)
        within = ["ip", "netns", "exec", prefix + "world"]
        for port in (TEST_PORT, OTHER_PORT):
            words = ["iperf3", "-s", "-p", str(port), "--forceflush"]
            world.append(subprocess.Popen([*within, *words], stdout=subprocess.PIPE, text=True))
        world.append(
            subprocess.Popen([*within, sys.executable, "-c", SINK, WORLD], stdout=subprocess.PIPE, text=True)
        )
        for server in world:
            assert server.stdout is not None
            server.stdout.readline()
        gateway_place = ["ip", "netns", "exec", prefix + "gateway"]
        with snmp_agent.snmpd(folder, host=GATEWAY, port=161, within=gateway_place) as gateway:
            yield School(prefix, gateway)
    finally:
        for server in world:
            server.kill()
            server.communicate()
        for place in PLACES:
            subprocess.run(["ip", "netns", "del", prefix + place], check=False, capture_output=True)


def _build(prefix: str, mbit: int) -> None:
    def at(place: str, words: str) -> None:
        command = ["ip", "netns", "exec", prefix + place, *words.split()]
        subprocess.run(command, check=True, capture_output=True, env={"PATH": SBIN})

    for place in PLACES:
        subprocess.run(["ip", "netns", "add", prefix + place], check=True)
        at(place, "ip link set lo up")
    at("gateway", "ip link add br0 type bridge")
    for place, port in (("pi", "lan1"), ("pupil", "lan2"), ("world", "wan0")):
        at(place, f"ip link add eth0 type veth peer name {port} netns {prefix}gateway")
        for end, device in ((place, "eth0"), ("gateway", port)):
            at(end, f"ethtool -K {device} tso off gso off gro off")
            at(end, f"ip link set {device} up")
    for port in ("lan1", "lan2"):
        at("gateway", f"ip link set {port} master br0")
    at("gateway", "ip link set br0 up")
    at("gateway", f"ip addr add {GATEWAY}/24 dev br0")
    at("gateway", "ip addr add 10.79.2.2/24 dev wan0")
    at("gateway", "sysctl -qw net.ipv4.ip_forward=1")
    for place, address, via in (
        ("pi", "10.79.1.3", GATEWAY),
        ("pupil", "10.79.1.2", GATEWAY),
        ("world", WORLD, "10.79.2.2"),
    ):
        at(place, f"ip addr add {address}/24 dev eth0")
        at(place, f"ip route add default via {via}")
    for place, device in (("gateway", "wan0"), ("world", "eth0")):
        at(place, f"tc qdisc add dev {device} root tbf rate {mbit}mbit burst 20000 latency 50ms")
