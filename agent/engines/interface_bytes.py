"""One interface's octet and packet counters, read ten times a second during a test.

Files in ``/sys/class/net/IF/statistics`` (Linux, Documentation/ABI/testing/sysfs-class-net-statistics),
kept open: one ``pread`` is 1 µs. An interface that goes away, or is made anew, answers ENODEV for good;
from then on there is no count, which is not the same as zero.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

NET_ROOT = Path("/sys/class/net")
ETHERNET_TYPE = "1"  # ARPHRD_ETHER; 512 is PPP, 65534 none (tun): those count IP packets alone
ETHERNET_HEADER_BYTES = 14
LOOPBACK_TYPE = "772"  # ARPHRD_LOOPBACK: both ends of everything on this machine, and no line

Way = Literal["rx", "tx"]


@dataclass(frozen=True, slots=True)
class Count:
    """Absolute octets and packets."""

    octets: int
    packets: int


@dataclass(slots=True)
class InterfaceBytes:
    """Open counters of one interface, one way. ``header_bytes`` is what it counts before each IP packet."""

    header_bytes: int
    _descriptors: tuple[int, ...]

    def read(self) -> Count | None:
        if not self._descriptors:
            return None
        try:
            octets, packets = (int(os.pread(descriptor, 32, 0)) for descriptor in self._descriptors)
        except (OSError, ValueError):
            self.close()
            return None
        return Count(octets, packets)

    def close(self) -> None:
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors = ()


def open_counters(interface: str | None, way: Way, root: Path = NET_ROOT) -> InterfaceBytes:
    """The interface's counters.

    Without an interface, without its files, and for the loopback interface: one that never has a count.
    """
    if interface is None:
        return InterfaceBytes(0, ())
    folder = root / interface
    descriptors: list[int] = []
    try:
        kind = (folder / "type").read_text().strip()
        if kind == LOOPBACK_TYPE:
            return InterfaceBytes(0, ())
        for unit in ("bytes", "packets"):
            descriptors.append(os.open(folder / "statistics" / f"{way}_{unit}", os.O_RDONLY | os.O_CLOEXEC))
    except OSError:
        for descriptor in descriptors:
            os.close(descriptor)
        return InterfaceBytes(0, ())
    return InterfaceBytes(ETHERNET_HEADER_BYTES if kind == ETHERNET_TYPE else 0, tuple(descriptors))
