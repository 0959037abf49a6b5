"""One WAN interface is sampled at a time, whatever becomes of it: real interfaces in a namespace of their own."""

import json
import os
import subprocess
import sys

import pytest

from tests.commands import ROOT

PRELUDE = """
import json, socket, subprocess
from datetime import UTC, datetime, timedelta
from agent.minutes import MinuteFold
from agent.sampler import Sampler

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
now_s = 0

def ip(*commands):
    for command in commands:
        subprocess.run(["ip", *command.split()], check=True)

def poll(count=1):
    global now_s
    for _ in range(count):
        now_s += 1
        sampler.poll(float(now_s), NOON + timedelta(seconds=now_s))

def send(address="192.0.2.1", count=100):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        for _ in range(count):
            way.sendto(b"x" * 1000, (address, 9))

def start(configured="auto"):
    global sampler, fold
    fold = MinuteFold()
    sampler = Sampler(configured, 1.0, lambda: False, fold)

def tell():
    fold.close()
    rows = [(r.interface, r.interval_s, r.tx_bytes, r.link_down_s) for r in fold.ready]
    print(json.dumps({"interface": sampler.interface, "rows": rows}))

def wire(name, other, address, gateway, metric):
    ip(f"link add {name} type veth peer name {other}", f"link set {name} up", f"link set {other} up",
       f"addr add {address}/24 dev {name}", f"route add default via {gateway} dev {name} metric {metric}",
       f"neigh add {gateway} lladdr 02:00:00:00:00:01 dev {name}")

ip("link set lo up")
"""


def sampled(script: str) -> tuple[str | None, list[tuple[str, float, int, float]]]:
    """The interface at the end and the rows (name, seconds, bytes sent, seconds down) of a script."""
    if os.geteuid() != 0:
        pytest.skip("namespaces need root")
    done = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", PRELUDE + script],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return found["interface"], [tuple(row) for row in found["rows"]]


def test_a_bridges_bytes_are_not_counted_again_on_its_port() -> None:
    """What the bridge sends its port sends too; the WAN is the one with the route, and no other is read."""
    interface, rows = sampled("""
ip("link add eth0 type veth peer name modem", "link add br-wan type bridge", "link set eth0 master br-wan",
   "link set eth0 up", "link set modem up", "link set br-wan up", "addr add 192.0.2.2/24 dev br-wan",
   "route add default via 192.0.2.1 dev br-wan", "neigh add 192.0.2.1 lladdr 02:00:00:00:00:01 dev br-wan")
start(); poll(); send(); poll(3); tell()
""")
    assert interface == "br-wan"
    assert [name for name, *_ in rows] == ["br-wan"]
    assert 100_000 <= sum(sent for _, _, sent, _ in rows) < 150_000


def test_a_renamed_interface_is_the_same() -> None:
    """No second is lost when udev gives eth0 its own name."""
    interface, rows = sampled("""
wire("eth0", "modem", "192.0.2.2", "192.0.2.1", 10)
start(); poll(5)
ip("link set eth0 down", "link set eth0 name enp1s0", "link set enp1s0 up")
poll(5); tell()
""")
    assert interface == "enp1s0"
    assert sum(seconds + down for _, seconds, _, down in rows) == 9


def test_an_interface_that_is_pulled_and_put_back_starts_from_its_own_zero() -> None:
    """Between the two it is an outage; the new one's old bytes are nobody's."""
    interface, rows = sampled("""
wire("eth0", "modem", "192.0.2.2", "192.0.2.1", 10)
start(); poll(); send(); poll(3)
ip("link del eth0"); poll(4)
wire("eth0", "modem", "192.0.2.2", "192.0.2.1", 10); send(count=50)
poll(); send(count=10); poll(3); tell()
""")
    assert interface == "eth0"
    assert 110_000 <= sum(sent for _, _, sent, _ in rows) < 125_000
    assert sum(down for *_, down in rows) == 3


def test_an_interface_that_is_made_anew_between_two_polls_is_noticed() -> None:
    """It has another number of the kernel's; the interval counts nothing."""
    _, rows = sampled("""
wire("eth0", "modem", "192.0.2.2", "192.0.2.1", 10)
start(); poll(); send(count=10); poll(2)
ip("link del eth0"); wire("eth0", "modem", "192.0.2.2", "192.0.2.1", 10); send(count=90)
poll(2); tell()
""")
    assert 10_000 <= sum(sent for _, _, sent, _ in rows) < 25_000
    assert sum(seconds for _, seconds, _, _ in rows) == 3


def test_a_failover_is_followed_and_no_second_is_on_both_lines() -> None:
    """The cable's link goes and its device with it: the other line is read from then on."""
    interface, rows = sampled("""
wire("eth0", "modem", "192.0.2.2", "192.0.2.1", 10)
wire("wwan0", "tower", "198.51.100.2", "198.51.100.1", 20)
start(); poll(); send(); poll(20)
ip("link del eth0"); poll(2); send("198.51.100.1", 50); poll(70); tell()
""")
    assert interface == "wwan0"
    by_line: dict[str, float] = {}
    for name, seconds, _, down in rows:
        by_line[name] = by_line.get(name, 0) + seconds + down
    assert set(by_line) == {"eth0", "wwan0"}
    assert sum(by_line.values()) <= 92
    assert by_line["wwan0"] >= 65


def test_an_interface_chosen_by_name_is_whatever_has_that_name() -> None:
    """Renamed away, it is gone: somebody chose the name."""
    interface, rows = sampled("""
wire("eth0", "modem", "192.0.2.2", "192.0.2.1", 10)
start("eth0"); poll(5)
ip("link set eth0 down", "link set eth0 name other0", "link set other0 up")
poll(5); tell()
""")
    assert interface == "eth0"
    assert {name for name, *_ in rows} == {"eth0"}
    assert sum(down for *_, down in rows) > 0
