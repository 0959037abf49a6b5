"""The bed's wires: pupil -- school -- isp -- server, four namespaces and three pairs of veth.

    pupil   10.77.1.2                a classroom behind the gateway: makes the other traffic
    school  10.77.1.1 / 10.77.2.2    the gateway; ``wan0`` is its WAN interface, the agent runs here
    isp     10.77.2.1 / 10.77.3.1    shapes both ways (htb, first in first out)
    server  10.77.3.2                the measurement servers

Offloads are off, so that interfaces count packets as a wire would carry them, with 14 octets of Ethernet
header; what a line of R Mbit/s carries of TCP payload is then R x 1448 / 1514. The world but the agent is
kept on the last CPU, so that the agent's CPU time is its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SERVER = "10.77.3.2"
WAN = "wan0"
PAYLOAD_SHARE = 1448 / 1514
PLACES = ("pupil", "school", "isp", "server", "delay")
DELAY_BRIDGE = Path(__file__).with_name("delay_bridge.py")
LIFETIME_S = 3600


@dataclass(slots=True)
class Line:
    """A line that stands. ``agent_cpu`` is the CPU that is left to whatever is measured."""

    prefix: str
    delayed: bool
    world: list[subprocess.Popen[bytes]] = field(default_factory=list)

    agent_cpu = 0

    @property
    def world_cpu(self) -> int:
        return (os.cpu_count() or 1) - 1

    def command(self, place: str, *words: str, cpu: int | None = None) -> list[str]:
        """The words that run a program at a place of the bed."""
        pinned = ["taskset", "-c", str(self.world_cpu if cpu is None else cpu)]
        return ["ip", "netns", "exec", self.prefix + place, *pinned, *words]

    def run(self, place: str, *words: str) -> str:
        """Runs a short command at a place; raises CalledProcessError with its words."""
        done = subprocess.run(self.command(place, *words), check=True, capture_output=True, text=True)
        return done.stdout

    def start(self, place: str, *words: str) -> subprocess.Popen[bytes]:
        """Starts something that lives as long as the bed."""
        null = subprocess.DEVNULL
        process = subprocess.Popen(self.command(place, *words), stdin=null, stdout=null, stderr=null)
        self.world.append(process)
        return process

    def shape(self, down_mbit: float, up_mbit: float, queue_ms: float = 50) -> None:
        """Sets both rates, with a queue of so many milliseconds."""
        for device, mbit in (("cpe0", down_mbit), ("core0", up_mbit)):
            octets_a_ms = mbit * 1e6 / 8 / 1000
            burst, limit = max(3200, round(octets_a_ms)), max(30_000, round(octets_a_ms * queue_ms))
            self._clear(device)
            self.run("isp", *f"tc qdisc add dev {device} root handle 1: htb default 1 r2q 1000".split())
            self.run(
                "isp",
                *f"tc class add dev {device} parent 1: classid 1:1 htb rate {mbit}mbit ceil {mbit}mbit".split(),
                *f"burst {burst} cburst {burst} quantum 60000".split(),
            )
            self.run("isp", *f"tc qdisc add dev {device} parent 1:1 handle 10: bfifo limit {limit}".split())

    def shape_with_bucket(self, mbit: float, bucket_bytes: int, peak_mbit: float) -> None:
        """A line that is faster until a bucket is empty, as some providers sell it; both ways."""
        for device in ("cpe0", "core0"):
            self._clear(device)
            self.run(
                "isp",
                *f"tc qdisc add dev {device} root tbf rate {mbit}mbit burst {bucket_bytes}".split(),
                *f"peakrate {peak_mbit}mbit minburst 3200 limit {round(peak_mbit * 1e6 / 8 * 0.05)}".split(),
            )

    def unshape(self) -> None:
        """As fast as the machine is."""
        for device in ("cpe0", "core0"):
            self._clear(device)

    def _clear(self, device: str) -> None:
        subprocess.run(
            self.command("isp", *f"tc qdisc del dev {device} root".split()), check=False, capture_output=True
        )


@contextmanager
def line(rtt_ms: float = 0, loss_percent: float = 0, *, offloads: bool = False) -> Iterator[Line]:
    """A bed that stands for as long as the block; everything of it is gone after."""
    bed = Line(f"bandgap-{os.getpid()}-", delayed=rtt_ms > 0)
    try:
        _build(bed, offloads=offloads)
        if bed.delayed:
            numbers = (rtt_ms / 2, loss_percent, LIFETIME_S)
            bed.start("delay", sys.executable, str(DELAY_BRIDGE), "far", "near", *map(str, numbers))
        yield bed
    finally:
        for process in bed.world:
            process.terminate()
        for process in bed.world:
            process.wait()
        for place in PLACES:
            subprocess.run(["ip", "netns", "del", bed.prefix + place], check=False, capture_output=True)


def _build(bed: Line, *, offloads: bool) -> None:
    for place in PLACES:
        subprocess.run(["ip", "netns", "add", bed.prefix + place], check=True)
        bed.run(place, "ip", "link", "set", "lo", "up")
    wires = [("school", WAN, "isp", "cpe0"), ("pupil", "eth0", "school", "lan0")]
    if bed.delayed:
        wires += [("isp", "core0", "delay", "far"), ("delay", "near", "server", "eth0")]
    else:
        wires += [("isp", "core0", "server", "eth0")]
    for place, device, other, peer in wires:
        words = ["ip", "link", "add", device, "netns", bed.prefix + place, "type", "veth"]
        subprocess.run([*words, "peer", "name", peer, "netns", bed.prefix + other], check=True)
        for end, its_device in ((place, device), (other, peer)):
            _set_up(bed, end, its_device, offloads=offloads)
    for place, device, address in (
        ("pupil", "eth0", "10.77.1.2"),
        ("school", "lan0", "10.77.1.1"),
        ("school", WAN, "10.77.2.2"),
        ("isp", "cpe0", "10.77.2.1"),
        ("isp", "core0", "10.77.3.1"),
        ("server", "eth0", SERVER),
    ):
        bed.run(place, "ip", "addr", "add", f"{address}/24", "dev", device)
    for place, route in (
        ("pupil", "default via 10.77.1.1"),
        ("school", "default via 10.77.2.1"),
        ("isp", "10.77.1.0/24 via 10.77.2.2"),
        ("server", "default via 10.77.3.1"),
    ):
        bed.run(place, "ip", "route", "add", *route.split())
    for place in ("school", "isp"):
        bed.run(place, "sysctl", "-qw", "net.ipv4.ip_forward=1")
    _use_cubic(bed)


def _set_up(bed: Line, place: str, device: str, *, offloads: bool) -> None:
    bed.run(place, "ip", "link", "set", device, "txqueuelen", "1000", "up")
    if not offloads:
        bed.run(place, "ethtool", "-K", device, "tso", "off", "gso", "off", "gro", "off")
    if bed.delayed:  # the bridge passes frames on as they are: their checksums must be complete
        bed.run(place, "ethtool", "-K", device, "tx", "off")
    mask = f"{1 << bed.world_cpu:x}"
    bed.run(place, "sh", "-c", f"echo {mask} > /sys/class/net/{device}/queues/rx-0/rps_cpus")


def _use_cubic(bed: Line) -> None:
    """Cubic, which most servers run. A namespace may only pick what is allowed for the machine."""
    allowed = Path("/proc/sys/net/ipv4/tcp_allowed_congestion_control")
    if "cubic" not in allowed.read_text().split():
        allowed.write_text(allowed.read_text().strip() + " cubic")
    for place in ("pupil", "school", "server"):
        bed.run(
            place, "sysctl", "-qw", "net.ipv4.tcp_congestion_control=cubic", "net.ipv4.tcp_no_metrics_save=1"
        )
