"""The kernel's routing tables as it shows them in ``/proc/net``: default routes, and the way to one address.

``route`` and ``ipv6_route`` are read (Linux, Documentation/networking and net/ipv6/route.c); the folder is an
argument so that tests use real files of other machines. Only the main tables are there: a machine with policy
routing may send elsewhere.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")

RTF_UP = 0x0001
RTF_GATEWAY = 0x0002
RTF_REJECT = 0x0200


@dataclass(frozen=True, slots=True)
class Route:
    """One route. ``gateway`` is None where the other end is on the wire itself, or the wire has two ends."""

    interface: str
    gateway: str | None
    network: int
    prefix: int
    bits: int
    metric: int

    def leads_to(self, address: int, bits: int) -> bool:
        """Whether an address of this family (32 or 128 bits) is in the route's network."""
        rest = self.bits - self.prefix
        return bits == self.bits and address >> rest == self.network >> rest


def default_routes(proc: Path = PROC) -> list[Route]:
    """The default routes, IPv4 before IPv6, each family's lowest metric first."""
    routes = [route for route in _all(proc) if route.prefix == 0 and route.interface != "lo"]
    return sorted(routes, key=lambda route: (route.bits, route.metric, route.interface))


def route_to(address: str, proc: Path = PROC) -> Route | None:
    """The route to a numeric address: the longest prefix, then the lowest metric; None when there is none."""
    packed = _packed(address)
    number, bits = int.from_bytes(packed, "big"), len(packed) * 8
    found = [route for route in _all(proc) if route.leads_to(number, bits)]
    return min(found, key=lambda route: (-route.prefix, route.metric, route.interface), default=None)


def _all(proc: Path) -> list[Route]:
    return [*_ipv4(proc / "net" / "route"), *_ipv6(proc / "net" / "ipv6_route")]


def _ipv4(table: Path) -> list[Route]:
    routes = []
    for fields in _rows(table)[1:]:
        # Iface Destination Gateway Flags RefCnt Use Metric Mask ...
        if len(fields) < 8 or not _usable(flags := int(fields[3], 16)):
            continue
        # Addresses are in network order and printed as this machine reads such a word.
        network, gateway, mask = (struct.pack("=I", int(fields[n], 16)) for n in (1, 2, 7))
        routes.append(
            Route(
                interface=fields[0],
                gateway=socket.inet_ntop(socket.AF_INET, gateway) if flags & RTF_GATEWAY else None,
                network=int.from_bytes(network, "big"),
                prefix=int.from_bytes(mask, "big").bit_count(),
                bits=32,
                metric=int(fields[6]),
            )
        )
    return routes


def _ipv6(table: Path) -> list[Route]:
    routes = []
    for fields in _rows(table):
        # dest prefix source prefix nexthop metric refcnt use flags iface
        if len(fields) < 10 or not _usable(flags := int(fields[8], 16)):
            continue
        gateway = bytes.fromhex(fields[4]) if flags & RTF_GATEWAY else None
        routes.append(
            Route(
                interface=fields[9],
                gateway=socket.inet_ntop(socket.AF_INET6, gateway) if gateway else None,
                network=int(fields[0], 16),
                prefix=int(fields[1], 16),
                bits=128,
                metric=int(fields[5], 16),
            )
        )
    return routes


def _usable(flags: int) -> bool:
    return bool(flags & RTF_UP and not flags & RTF_REJECT)


def _packed(address: str) -> bytes:
    """The octets of a numeric address, its scope left out. Raises OSError for anything else."""
    bare = address.partition("%")[0]
    return socket.inet_pton(socket.AF_INET6 if ":" in bare else socket.AF_INET, bare)


def _rows(table: Path) -> list[list[str]]:
    try:
        return [line.split() for line in table.read_text().splitlines()]
    except OSError:
        return []
