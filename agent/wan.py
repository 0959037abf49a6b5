"""Which interface is the WAN: the one with the default route, IPv4 first, then IPv6.

Read from ``/proc/net/route`` and ``/proc/net/ipv6_route`` (Linux, Documentation/networking); the folder
is an argument so that tests use real files of other machines. A transparent bridge, whose own counters
see only what is for the gateway itself, needs ``measure.interface`` to name the port to the modem.
"""

from __future__ import annotations

from pathlib import Path

RTF_UP = 0x0001
RTF_REJECT = 0x0200


def default_interface(proc: Path = Path("/proc")) -> str | None:
    """The name of the interface of the default route with the lowest metric; None when there is none."""
    return _ipv4(proc / "net" / "route") or _ipv6(proc / "net" / "ipv6_route")


def _ipv4(table: Path) -> str | None:
    routes = []
    for fields in _rows(table)[1:]:
        # Iface Destination Gateway Flags RefCnt Use Metric Mask ...
        if len(fields) >= 8 and fields[1] == "00000000" and fields[7] == "00000000":
            flags = int(fields[3], 16)
            if flags & RTF_UP and not flags & RTF_REJECT:
                routes.append((int(fields[6]), fields[0]))
    return min(routes)[1] if routes else None


def _ipv6(table: Path) -> str | None:
    routes = []
    for fields in _rows(table):
        # dest prefix source prefix nexthop metric refcnt use flags iface
        if len(fields) >= 10 and fields[0] == "0" * 32 and fields[1] == "00" and fields[9] != "lo":
            flags = int(fields[8], 16)
            if flags & RTF_UP and not flags & RTF_REJECT:
                routes.append((int(fields[5], 16), fields[9]))
    return min(routes)[1] if routes else None


def _rows(table: Path) -> list[list[str]]:
    try:
        return [line.split() for line in table.read_text().splitlines()]
    except OSError:
        return []
