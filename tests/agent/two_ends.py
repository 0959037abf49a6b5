"""A line with two ends for tests: a school and its provider, two network namespaces and a pair of veth.

    school    10.78.2.2, fd78:2::2 on wan0, its default routes through the provider
    provider  10.78.2.1, fd78:2::1 on cpe0, and all of the Internet on its loopback (``far_end.py``)

Needs root and iproute2; ``NEEDS`` says so where they aren't.
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

from tests.agent.far_end import ADDRESSES

NEEDS = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("ip") is None, reason="needs root and iproute2 for network namespaces"
)
GATEWAY, GATEWAY6 = "10.78.2.1", "fd78:2::1"
FAR_END = Path(__file__).with_name("far_end.py")
ETC_NETNS = Path("/etc/netns")


@dataclass(frozen=True, slots=True)
class TwoEnds:
    """A line that stands."""

    prefix: str

    def within(self, place: str) -> list[str]:
        """The words that run a program at an end."""
        return ["ip", "netns", "exec", self.prefix + place]

    def run(self, place: str, words: str) -> None:
        subprocess.run([*self.within(place), *words.split()], check=True, capture_output=True)

    def name_servers(self, *addresses: str) -> None:
        """What the school's /etc/resolv.conf says (ip-netns(8) puts it there)."""
        folder = ETC_NETNS / f"{self.prefix}school"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "resolv.conf").write_text("".join(f"nameserver {each}\n" for each in addresses))

    def cut(self) -> None:
        """Pulls the cable."""
        self.run("provider", "ip link set cpe0 down")

    def mend(self) -> None:
        """Plugs it in again. What IPv6 loses with the link comes back."""
        self.run("provider", "ip link set cpe0 up")
        self.run("provider", f"ip addr replace {GATEWAY6}/64 dev cpe0 nodad")


@contextmanager
def two_ends() -> Iterator[TwoEnds]:
    """A line that stands for as long as the block, with what answers at its far end."""
    line = TwoEnds(f"bandgap-ends-{os.getpid()}-")
    far_end: subprocess.Popen[str] | None = None
    try:
        for place in ("school", "provider"):
            subprocess.run(["ip", "netns", "add", line.prefix + place], check=True)
            line.run(place, "ip link set lo up")
        wire = f"ip link add wan0 type veth peer name cpe0 netns {line.prefix}provider"
        line.run("school", wire)
        connect(line)
        far_end = subprocess.Popen(
            [*line.within("provider"), sys.executable, str(FAR_END)],
            env={**os.environ, "PYTHONPATH": str(FAR_END.parents[2])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert far_end.stdout is not None
        assert far_end.stdout.readline() == "ready\n"
        yield line
    finally:
        if far_end:
            far_end.communicate()
        for place in ("school", "provider"):
            subprocess.run(["ip", "netns", "del", line.prefix + place], check=False, capture_output=True)
        shutil.rmtree(ETC_NETNS / f"{line.prefix}school", ignore_errors=True)


def connect(line: TwoEnds) -> None:
    """Addresses and routes of both ends, as they are in the beginning; may be done again."""
    for place, device in (("school", "wan0"), ("provider", "cpe0")):
        line.run(place, f"ip addr flush dev {device}")
        line.run(place, f"ip neigh flush dev {device}")
        line.run(place, f"ip link set {device} up")
    line.run("provider", f"ip addr replace {GATEWAY}/24 dev cpe0")
    line.run("provider", f"ip addr replace {GATEWAY6}/64 dev cpe0 nodad")
    line.run("school", "ip addr replace 10.78.2.2/24 dev wan0")
    line.run("school", "ip addr replace fd78:2::2/64 dev wan0 nodad")
    line.run("school", f"ip route replace default via {GATEWAY} dev wan0")
    line.run("school", f"ip -6 route replace default via {GATEWAY6} dev wan0")
    for address in ADDRESSES:
        line.run("provider", f"ip addr replace {address} dev lo" + (" nodad" if ":" in address else ""))
